// Writes and takes the fields of frames, one after the other. Pure; any thread.

#pragma once

#include <boost/endian/conversion.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "target-raftd/raft/message.h"

namespace raftd::net {

enum class Type : std::uint8_t {
  hello = 1,
  ping,
  pong,
  forward,
  forward_reply,
  request_vote,
  request_vote_reply,
  append_entries,
  append_entries_reply,
  read_index_request,
  read_index_reply,
  install_snapshot,
  install_snapshot_reply,
  timeout_now,
};

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  template <class... Values>
  void put(const Values&... values) {
    (put_one(values), ...);
  }

 private:
  void put_one(const std::string& bytes) {
    put_one(static_cast<std::uint32_t>(bytes.size()));
    out_.append(bytes);
  }
  void put_one(const raft::LogPosition& position) { put(position.term, position.index); }
  void put_one(bool value) { out_.push_back(value ? 1 : 0); }
  template <class Integer>
  void put_one(Integer value) {
    if constexpr (std::is_enum_v<Integer>) {
      out_.push_back(static_cast<char>(value));
    } else {
      boost::endian::native_to_little_inplace(value);
      out_.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
  }

  std::string& out_;
};

// Takes fields off the front; after one that does not fit, ok() is false for good.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  template <class... Values>
  bool take(Values&... values) {
    (take_one(values), ...);
    return ok_;
  }

  // An enumeration whose values are 0 to `last`.
  template <class Enum>
  bool take_enum(Enum& value, Enum last) {
    std::uint8_t number = 0;
    take_one(number);
    if (number > static_cast<std::uint8_t>(last)) ok_ = false;
    value = static_cast<Enum>(number);
    return ok_;
  }

  std::string_view take_bytes(std::size_t size) {
    if (rest_.size() < size) ok_ = false;
    if (!ok_) return {};
    const std::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }

  void skip_rest() { rest_ = {}; }
  void fail() { ok_ = false; }
  bool at_good_end() const { return ok_ && rest_.empty(); }

 private:
  void take_one(std::string& value) {
    std::uint32_t size = 0;
    take_one(size);
    value = take_bytes(size);
  }
  void take_one(raft::LogPosition& position) { take(position.term, position.index); }
  void take_one(bool& value) {
    std::uint8_t number = 0;
    take_one(number);
    if (number > 1) ok_ = false;
    value = number == 1;
  }
  template <class Integer>
  void take_one(Integer& value) {
    const std::string_view bytes = take_bytes(sizeof value);
    if (!ok_) return;
    bytes.copy(reinterpret_cast<char*>(&value), sizeof value);
    boost::endian::little_to_native_inplace(value);
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace raftd::net
