#include "target-raftd/net/frame.h"

#include <fmt/format.h>

#include <boost/crc.hpp>
#include <boost/endian/conversion.hpp>

namespace raftd::net {
namespace {

constexpr std::string_view magic = "RAFTDNET";

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
};

std::uint32_t crc32c(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

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

// One put per kind of frame; decode() below takes the fields in the same order.

void put(Writer& out, const Hello& hello) {
  out.put(Type::hello);
  for (const char letter : magic) out.put(static_cast<std::uint8_t>(letter));
  out.put(hello.version, hello.cluster, hello.from, hello.to);
}
void put(Writer& out, const Ping&) {
  out.put(Type::ping);
}
void put(Writer& out, const Pong&) {
  out.put(Type::pong);
}
void put(Writer& out, const Forward& forward) {
  out.put(Type::forward, forward.id, forward.command);
}

void put(Writer& out, const ForwardReply& reply) {
  out.put(Type::forward_reply, reply.id);
  if (const auto* refusal = std::get_if<Refusal>(&reply.outcome)) return out.put(false, *refusal);
  const auto& result = std::get<kv::Result>(reply.outcome);
  out.put(true, result.code, result.index, result.actual.has_value(), result.actual.value_or(""));
}

void put(Writer& out, const raft::RequestVote& m) {
  out.put(Type::request_vote, m.term, m.last_log);
}
void put(Writer& out, const raft::RequestVoteReply& m) {
  out.put(Type::request_vote_reply, m.term, m.vote_granted);
}

void put(Writer& out, const raft::AppendEntries& m) {
  out.put(Type::append_entries, m.term, m.prev_log, m.leader_commit, m.round,
          static_cast<std::uint32_t>(m.entries.size()));
  for (const raft::Entry& entry : m.entries) out.put(entry.term, entry.index, entry.kind, entry.command);
}

void put(Writer& out, const raft::AppendEntriesReply& m) {
  out.put(Type::append_entries_reply, m.term, m.success, m.match_index, m.conflict_term, m.conflict_index, m.round);
}
void put(Writer& out, const raft::ReadIndexRequest& m) {
  out.put(Type::read_index_request, m.term, m.read);
}
void put(Writer& out, const raft::ReadIndexReply& m) {
  out.put(Type::read_index_reply, m.term, m.read, m.success, m.read_index);
}
void put(Writer& out, const raft::Message& message) {
  std::visit([&](const auto& one) { put(out, one); }, message);
}

Frame take_hello(Reader& in) {
  Hello hello;
  if (in.take_bytes(magic.size()) != magic) in.fail();
  in.take(hello.version, hello.cluster, hello.from, hello.to);
  return hello;
}

Frame take_forward(Reader& in) {
  Forward forward;
  in.take(forward.id, forward.command);
  return forward;
}

Frame take_forward_reply(Reader& in) {
  ForwardReply reply;
  bool has_result = false;
  in.take(reply.id, has_result);
  if (!has_result) {
    in.take_enum(reply.outcome.emplace<Refusal>(), Refusal::bad_command);
    return reply;
  }
  auto& result = reply.outcome.emplace<kv::Result>();
  bool has_actual = false;
  std::string actual;
  in.take_enum(result.code, kv::Code::unknown_session);
  in.take(result.index, has_actual, actual);
  if (has_actual) result.actual = std::move(actual);
  return reply;
}

raft::Message take_append_entries(Reader& in) {
  raft::AppendEntries message;
  std::uint32_t count = 0;
  in.take(message.term, message.prev_log, message.leader_commit, message.round, count);
  for (; count > 0; --count) {  // `count` may be a lie, so nothing is reserved for it.
    raft::Entry entry;
    in.take(entry.term, entry.index);
    in.take_enum(entry.kind, raft::EntryKind::command);
    if (!in.take(entry.command)) break;
    message.entries.push_back(std::move(entry));
  }
  return message;
}

raft::Message take_append_entries_reply(Reader& in) {
  raft::AppendEntriesReply m;
  in.take(m.term, m.success, m.match_index, m.conflict_term, m.conflict_index, m.round);
  return m;
}

raft::Message take_vote_or_read(Type type, Reader& in) {
  switch (type) {
    case Type::request_vote: {
      raft::RequestVote m;
      in.take(m.term, m.last_log);
      return m;
    }
    case Type::request_vote_reply: {
      raft::RequestVoteReply m;
      in.take(m.term, m.vote_granted);
      return m;
    }
    case Type::read_index_request: {
      raft::ReadIndexRequest m;
      in.take(m.term, m.read);
      return m;
    }
    default: {
      raft::ReadIndexReply m;
      in.take(m.term, m.read, m.success, m.read_index);
      return m;
    }
  }
}

Frame take_frame(Type type, Reader& in) {
  switch (type) {
    case Type::hello:
      return take_hello(in);
    case Type::ping:
      return Ping{};
    case Type::pong:
      return Pong{};
    case Type::forward:
      return take_forward(in);
    case Type::forward_reply:
      return take_forward_reply(in);
    case Type::append_entries:
      return take_append_entries(in);
    case Type::append_entries_reply:
      return take_append_entries_reply(in);
    default:
      return take_vote_or_read(type, in);
  }
}

}  // namespace

bool encode(const Frame& frame, std::string& out) {
  const std::size_t start = out.size();
  out.resize(start + frame_header_size);
  Writer writer(out);
  std::visit([&](const auto& one) { put(writer, one); }, frame);
  const std::string_view body = std::string_view(out).substr(start + frame_header_size);
  if (body.size() > max_body_size) {
    out.resize(start);
    return false;
  }
  boost::endian::store_little_u32(reinterpret_cast<unsigned char*>(out.data() + start),
                                  static_cast<std::uint32_t>(body.size()));
  boost::endian::store_little_u32(reinterpret_cast<unsigned char*>(out.data() + start + 4), crc32c(body));
  return true;
}

std::optional<Frame> decode_body(std::string_view body) {
  if (body.empty()) return {};
  const auto type = static_cast<std::uint8_t>(body.front());
  if (type < static_cast<std::uint8_t>(Type::hello) || type > static_cast<std::uint8_t>(Type::read_index_reply)) {
    return {};
  }
  Reader reader(body.substr(1));
  Frame frame = take_frame(static_cast<Type>(type), reader);
  if (!reader.at_good_end()) return {};
  return frame;
}

void FrameReader::add(std::string_view bytes) {
  buffer_.erase(0, start_);
  start_ = 0;
  buffer_.append(bytes);
}

std::optional<Frame> FrameReader::next() {
  const std::string_view rest = std::string_view(buffer_).substr(start_);
  if (!broken_.empty() || rest.size() < frame_header_size) return {};
  const auto* header = reinterpret_cast<const unsigned char*>(rest.data());
  const std::uint32_t length = boost::endian::load_little_u32(header);
  if (length > max_body_size) {
    broken_ = fmt::format("a frame of {} bytes, the bound is {}", length, max_body_size);
    return {};
  }
  if (rest.size() - frame_header_size < length) return {};
  const std::string_view body = rest.substr(frame_header_size, length);
  if (crc32c(body) != boost::endian::load_little_u32(header + 4)) {
    broken_ = "a frame with a wrong checksum";
    return {};
  }
  std::optional<Frame> frame = decode_body(body);
  if (!frame) broken_ = "a frame that makes no sense";
  start_ += frame_header_size + length;
  return frame;
}

}  // namespace raftd::net
