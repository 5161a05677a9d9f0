#include "harness/cluster/probe.h"

#include <fmt/format.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <charconv>
#include <memory>

#include "harness/cluster/cluster_error.h"

namespace ordeal::harness {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

ProbeAnswer no_answer(const error_code& error, std::chrono::milliseconds within) {
  ProbeAnswer answer;
  answer.refused = error == asio::error::connection_refused;
  answer.error = error == beast::error::timeout ? fmt::format("no answer within {} ms", within.count())
                 : answer.refused               ? "connection refused"
                                                : error.message();
  return answer;
}

}  // namespace

ProbeUrl parse_probe_url(const std::string& url) {
  const auto wrong = [&](const char* what) {
    return ClusterError(fmt::format("{}: {}; right is http://ADDRESS:PORT/PATH with a numeric address", url, what));
  };
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme)) throw wrong("a probe speaks http");
  const std::string_view rest = std::string_view(url).substr(kScheme.size());
  const std::string_view authority = rest.substr(0, rest.find('/'));
  const std::size_t colon = authority.rfind(':');
  ProbeUrl parsed;
  parsed.address = authority.substr(0, colon);
  error_code error;
  asio::ip::make_address_v4(parsed.address, error);
  if (error) throw wrong("the address is no IPv4 address");
  if (colon != std::string_view::npos) {
    const std::string_view port = authority.substr(colon + 1);
    const auto [end, bad] = std::from_chars(port.data(), port.data() + port.size(), parsed.port);
    if (bad != std::errc{} || end != port.data() + port.size() || parsed.port == 0) throw wrong("the port is none");
  }
  parsed.target = authority.size() == rest.size() ? "/" : rest.substr(authority.size());
  return parsed;
}

namespace {

http::request<http::string_body> request_to(const ProbeUrl& url) {
  http::request<http::string_body> request(http::string_to_verb(url.method), url.target, 11);
  request.set(http::field::host, fmt::format("{}:{}", url.address, url.port));
  request.set(http::field::connection, "close");
  if (!url.body.empty()) {
    request.set(http::field::content_type, "application/json");
    request.body() = url.body;
  }
  if (url.method != "GET") request.prepare_payload();
  return request;
}

}  // namespace

asio::awaitable<ProbeAnswer> ask(ProbeUrl url, std::chrono::milliseconds within) {
  beast::tcp_stream stream(co_await asio::this_coro::executor);
  stream.expires_after(within);
  error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  const asio::ip::tcp::endpoint endpoint(asio::ip::make_address_v4(url.address), url.port);
  co_await stream.async_connect(endpoint, token);
  if (error) co_return no_answer(error, within);

  // On the heap: with a larger frame g++ 12 warns of the frame's own allocation.
  const auto request = std::make_unique<const http::request<http::string_body>>(request_to(url));
  co_await http::async_write(stream, *request, token);
  if (error) co_return no_answer(error, within);

  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(1024 * 1024);
  co_await http::async_read(stream, buffer, parser, token);
  if (error) co_return no_answer(error, within);
  ProbeAnswer answer;
  answer.status = static_cast<int>(parser.get().result_int());
  answer.body = std::move(parser.get().body());
  co_return answer;
}

}  // namespace ordeal::harness
