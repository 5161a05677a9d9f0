// The encoding: a version byte, a byte of flags, then the fields in the order below; integers are little-endian.
//
//   offset 0  version = 1
//   offset 1  what: 0 put, 1 delete, 2 compare-and-set of an absent key, 3 compare-and-set, 4 add, 5 transaction,
//             6 identify; +0x80 with a session
//   then      [session: length u32, bytes; serial u64]   only with +0x80, and never with 6
//   0 to 4    key: length u32, bytes
//             [expected: length u32, bytes]              only 3
//             [value: length u32, bytes]                 only 0, 2, 3
//             [delta u64]                                only 4, two's complement
//   5         compares, then, otherwise: each a count u32 and so many of
//             compare: key; what u8: 0 holds (value: length u32, bytes), 1 absent, 2 modified (u64), 3 version (u64)
//             operation: what u8: 0 put (key, value), 1 delete (key), 7 get (key)
//   6         incarnation u64, not 0
//
// Example: put x=1 is 01 00 | 01000000 78 | 01000000 31. Every command has exactly one encoding.

#include "target-raftd/kv/command.h"

#include <cassert>
#include <utility>

#include "target-raftd/kv/bytes.h"

namespace raftd::kv {
namespace {

constexpr std::uint8_t version = 1;
constexpr std::uint8_t with_session = 0x80;

enum What : std::uint8_t {
  put = 0,
  del = 1,
  set_if_absent = 2,
  compare_and_set = 3,
  add = 4,
  txn = 5,
  identify = 6,
  get = 7,
};

enum CompareTo : std::uint8_t { holds = 0, absent = 1, modified = 2, key_version = 3 };

std::uint8_t what(const Put&) {
  return put;
}
std::uint8_t what(const Delete&) {
  return del;
}
std::uint8_t what(const CompareAndSet& cas) {
  return cas.expected ? compare_and_set : set_if_absent;
}
std::uint8_t what(const Add&) {
  return add;
}
std::uint8_t what(const Txn&) {
  return txn;
}
std::uint8_t what(const Identify&) {
  return identify;
}
std::uint8_t what(const Get&) {
  return get;
}

void write(Writer& out, const Put& action) {
  out.bytes(action.key);
  out.bytes(action.value);
}
void write(Writer& out, const Delete& action) {
  out.bytes(action.key);
}
void write(Writer& out, const Get& action) {
  out.bytes(action.key);
}
void write(Writer& out, const CompareAndSet& action) {
  out.bytes(action.key);
  if (action.expected) {
    out.bytes(*action.expected);
  }
  out.bytes(action.value);
}
void write(Writer& out, const Add& action) {
  out.bytes(action.key);
  out.u64(static_cast<std::uint64_t>(action.delta));
}
void write(Writer& out, const Identify& action) {
  assert(action.incarnation != 0);
  out.u64(action.incarnation);
}

void write(Writer& out, const Compare::Holds& to) {
  out.u8(holds);
  out.bytes(to.value);
}
void write(Writer& out, const Compare::Absent&) {
  out.u8(absent);
}
void write(Writer& out, const Compare::Modified& to) {
  out.u8(modified);
  out.u64(to.revision);
}
void write(Writer& out, const Compare::Version& to) {
  out.u8(key_version);
  out.u64(to.version);
}

void write(Writer& out, const std::vector<Txn::Operation>& operations) {
  out.u32(operations.size());
  for (const Txn::Operation& operation : operations) {
    out.u8(std::visit([](const auto& one) { return what(one); }, operation));
    std::visit([&](const auto& one) { write(out, one); }, operation);
  }
}

void write(Writer& out, const Txn& action) {
  out.u32(action.compares.size());
  for (const Compare& compare : action.compares) {
    out.bytes(compare.key);
    std::visit([&](const auto& to) { write(out, to); }, compare.to);
  }
  write(out, action.then);
  write(out, action.otherwise);
}

Compare read_compare(Reader& in) {
  Compare compare;
  compare.key = in.bytes();
  switch (in.u8()) {
    case holds:
      compare.to = Compare::Holds{in.bytes()};
      break;
    case absent:
      compare.to = Compare::Absent{};
      break;
    case modified:
      compare.to = Compare::Modified{in.u64()};
      break;
    case key_version:
      compare.to = Compare::Version{in.u64()};
      break;
    default:
      in.require(false);
  }
  return compare;
}

// Braces evaluate from left to right, so the fields are read in the order in which they stand.
Txn::Operation read_operation(Reader& in) {
  switch (in.u8()) {
    case put:
      return Put{in.bytes(), in.bytes()};
    case del:
      return Delete{in.bytes()};
    case get:
      return Get{in.bytes()};
    default:
      in.require(false);
      return Get{};
  }
}

// A count that promises more than the bytes hold ends at the first element that is not there: nothing is reserved.
template <typename Element>
std::vector<Element> read_list(Reader& in, Element (*read)(Reader&)) {
  std::vector<Element> list;
  for (std::uint64_t left = in.u32(); left > 0 && in.ok(); --left) {
    list.push_back(read(in));
  }
  return list;
}

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
    case add:
      return Add{in.bytes(), static_cast<std::int64_t>(in.u64())};
    case txn:
      return Txn{read_list(in, read_compare), read_list(in, read_operation), read_list(in, read_operation)};
    case identify: {
      const Identify action{in.u64()};
      in.require(action.incarnation != 0);
      return action;
    }
    default:
      return std::nullopt;
  }
}

}  // namespace

std::string encode(const Command& command) {
  assert(!command.session || !std::holds_alternative<Identify>(command.action));
  Writer out;
  out.u8(version);
  const std::uint8_t kind = std::visit([](const auto& action) { return what(action); }, command.action);
  out.u8(command.session ? kind | with_session : kind);
  if (command.session) {
    out.bytes(command.session->session);
    out.u64(command.session->serial);
  }
  std::visit([&](const auto& action) { write(out, action); }, command.action);
  return out.take();
}

std::optional<Command> decode(std::string_view bytes) {
  Reader in(bytes);
  in.require(in.u8() == version);
  const std::uint64_t flags = in.u8();
  if (!in.ok()) {
    return std::nullopt;
  }
  std::optional<SessionSerial> session;
  if ((flags & with_session) != 0) {
    session = SessionSerial{in.bytes(), in.u64()};
  }
  std::optional<Action> action = read_action(in, flags & ~std::uint64_t{with_session});
  if (!action || !in.at_end() || (session && std::holds_alternative<Identify>(*action))) {
    return std::nullopt;
  }
  return Command{std::move(session), std::move(*action)};
}

}  // namespace raftd::kv
