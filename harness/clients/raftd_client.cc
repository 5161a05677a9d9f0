#include "harness/clients/raftd_client.h"

#include <fmt/format.h>

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cassert>
#include <charconv>
#include <optional>
#include <utility>

namespace ordeal::harness {
namespace {

namespace json = boost::json;
using checker::EventType;
using checker::List;
using checker::Nil;
using checker::Value;
using workloads::Operation;

// A value as JSON text: 41 as "41", nil as null. Workloads of raftd write integers only.
std::string wire_value(const Value& value) {
  if (value.is_nil()) return "null";
  const std::int64_t* number = value.get_if<std::int64_t>();
  assert(number != nullptr);
  return fmt::format("\"{}\"", *number);
}

Value history_value(std::string_view text) {
  std::int64_t number = 0;
  auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && rest == text.data() + text.size()) return number;
  return std::string(text);
}

// What the body of an answer says, as far as an outcome depends on it.
struct Body {
  bool has_index = false;
  std::optional<std::string> key;
  std::optional<Value> value;
  std::optional<bool> definite;
  std::string code;
};

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
    if (field.key() == "index") body.has_index = value.is_int64() || value.is_uint64();
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
bool is_understood(const Body& body, OperationKind kind, const std::string& key) {
  if (kind != OperationKind::read) return body.has_index;
  return body.value.has_value() && (!body.key.has_value() || *body.key == key);
}

Outcome outcome_of(const Operation& operation, const HttpAnswer& answer) {
  Body body;
  if (answer.reach == Reach::answered) body = parse_body(answer.body);
  OperationKind kind = operation_kind(operation.f);
  Attempt attempt{.kind = kind,
                  .reach = answer.reach,
                  .transport_error = answer.transport_error,
                  .status = answer.status,
                  .body_understood = is_understood(body, kind, operation.key),
                  .definite = body.definite,
                  .code = body.code};
  Classification classified = classify(attempt);
  Outcome outcome{classified.type, operation.value, std::move(classified.error)};
  if (classified.type == EventType::ok && kind == OperationKind::read) {
    outcome.value = body.value.value_or(Nil{});  // absent with 404 only
  }
  return outcome;
}

}  // namespace

RaftdClient::RaftdClient(const std::string& address, std::string read_mode, boost::asio::io_context& io)
    : connection_(address, io), read_mode_(std::move(read_mode)) {}

boost::asio::awaitable<Outcome> RaftdClient::invoke(const Operation& operation, std::chrono::nanoseconds timeout) {
  write_request(operation);
  HttpAnswer answer = co_await connection_.exchange(request_, timeout);
  co_return outcome_of(operation, answer);
}

void RaftdClient::write_request(const Operation& operation) {
  std::string path = "/kv/" + percent_encoded(operation.key);
  request_.body.clear();
  switch (operation_kind(operation.f)) {
    case OperationKind::read:
      request_.method = HttpMethod::get;
      request_.target = path + "?read=" + percent_encoded(read_mode_);
      return;
    case OperationKind::write:
      assert(operation.f == "write");  // the workload was made for this client
      request_.method = HttpMethod::put;
      request_.target = path;
      request_.body = fmt::format(R"({{"value":{}}})", wire_value(operation.value));
      return;
    case OperationKind::cas:
      const List* pair = operation.value.get_if<List>();
      assert(pair != nullptr && pair->size() == 2);
      request_.method = HttpMethod::post;
      request_.target = path + "/cas";
      request_.body = fmt::format(R"({{"expected":{},"value":{}}})", wire_value((*pair)[0]), wire_value((*pair)[1]));
      return;
  }
}

}  // namespace ordeal::harness
