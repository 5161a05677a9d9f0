#include "harness/clients/http_connection.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <cassert>
#include <charconv>
#include <optional>
#include <stdexcept>

namespace ordeal::harness {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::uint64_t body_limit = 1 << 20;  // an answer to one key that is longer is no answer

tcp::endpoint parse_address(const std::string& text) {
  std::size_t colon = text.rfind(':');
  std::string host = text.substr(0, colon == std::string::npos ? 0 : colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  error_code not_an_address;
  asio::ip::address address = asio::ip::make_address(host, not_an_address);
  std::uint16_t port = 0;
  const char* begin = text.data() + (colon == std::string::npos ? text.size() : colon + 1);
  const char* end = text.data() + text.size();
  auto [rest, not_a_number] = std::from_chars(begin, end, port);
  if (not_an_address || not_a_number != std::errc() || rest != end || port == 0) {
    throw std::invalid_argument(
        fmt::format("endpoint '{}': not an address and a port; write it like 10.77.0.1:8100 or [::1]:8100", text));
  }
  return {address, port};
}

// One word of our own for each way in which a connection fails, so that histories of all machines read the same.
std::string name_of(const error_code& error) {
  if (error == beast::error::timeout) return "timeout";
  if (error == asio::error::connection_refused) return "refused";
  if (error == asio::error::connection_reset || error == asio::error::broken_pipe) return "reset";
  if (error == asio::error::connection_aborted) return "reset";
  if (error == asio::error::eof || error == http::error::end_of_stream || error == http::error::partial_message) {
    return "closed";
  }
  if (error == asio::error::host_unreachable || error == asio::error::network_unreachable) return "unreachable";
  if (error.category() == make_error_code(http::error::bad_version).category()) return "bad-answer";
  return error.message();
}

http::verb verb_of(HttpMethod method) {
  switch (method) {
    case HttpMethod::get:
      return http::verb::get;
    case HttpMethod::put:
      return http::verb::put;
    case HttpMethod::post:
      return http::verb::post;
    case HttpMethod::delete_:
      return http::verb::delete_;
  }
  assert(false);
  return http::verb::unknown;
}

}  // namespace

struct HttpConnection::State {
  State(const tcp::endpoint& to, std::string at, asio::io_context& io) : endpoint(to), host(std::move(at)), stream(io) {
    request.version(11);
  }

  // Is the kept connection still good for a request? An idle one has nothing to read: an end of file means that the
  // server closed it, and bytes that nobody asked for that its answers are out of step.
  bool is_usable() {
    if (!stream.socket().is_open() || buffer.size() > 0) return false;
    char byte = 0;
    ssize_t got = recv(stream.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  }

  void close() {
    error_code ignored;
    stream.socket().close(ignored);
    buffer.clear();
  }

  void prepare(const HttpRequest& asked) {
    request.clear();  // its headers
    request.method(verb_of(asked.method));
    request.target(asked.target);
    request.body().assign(asked.body);
    request.set(http::field::host, host);
    if (!asked.body.empty()) request.set(http::field::content_type, "application/json");
    for (const auto& [name, value] : asked.headers) request.set(name, value);
    request.prepare_payload();
  }

  asio::awaitable<error_code> connect() {
    close();
    auto [error] = co_await stream.async_connect(endpoint, as_result);
    if (!error) {
      error_code ignored;
      stream.socket().set_option(tcp::no_delay(true), ignored);
    }
    co_return error;
  }

  tcp::endpoint endpoint;
  std::string host;
  beast::tcp_stream stream;
  beast::flat_buffer buffer;
  http::request<http::string_body> request;
  std::optional<http::response_parser<http::string_body>> parser;
};

HttpConnection::HttpConnection(const std::string& address, asio::io_context& io)
    : state_(std::make_unique<State>(parse_address(address), address, io)) {}

HttpConnection::~HttpConnection() = default;

asio::awaitable<HttpAnswer> HttpConnection::exchange(const HttpRequest& request, std::chrono::nanoseconds timeout) {
  State& state = *state_;
  HttpAnswer answer;
  state.stream.expires_after(timeout);  // one deadline for the three steps below
  if (!state.is_usable()) {
    error_code not_connected = co_await state.connect();
    if (not_connected) {
      state.close();
      answer.transport_error = not_connected == beast::error::timeout ? "connect-timeout" : name_of(not_connected);
      co_return answer;
    }
  }
  state.prepare(request);
  auto [not_written, written] = co_await http::async_write(state.stream, state.request, as_result);
  if (not_written) {
    state.close();
    // Only an error that the first send() met before it took a byte is proof. A timeout is not: it is told by a timer.
    bool nothing_left = written == 0 && not_written != beast::error::timeout;
    answer.reach = nothing_left ? Reach::unsent : Reach::sent;
    answer.transport_error = name_of(not_written);
    co_return answer;
  }
  state.parser.emplace();
  state.parser->body_limit(body_limit);
  auto [not_read, read] = co_await http::async_read(state.stream, state.buffer, *state.parser, as_result);
  if (not_read) {
    state.close();
    answer.reach = Reach::sent;
    answer.transport_error = name_of(not_read);
    co_return answer;
  }
  answer.reach = Reach::answered;
  answer.status = static_cast<int>(state.parser->get().result_int());
  answer.body = std::move(state.parser->get().body());
  if (!state.parser->keep_alive()) state.close();
  co_return answer;
}

std::string percent_encoded(const std::string& text) {
  std::string encoded;
  for (char c : text) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                 c == '_' || c == '~';
    if (plain) encoded += c;
    if (!plain) encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

}  // namespace ordeal::harness
