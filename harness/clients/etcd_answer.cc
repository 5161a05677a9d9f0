#include "harness/clients/etcd_answer.h"

#include <array>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <string_view>
#include <utility>

#include "harness/clients/base64.h"
#include "harness/clients/classify.h"
#include "harness/clients/wire_value.h"

namespace ordeal::harness {
namespace {

namespace json = boost::json;
using checker::EventType;
using checker::Nil;
using checker::Value;
using workloads::Operation;

struct Known {
  std::string_view message, name;
  bool definite;
};

constexpr std::string_view prefix = "etcdserver: ";
constexpr std::size_t longest_name = 100;  // of an error that is not in the table

constexpr std::array<Known, 16> known_errors{{
    {"no leader", "no-leader", true},
    {"too many requests", "too-many-requests", true},
    {"not capable", "not-capable", true},
    {"rpc not supported for learner", "learner", true},
    {"key is not provided", "bad-request", true},
    {"too many operations in txn request", "bad-request", true},
    {"duplicate key given in txn request", "bad-request", true},
    {"request is too large", "bad-request", true},
    {"raft proposal dropped", "dropped", true},
    {"request timed out", "etcd-timeout", false},
    {"request timed out, possibly due to previous leader failure", "etcd-timeout-leader-failure", false},
    {"request timed out, possibly due to connection lost", "etcd-timeout-connection-lost", false},
    {"request timed out, waiting for the applied index took too long", "etcd-timeout-applied-index", false},
    {"leader changed", "leader-changed", false},
    {"server stopped", "stopped", false},
    {"mvcc: database space exceeded", "no-space", false},
}};

// What the body of an answer says, as far as an outcome depends on it.
struct Body {
  bool has_revision = false;
  bool succeeded = false;
  std::string message;
  const json::value* items = nullptr;  // the keys that a range found
};

Body read_body(const json::value& parsed) {
  Body body;
  if (!parsed.is_object()) return body;
  json::error_code missing;
  const json::value* revision = parsed.find_pointer("/header/revision", missing);
  body.has_revision = revision != nullptr && revision->is_string();
  const json::object& object = parsed.get_object();
  if (const json::value* field = object.if_contains("succeeded"))
    body.succeeded = field->is_bool() && field->get_bool();
  if (const json::value* field = object.if_contains("message"); field != nullptr && field->is_string()) {
    body.message = field->get_string();
  }
  body.items = object.if_contains("kvs");
  return body;
}

std::optional<std::string> bytes_of(const json::object& item, std::string_view field) {
  const json::value* value = item.if_contains(field);
  if (value == nullptr) return "";
  return value->is_string() ? from_base64(std::string_view(value->get_string())) : std::nullopt;
}

// Nil when the key is not there; nullopt: nobody understands it, or it is about another key.
std::optional<Value> value_read(const Body& body, const std::string& key) {
  if (!body.has_revision) return std::nullopt;
  if (body.items == nullptr) return Nil{};
  if (!body.items->is_array() || body.items->get_array().size() != 1) return std::nullopt;
  const json::value& item = body.items->get_array().front();
  if (!item.is_object() || bytes_of(item.get_object(), "key") != key) return std::nullopt;
  const std::optional<std::string> value = bytes_of(item.get_object(), "value");
  return value ? std::optional(history_value(*value)) : std::nullopt;
}

// In the words of classify.h, which are raftd's: a comparison that does not hold is a definite 409 "mismatch".
Attempt answered(OperationKind kind, const HttpAnswer& answer, const Body& body, bool understood) {
  Attempt attempt{.kind = kind,
                  .reach = answer.reach,
                  .transport_error = answer.transport_error,
                  .status = answer.status,
                  .body_understood = understood,
                  .definite = std::nullopt,
                  .code = {}};
  if (answer.status == 200 && kind == OperationKind::cas && understood && !body.succeeded) {
    attempt.status = 409;
    attempt.definite = true;
    attempt.code = "mismatch";
  } else if (answer.status != 200 && !body.message.empty()) {
    EtcdError error = etcd_error(body.message);
    attempt.definite = error.definite;
    attempt.code = std::move(error.name);
  }
  return attempt;
}

}  // namespace

EtcdError etcd_error(const std::string& message) {
  std::string_view text = message;
  if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
  for (const Known& known : known_errors) {
    if (known.message == text) return {.name = std::string(known.name), .definite = known.definite};
  }
  return {.name = message.substr(0, longest_name), .definite = false};
}

Outcome etcd_outcome(const Operation& operation, const HttpAnswer& answer) {
  unsigned char memory[2048];
  json::monotonic_resource resource(memory, sizeof memory);
  json::error_code error;
  json::value parsed(&resource);
  if (answer.reach == Reach::answered) parsed = json::parse(answer.body, error, &resource);
  const Body body = error ? Body{} : read_body(parsed);
  const OperationKind kind = operation_kind(operation.f);
  std::optional<Value> read;
  if (kind == OperationKind::read) read = value_read(body, operation.key);
  const bool understood = kind == OperationKind::read ? read.has_value() : body.has_revision;
  Classification classified = classify(answered(kind, answer, body, understood));
  Outcome outcome{classified.type, operation.value, std::move(classified.error)};
  if (outcome.type == EventType::ok && kind == OperationKind::read) outcome.value = std::move(*read);
  return outcome;
}

}  // namespace ordeal::harness
