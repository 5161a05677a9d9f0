// The encoding: a version byte, a byte of flags, then the fields in the order below; integers are little-endian.
//
//   offset 0  version = 1
//   offset 1  what: 0 put, 1 delete, 2 compare-and-set of an absent key, 3 compare-and-set; +0x80 with a session
//   then      [session: length u32, bytes; serial u64]   only with +0x80
//             key: length u32, bytes
//             [expected: length u32, bytes]              only 3
//             [value: length u32, bytes]                 all but 1
//
// Example: put x=1 is 01 00 | 01000000 78 | 01000000 31. Every command has exactly one encoding.

#include "target-raftd/kv/command.h"

#include <limits>
#include <stdexcept>
#include <utility>

namespace raftd::kv {
namespace {

constexpr std::uint8_t version = 1;
constexpr std::uint8_t with_session = 0x80;

enum What : std::uint8_t { put = 0, del = 1, set_if_absent = 2, compare_and_set = 3 };

class Writer {
 public:
  void integer(std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) {
      out_.push_back(static_cast<char>(value >> (8 * i)));
    }
  }

  void bytes(std::string_view value) {
    if (value.size() > std::numeric_limits<std::uint32_t>::max()) {
      throw std::length_error("a key, value or session name of 4 GiB or more cannot be stored");
    }
    integer(value.size(), 4);
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

  std::string bytes() { return std::string(take(integer(4))); }

  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && in_.empty(); }

 private:
  std::string_view take(std::size_t size) {
    if (!ok_ || size > in_.size()) {
      ok_ = false;
      return {};
    }
    const std::string_view field = in_.substr(0, size);
    in_.remove_prefix(size);
    return field;
  }

  std::string_view in_;
  bool ok_ = true;
};

std::uint8_t what(const Put&) {
  return put;
}
std::uint8_t what(const Delete&) {
  return del;
}
std::uint8_t what(const CompareAndSet& cas) {
  return cas.expected ? compare_and_set : set_if_absent;
}

void write(Writer& out, const Put& action) {
  out.bytes(action.key);
  out.bytes(action.value);
}

void write(Writer& out, const Delete& action) {
  out.bytes(action.key);
}

void write(Writer& out, const CompareAndSet& action) {
  out.bytes(action.key);
  if (action.expected) {
    out.bytes(*action.expected);
  }
  out.bytes(action.value);
}

// Braces evaluate from left to right, so the fields are read in the order in which they stand.
std::optional<Action> read_action(Reader& in, std::uint64_t kind) {
  switch (kind) {
    case put:
      return Put{in.bytes(), in.bytes()};
    case del:
      return Delete{in.bytes()};
    case set_if_absent:
      return CompareAndSet{in.bytes(), std::nullopt, in.bytes()};
    case compare_and_set:
      return CompareAndSet{in.bytes(), in.bytes(), in.bytes()};
    default:
      return std::nullopt;
  }
}

}  // namespace

std::string encode(const Command& command) {
  Writer out;
  out.integer(version, 1);
  const std::uint8_t kind = std::visit([](const auto& action) { return what(action); }, command.action);
  out.integer(command.session ? kind | with_session : kind, 1);
  if (command.session) {
    out.bytes(command.session->session);
    out.integer(command.session->serial, 8);
  }
  std::visit([&](const auto& action) { write(out, action); }, command.action);
  return out.take();
}

std::optional<Command> decode(std::string_view bytes) {
  Reader in(bytes);
  const bool known_version = in.integer(1) == version;
  const std::uint64_t flags = in.integer(1);
  if (!in.ok() || !known_version) {
    return std::nullopt;
  }
  std::optional<SessionSerial> session;
  if ((flags & with_session) != 0) {
    session = SessionSerial{in.bytes(), in.integer(8)};
  }
  std::optional<Action> action = read_action(in, flags & ~std::uint64_t{with_session});
  if (!action || !in.at_end()) {
    return std::nullopt;
  }
  return Command{std::move(session), std::move(*action)};
}

}  // namespace raftd::kv
