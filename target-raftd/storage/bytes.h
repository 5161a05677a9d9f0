// Integers and strings as this folder writes them down: little-endian. Pure values; any thread.

#pragma once

#include <boost/endian/conversion.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace raftd::storage {

template <class Integer>
void put(std::string& out, Integer value) {
  boost::endian::native_to_little_inplace(value);
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// The length as u32, then the bytes.
inline void put_text(std::string& out, std::string_view text) {
  put(out, static_cast<std::uint32_t>(text.size()));
  out += text;
}

// Takes integers and strings off the front of some bytes; after a take that found too little, ok() is false for good.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  template <class Integer>
  Integer take() {
    Integer value = 0;
    const std::string_view bytes = take_bytes(sizeof value);
    if (ok_) bytes.copy(reinterpret_cast<char*>(&value), sizeof value);
    return boost::endian::little_to_native(value);
  }

  std::string_view take_bytes(std::size_t size) {
    if (rest_.size() < size) ok_ = false;
    if (!ok_) return {};
    const std::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }

  std::string_view take_text() { return take_bytes(take<std::uint32_t>()); }

  void require(bool good) { ok_ = ok_ && good; }
  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace raftd::storage
