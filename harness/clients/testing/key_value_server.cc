#include "harness/clients/testing/key_value_server.h"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "harness/clients/base64.h"

namespace ordeal::harness {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace json = boost::json;
using tcp = asio::ip::tcp;
using Request = http::request<http::string_body>;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

struct Reply {
  int status = 200;
  std::string body;
};

struct Entry {
  std::string value;
  std::uint64_t version = 0;
};

// "/v1/kv/x?cas=3" -> the key "x" and the query "cas=3".
struct Path {
  std::string key, query;
};

Path below(const std::string& folder, const std::string& target) {
  const std::size_t mark = target.find('?');
  return {target.substr(folder.size(), mark == std::string::npos ? mark : mark - folder.size()),
          mark == std::string::npos ? "" : target.substr(mark + 1)};
}

// Of "prevValue=7" with the name "prevValue" 7.
std::optional<std::string> parameter(const std::string& query, const std::string& name) {
  if (!query.starts_with(name + "=")) return std::nullopt;
  return query.substr(name.size() + 1);
}

}  // namespace

struct KeyValueServer::State {
  State() : acceptor(io, {asio::ip::address_v4::loopback(), 0}) {
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
    boost::beast::tcp_stream stream(std::move(socket));
    boost::beast::flat_buffer buffer;
    while (true) {
      auto request = std::make_unique<Request>();
      auto [unread, read] = co_await http::async_read(stream, buffer, *request, as_result);
      if (unread) co_return;
      auto response = std::make_unique<http::response<http::string_body>>();
      const Reply reply = answer(*request);
      response->result(static_cast<unsigned>(reply.status));
      response->body() = reply.body;
      response->prepare_payload();
      auto [unwritten, written] = co_await http::async_write(stream, *response, as_result);
      if (unwritten) co_return;
    }
  }

  Reply answer(const Request& request) {
    const std::lock_guard lock(mutex);
    if (always) return *always;
    const std::string target(request.target());
    if (target.starts_with("/v2/keys/")) return etcd(request, below("/v2/keys/", target));
    if (target.starts_with("/v1/kv/")) return consul(request, below("/v1/kv/", target));
    if (target == "/db/query?level=strong") return query(json::parse(request.body()));
    if (target == "/db/execute") return execute(json::parse(request.body()));
    return {404, "no such path"};
  }

  // --- etcd's v2 API

  Reply etcd(const Request& request, const Path& path) {
    if (request.method() == http::verb::get) {
      const auto entry = look(path.key);
      if (!entry) return {404, R"({"errorCode":100,"message":"Key not found"})"};
      return {200, fmt::format(R"({{"action":"get","node":{{"key":"/{}","value":"{}"}}}})", path.key, entry->value)};
    }
    const std::optional<std::string> value = parameter(request.body(), "value");
    if (!value || request[http::field::content_type] != "application/x-www-form-urlencoded") return {400, "no form"};
    const auto entry = find(path.key);
    if (path.query == "prevExist=false" && entry) return {412, R"({"errorCode":105,"message":"Key already exists"})"};
    if (const auto expected = parameter(path.query, "prevValue")) {
      if (!entry) return {404, R"({"errorCode":100,"message":"Key not found"})"};
      if (entry->value != *expected) return {412, R"({"errorCode":101,"message":"Compare failed"})"};
    }
    set(path.key, *value);
    return {201, R"({"action":"set"})"};
  }

  // --- Consul

  Reply consul(const Request& request, const Path& path) {
    if (request.method() == http::verb::get) {
      const auto entry = look(path.key);
      if (!entry) return {404, ""};
      return {200, fmt::format(R"([{{"Key":"{}","Flags":0,"Value":"{}","ModifyIndex":{}}}])", path.key,
                               to_base64(entry->value), entry->version)};
    }
    if (const auto wanted = parameter(path.query, "cas")) {
      const auto entry = find(path.key);
      if (std::to_string(entry ? entry->version : 0) != *wanted) return {200, "false"};
    }
    set(path.key, request.body());
    return {200, "true"};
  }

  // --- rqlite

  Reply query(const json::value& statements) {
    const auto entry = look(text(statements, 1));
    if (!entry) return {200, R"({"results":[{"columns":["v"],"types":["integer"]}]})"};
    return {200,
            fmt::format(R"({{"results":[{{"columns":["v"],"types":["integer"],"values":[[{}]]}}]}})", entry->value)};
  }

  Reply execute(const json::value& statements) {
    const std::string sql = text(statements, 0);
    const std::string done = R"({"results":[{"last_insert_id":1,"rows_affected":1}]})";
    const std::string nothing = R"({"results":[{"last_insert_id":1}]})";
    if (sql.starts_with("UPDATE")) {
      const auto entry = find(text(statements, 2));
      if (!entry || entry->value != text(statements, 3)) return {200, nothing};
      set(text(statements, 2), text(statements, 1));
      return {200, done};
    }
    if (!sql.starts_with("INSERT")) return {200, R"({"results":[{"error":"near \"X\": syntax error"}]})"};
    if (sql.ends_with("DO NOTHING") && find(text(statements, 1))) return {200, nothing};
    set(text(statements, 1), text(statements, 2));
    return {200, done};
  }

  static std::string text(const json::value& statements, std::size_t part) {
    const json::value& value = statements.at(0).at(part);
    return value.is_string() ? std::string(value.get_string()) : std::to_string(value.as_int64());
  }

  // --- the map

  std::optional<Entry> find(const std::string& key) const {
    const auto found = entries.find(key);
    return found == entries.end() ? std::nullopt : std::optional(found->second);
  }

  // As somebody who reads.
  std::optional<Entry> look(const std::string& key) {
    const auto found = find(key);
    if (interference) set(interference->first, interference->second);
    interference.reset();
    return found;
  }

  void set(const std::string& key, const std::string& value) { entries[key] = {value, ++version}; }

  asio::io_context io{1};
  tcp::acceptor acceptor;
  std::mutex mutex;  // guards what follows
  std::map<std::string, Entry> entries;
  std::uint64_t version = 0;
  std::optional<std::pair<std::string, std::string>> interference;
  std::optional<Reply> always;
  std::thread thread;
};

KeyValueServer::KeyValueServer() : state_(std::make_unique<State>()) {}
KeyValueServer::~KeyValueServer() = default;

std::string KeyValueServer::address() const {
  return fmt::format("127.0.0.1:{}", state_->acceptor.local_endpoint().port());
}

void KeyValueServer::change_after_next_read(const std::string& key, const std::string& value) {
  const std::lock_guard lock(state_->mutex);
  state_->interference = {key, value};
}

void KeyValueServer::answer_always(int status, const std::string& body) {
  const std::lock_guard lock(state_->mutex);
  state_->always = Reply{status, body};
}

}  // namespace ordeal::harness
