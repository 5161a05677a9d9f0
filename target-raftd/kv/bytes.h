// Integers and strings as this folder writes them down: little-endian, a string after its length as u32. Pure values;
// any thread.

#pragma once

#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace raftd::kv {

class Writer {
 public:
  void integer(std::uint64_t value, int bytes) {
    char field[8];
    for (int i = 0; i < bytes; ++i) {
      field[i] = static_cast<char>(value >> (8 * i));
    }
    out_.append(field, static_cast<std::size_t>(bytes));
  }
  void u8(std::uint64_t value) { integer(value, 1); }
  void u32(std::uint64_t value) { integer(value, 4); }
  void u64(std::uint64_t value) { integer(value, 8); }

  void bytes(std::string_view value) {
    if (value.size() > std::numeric_limits<std::uint32_t>::max()) {
      throw std::length_error("a key, value or session name of 4 GiB or more cannot be stored");
    }
    u32(value.size());
    out_.append(value);
  }

  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

// Takes fields off the front. After a field that is not there, everything it answers is empty and ok() is false.
class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) {}

  std::uint64_t integer(int bytes) {
    const std::string_view field = take(static_cast<std::size_t>(bytes));
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < field.size(); ++i) {
      value |= static_cast<std::uint64_t>(static_cast<unsigned char>(field[i])) << (8 * i);
    }
    return value;
  }
  std::uint64_t u8() { return integer(1); }
  std::uint64_t u32() { return integer(4); }
  std::uint64_t u64() { return integer(8); }
  bool boolean() {
    const std::uint64_t value = u8();
    require(value <= 1);
    return value == 1;
  }

  std::string bytes() { return std::string(take(u32())); }

  std::string_view take(std::size_t size) {
    if (!ok_ || size > in_.size()) {
      ok_ = false;
      return {};
    }
    const std::string_view field = in_.substr(0, size);
    in_.remove_prefix(size);
    return field;
  }

  void require(bool good) { ok_ = ok_ && good; }
  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && in_.empty(); }

 private:
  std::string_view in_;
  bool ok_ = true;
};

}  // namespace raftd::kv
