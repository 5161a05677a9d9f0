#include "target-raftd/net/frame.h"

#include <fmt/format.h>

#include <boost/endian/conversion.hpp>

#include "target-raftd/checksum/crc32c.h"
#include "target-raftd/net/raft_frames.h"

namespace raftd::net {
namespace {

constexpr std::string_view magic = "RAFTDNET";

// One put per kind of frame; decode() below takes the fields in the same order.

void put(Writer& out, const Hello& hello) {
  out.put(Type::hello);
  for (const char letter : magic) out.put(static_cast<std::uint8_t>(letter));
  out.put(hello.version, hello.cluster, hello.cluster_name, hello.incarnation, hello.from, hello.to);
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
  out.put(true, std::get<std::string>(reply.outcome));
}

void put(Writer& out, const raft::Message& message) {
  put_message(out, message);
}

Frame take_hello(Reader& in) {
  Hello hello;
  if (in.take_bytes(magic.size()) != magic) in.fail();
  in.take(hello.version);
  if (hello.version != protocol_version) {
    in.skip_rest();
    return hello;
  }
  in.take(hello.cluster, hello.cluster_name, hello.incarnation, hello.from, hello.to);
  if (hello.cluster_name.size() > max_cluster_name) in.fail();
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
  in.take(reply.outcome.emplace<std::string>());
  return reply;
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
    default:
      return take_message(type, in);
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
  boost::endian::store_little_u32(reinterpret_cast<unsigned char*>(out.data() + start + 4), checksum::crc32c(body));
  return true;
}

std::optional<Frame> decode_body(std::string_view body) {
  if (body.empty()) return {};
  const auto type = static_cast<std::uint8_t>(body.front());
  if (type < static_cast<std::uint8_t>(Type::hello) || type > static_cast<std::uint8_t>(Type::timeout_now)) {
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
  if (checksum::crc32c(body) != boost::endian::load_little_u32(header + 4)) {
    broken_ = "a frame with a wrong checksum";
    return {};
  }
  std::optional<Frame> frame = decode_body(body);
  if (!frame) broken_ = "a frame that makes no sense";
  start_ += frame_header_size + length;
  return frame;
}

}  // namespace raftd::net
