#include "harness/clients/raftd_client.h"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cassert>
#include <optional>
#include <utility>

#include "harness/clients/deadline.h"
#include "harness/clients/wire_value.h"

namespace ordeal::harness {
namespace {

namespace json = boost::json;
using checker::EventType;
using checker::List;
using checker::Map;
using checker::Nil;
using checker::Value;
using workloads::Operation;

// A value as JSON text: 41 as "41", nil as null.
std::string json_text(const Value& value) {
  return value.is_nil() ? "null" : fmt::format("\"{}\"", wire_text(value));
}

// The same with leading zeros, so that it has at least so many digits. 41 is 0041 is 41.
std::string json_text(const Value& value, std::uint64_t digits) {
  if (digits == 0 || value.is_nil()) return json_text(value);
  return fmt::format("\"{:0{}}\"", *value.get_if<std::int64_t>(), digits);
}

constexpr std::chrono::milliseconds pause_before_retry{30};

const Value& field_of(const Value& map, const std::string& name) {
  const Value* field = map.find(name);
  assert(field != nullptr);  // the workload was made for this client
  return *field;
}

std::int64_t number_in(const Value& map, const std::string& name) {
  const std::int64_t* number = field_of(map, name).get_if<std::int64_t>();
  assert(number != nullptr);
  return *number;
}

boost::asio::awaitable<void> pause(std::chrono::nanoseconds length) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  timer.expires_after(length);
  co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
}

// What the body of an answer says, as far as an outcome depends on it.
struct Body {
  std::optional<std::int64_t> index;
  std::optional<std::string> key;
  std::optional<Value> value;
  std::optional<bool> definite;
  std::string code;
};

std::optional<std::int64_t> index_of(const json::value& value) {
  if (value.is_int64()) return value.get_int64();
  if (value.is_uint64()) return static_cast<std::int64_t>(value.get_uint64());
  return std::nullopt;
}

// An empty Body when the text is no JSON object. Parses into memory on the stack: answers are small and many.
Body parse_body(const std::string& text) {
  unsigned char memory[1024];
  json::monotonic_resource resource(memory, sizeof memory);
  json::error_code error;
  json::value parsed = json::parse(text, error, &resource);
  Body body;
  if (error || !parsed.is_object()) return body;
  for (const json::key_value_pair& field : parsed.get_object()) {
    const json::value& value = field.value();
    if (field.key() == "index") body.index = index_of(value);
    if (field.key() == "definite" && value.is_bool()) body.definite = value.get_bool();
    if (!value.is_string()) continue;
    std::string_view string(value.get_string().data(), value.get_string().size());
    if (field.key() == "key") body.key = string;
    if (field.key() == "value") body.value = history_value(string);
    if (field.key() == "code") body.code = string;
  }
  return body;
}

// Does a 2xx say what an answer to this operation must say? An answer that names another key is not ours.
bool is_understood(const Body& body, OperationKind kind, const Operation& operation) {
  if (operation.f == "increment") return body.index && body.value && body.value->get_if<std::int64_t>() != nullptr;
  if (kind != OperationKind::read) return body.index.has_value();
  return body.value.has_value() && (!body.key.has_value() || *body.key == operation.key);
}

Outcome outcome_of(const Operation& operation, const HttpAnswer& answer) {
  Body body;
  if (answer.reach == Reach::answered) body = parse_body(answer.body);
  OperationKind kind = operation_kind(operation.f);
  Attempt attempt{.kind = kind,
                  .reach = answer.reach,
                  .transport_error = answer.transport_error,
                  .status = answer.status,
                  .body_understood = is_understood(body, kind, operation),
                  .definite = body.definite,
                  .code = body.code};
  Classification classified = classify(attempt);
  Outcome outcome{classified.type, operation.value, std::move(classified.error)};
  if (classified.type == EventType::ok && kind == OperationKind::read) {
    outcome.value = body.value.value_or(Nil{});  // absent with 404 only
  }
  if (classified.type == EventType::ok && operation.f == "increment") {
    outcome.value = Map{{"value", *body.value}, {"index", *body.index}};
  }
  return outcome;
}

// 4xx: the node has judged the request and will judge it so again.
bool is_final(const Outcome& outcome, const HttpAnswer& answer) {
  return outcome.type == EventType::ok || (answer.reach == Reach::answered && answer.status / 100 == 4);
}

}  // namespace

RaftdClient::RaftdClient(const ClientOptions& options, boost::asio::io_context& io)
    : read_mode_(options.read_mode), value_bytes_(options.value_bytes) {
  connections_.push_back(std::make_unique<HttpConnection>(options.address, io));
  for (const std::string& address : options.retry_at) {
    connections_.push_back(std::make_unique<HttpConnection>(address, io));
  }
}

boost::asio::awaitable<Outcome> RaftdClient::invoke(const Operation& operation, std::chrono::nanoseconds timeout) {
  if (operation.f == "increment") co_return co_await increment(operation, timeout);
  co_return co_await KeyValueClient::invoke(operation, timeout);
}

boost::asio::awaitable<Outcome> RaftdClient::request(const Operation& operation, std::chrono::nanoseconds timeout) {
  write_request(operation);
  HttpAnswer answer = co_await connections_.front()->exchange(request_, timeout);
  co_return outcome_of(operation, answer);
}

boost::asio::awaitable<Outcome> RaftdClient::increment(const Operation& operation, std::chrono::nanoseconds timeout) {
  const Deadline deadline(timeout);
  bool may_have_happened = false;  // by one of the earlier tries
  at_ = 0;
  while (true) {
    write_request(operation);
    HttpAnswer answer = co_await connections_[at_]->exchange(request_, deadline.of_one_request());
    Outcome outcome = outcome_of(operation, answer);
    if (outcome.type == EventType::ok) {
      co_await send_again(operation, timeout, outcome);
      co_return outcome;
    }
    if (outcome.type == EventType::fail && !may_have_happened) co_return outcome;
    may_have_happened = true;
    outcome.type = EventType::info;
    if (is_final(outcome, answer) || deadline.passed()) co_return outcome;
    co_await pause(pause_before_retry);
    if (deadline.passed()) co_return outcome;
    next_connection();
  }
}

boost::asio::awaitable<void> RaftdClient::send_again(const Operation& operation, std::chrono::nanoseconds timeout,
                                                     Outcome& outcome) {
  const Value* again = operation.value.find("again");
  if (again == nullptr) co_return;
  const auto after = std::chrono::milliseconds(number_in(operation.value, "again"));
  if (after.count() > 0) co_await pause(after);
  write_request(operation);
  HttpAnswer answer = co_await next_connection().exchange(request_, timeout);
  Outcome second = outcome_of(operation, answer);
  if (second.type != EventType::ok) co_return;
  Map both = *outcome.value.get_if<Map>();
  both.emplace_back("again", std::move(second.value));
  outcome.value = std::move(both);
}

HttpConnection& RaftdClient::next_connection() {
  at_ = (at_ + 1) % connections_.size();
  return *connections_[at_];
}

void RaftdClient::write_request(const Operation& operation) {
  std::string path = "/kv/" + percent_encoded(operation.key);
  request_.body.clear();
  request_.headers.clear();
  if (operation.f == "increment") {
    request_.method = HttpMethod::post;
    request_.target = path + "/add";
    request_.body = fmt::format(R"({{"delta":{}}})", number_in(operation.value, "delta"));
    request_.headers.emplace_back("Session", *field_of(operation.value, "session").get_if<std::string>());
    request_.headers.emplace_back("Serial", std::to_string(number_in(operation.value, "serial")));
    return;
  }
  switch (operation_kind(operation.f)) {
    case OperationKind::read:
      request_.method = HttpMethod::get;
      request_.target = path + "?read=" + percent_encoded(read_mode_);
      return;
    case OperationKind::write:
      assert(operation.f == "write");  // the workload was made for this client
      request_.method = HttpMethod::put;
      request_.target = path;
      request_.body = fmt::format(R"({{"value":{}}})", json_text(operation.value, value_bytes_));
      return;
    case OperationKind::cas:
      const List* pair = operation.value.get_if<List>();
      assert(pair != nullptr && pair->size() == 2);
      request_.method = HttpMethod::post;
      request_.target = path + "/cas";
      request_.body = fmt::format(R"({{"expected":{},"value":{}}})", json_text((*pair)[0]), json_text((*pair)[1]));
      return;
  }
}

}  // namespace ordeal::harness
