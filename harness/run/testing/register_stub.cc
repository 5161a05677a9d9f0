#include "harness/run/testing/register_stub.h"

#include <fmt/format.h>

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <optional>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>

namespace ordeal::harness {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

// The JSON text of a field of a flat object that a client of ours wrote: "41" with its quotes, or null.
std::string_view raw_field(std::string_view object, std::string_view name) {
  std::size_t at = object.find(name) + name.size() + 2;  // after the closing quote and the colon
  return object.substr(at, object.find_first_of(",}", at) - at);
}

std::string_view view(const beast::string_view& text) {
  return {text.data(), text.size()};
}

struct Answer {
  int status = 200;
  std::string body;
};

}  // namespace

struct RegisterStub::State {
  explicit State(const StubOptions& given) : options(given) {
    asio::co_spawn(io, accept(), asio::detached);
    thread = std::thread([this] { io.run(); });
  }

  ~State() {
    io.stop();
    thread.join();
  }

  asio::awaitable<void> accept() {
    while (true) {
      auto [error, socket] = co_await acceptor.async_accept(as_result);
      if (error) co_return;
      asio::co_spawn(io, serve(std::move(socket)), asio::detached);
    }
  }

  asio::awaitable<void> serve(tcp::socket socket) {
    socket.set_option(tcp::no_delay(true));
    beast::flat_buffer buffer;
    Request request;
    Response response;
    while (true) {
      request.body().clear();
      auto [not_read, read] = co_await http::async_read(socket, buffer, request, as_result);
      if (not_read) co_return;
      if (is_held(request)) co_await wait_for_release();
      std::optional<Answer> answer = answer_to(request);
      if (!answer) co_return;
      response.result(static_cast<unsigned>(answer->status));
      response.set(http::field::content_type, "application/json");
      response.body() = std::move(answer->body);
      response.prepare_payload();
      auto [not_written, written] = co_await http::async_write(socket, response, as_result);
      if (not_written) co_return;
    }
  }

  bool is_held(const Request& request) const {
    return !options.held_key.empty() && view(request.target()).find(options.held_key) != std::string_view::npos;
  }

  asio::awaitable<void> wait_for_release() {
    asio::steady_timer timer(io);
    while (!released) {
      timer.expires_after(std::chrono::milliseconds(1));
      co_await timer.async_wait(as_result);
    }
  }

  // nullopt: it took effect, and nobody is told.
  std::optional<Answer> answer_to(const Request& request) {
    ++requests;
    if (!serving) return Answer{503, R"({"code":"no_leader","message":"not serving","definite":true})"};
    std::string_view target = view(request.target()).substr(4);  // after /kv/
    if (request.method() == http::verb::get) return read(std::string(target.substr(0, target.find('?'))));
    ++changes;
    if (options.refuse_every > 0 && changes % options.refuse_every == 0) {
      return Answer{503, R"({"code":"no_leader","message":"refused","definite":true})"};
    }
    bool is_cas = request.method() == http::verb::post;
    std::string key(is_cas ? target.substr(0, target.size() - 4) : target);
    Answer answer = is_cas ? compare_and_set(key, request.body()) : write(key, request.body());
    if (options.forget_every > 0 && changes % options.forget_every == 0) return std::nullopt;
    return answer;
  }

  Answer read(const std::string& key) const {
    auto found = values.find(key);
    if (found == values.end()) return {404, R"({"code":"not_found","message":"no such key","definite":true})"};
    return {200, fmt::format(R"({{"key":"{}","value":{},"index":{}}})", key, found->second, changes)};
  }

  Answer write(const std::string& key, std::string_view body) {
    values[key] = raw_field(body, "value");
    return {200, fmt::format(R"({{"index":{}}})", changes)};
  }

  Answer compare_and_set(const std::string& key, std::string_view body) {
    auto found = values.find(key);
    std::string actual = found == values.end() ? "null" : found->second;
    if (actual != raw_field(body, "expected")) {
      return {409, fmt::format(R"({{"code":"mismatch","message":"m","definite":true,"actual":{}}})", actual)};
    }
    return write(key, body);
  }

  const StubOptions options;
  std::atomic<bool> serving{true}, released{false};
  std::atomic<std::uint64_t> requests{0};

  asio::io_context io{1};  // this and what follows belong to the thread
  tcp::acceptor acceptor{io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::unordered_map<std::string, std::string> values;  // as JSON text
  int changes = 0;
  std::thread thread;
};

RegisterStub::RegisterStub(const StubOptions& options) : state_(std::make_unique<State>(options)) {}
RegisterStub::~RegisterStub() = default;

std::string RegisterStub::address() const {
  return fmt::format("127.0.0.1:{}", state_->acceptor.local_endpoint().port());
}

void RegisterStub::set_serving(bool serving) {
  state_->serving = serving;
}
void RegisterStub::release() {
  state_->released = true;
}
std::uint64_t RegisterStub::requests() const {
  return state_->requests;
}

}  // namespace ordeal::harness
