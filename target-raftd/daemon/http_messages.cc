#include "target-raftd/daemon/http_messages.h"

#include <fmt/format.h>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdint>
#include <optional>

namespace raftd::daemon {

namespace beast = boost::beast;
namespace http = beast::http;
using Error = boost::system::error_code;
using Parser = http::request_parser<http::string_body>;

std::string encode(const HttpResponse& response, const HttpManners& manners) {
  const auto reason = http::obsolete_reason(static_cast<http::status>(response.status));
  std::string_view connection;
  if (!manners.keep_alive) {
    connection = "Connection: close\r\n";
  } else if (manners.http_1_0) {
    connection = "Connection: keep-alive\r\n";
  }
  std::string text;
  text.reserve(160 + response.body.size());
  fmt::format_to(std::back_inserter(text), "HTTP/1.1 {} {}\r\nContent-Type: {}\r\n{}Content-Length: {}\r\n\r\n",
                 response.status, std::string_view(reason.data(), reason.size()),
                 response.content_type.empty() ? "application/json" : response.content_type, connection,
                 response.body.size());
  if (!manners.head_only) text += response.body;
  return text;
}

struct HttpReader::State {
  void begin() {
    parser.emplace();
    parser->header_limit(static_cast<std::uint32_t>(header_bytes + 16));  // A little more: we are exact, see put().
    parser->body_limit(body_bytes);
    header_taken = 0;
    asked_to_continue = false;
  }

  std::optional<std::string> header(std::string_view name) const {
    const auto found = parser->get().find(beast::string_view(name.data(), name.size()));
    if (found == parser->get().end()) return {};
    return std::string(found->value());
  }

  // The parser counts the first line or not, depending on the pieces in which it comes; so we count. It stops behind
  // the header for that; only then it may take all that there is.
  void put(Error& error) {
    const bool in_header = !parser->is_header_done();
    parser->eager(!in_header);
    const std::size_t used = parser->put(buffer.cdata(), error);
    buffer.consume(used);
    if (!in_header) return;
    header_taken += used;
    const std::size_t waiting = parser->is_header_done() ? 0 : buffer.size();
    const bool understood = !error || error == http::error::need_more;
    if (understood && header_taken + waiting > header_bytes) error = http::error::header_limit;
  }

  Request take() {
    auto& message = parser->get();
    Request taken{.request = {.method = std::string(message.method_string()),
                              .target = std::string(message.target()),
                              .session = header("Session"),
                              .serial = header("Serial"),
                              .body = std::move(message.body())},
                  .manners = {.keep_alive = message.keep_alive(),
                              .http_1_0 = message.version() < 11,
                              .head_only = message.method() == http::verb::head}};
    begin();
    return taken;
  }

  NeedMore need_more() {
    const bool waits = parser->is_header_done() && buffer.size() == 0 && !asked_to_continue &&
                       parser->get().version() >= 11 &&
                       beast::iequals(parser->get()[http::field::expect], "100-continue");
    asked_to_continue = asked_to_continue || waits;
    return {.begun = parser->got_some() || buffer.size() > 0, .continues = waits};
  }

  HttpResponse refusal(const Error& error) const {
    if (error == http::error::body_limit) {
      return refuse(413, "too_large", fmt::format("a body has at most {} bytes", body_bytes));
    }
    if (error == http::error::header_limit) {
      return refuse(431, "too_large", fmt::format("a header has at most {} bytes", header_bytes));
    }
    return refuse(400, "bad_request", fmt::format("this is not HTTP/1.1: {}", error.message()));
  }

  std::size_t header_bytes;
  std::size_t body_bytes;
  beast::flat_buffer buffer;
  std::optional<Parser> parser;
  std::size_t header_taken = 0;  // by the parser
  bool asked_to_continue = false;
};

HttpReader::HttpReader(std::size_t header_bytes, std::size_t body_bytes)
    : state_(new State{.header_bytes = header_bytes, .body_bytes = body_bytes, .buffer = {}, .parser = {}}) {
  state_->begin();
}

HttpReader::~HttpReader() = default;

std::span<char> HttpReader::prepare(std::size_t size) {
  const auto room = state_->buffer.prepare(size);
  return {static_cast<char*>(room.data()), room.size()};
}

void HttpReader::commit(std::size_t size) {
  state_->buffer.commit(size);
}

HttpReader::Next HttpReader::next() {
  State& s = *state_;
  while (s.buffer.size() > 0) {
    Error error;
    s.put(error);
    if (error && error != http::error::need_more) return s.refusal(error);
    if (s.parser->is_done()) return s.take();
    if (error) break;
  }
  return s.need_more();
}

}  // namespace raftd::daemon
