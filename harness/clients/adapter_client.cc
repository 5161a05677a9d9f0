#include "harness/clients/adapter_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "harness/clients/classify.h"

namespace ordeal::harness {
namespace {

using checker::EventType;
using checker::List;
using checker::Map;
using checker::Nil;
using checker::Value;
using workloads::Operation;

// A failure whose consequence nobody can rule out hurts only what changes something.
Outcome indeterminate(const Operation& operation, std::string error) {
  const bool read = operation_kind(operation.f) == OperationKind::read;
  return {read ? EventType::fail : EventType::info, operation.value, std::move(error)};
}

Outcome outcome_of_ok(const Operation& operation, const AdapterAnswer& answer) {
  if (operation.f == "read") {
    if (!answer.value) return indeterminate(operation, "bad-answer");
    return {EventType::ok, *answer.value, ""};
  }
  if (operation.f != "increment") return {EventType::ok, operation.value, ""};
  if (!answer.value || answer.value->get_if<std::int64_t>() == nullptr) return indeterminate(operation, "bad-answer");
  if (!answer.index) return {EventType::ok, *answer.value, ""};
  return {EventType::ok, Map{{"value", *answer.value}, {"index", *answer.index}}, ""};
}

std::int64_t number_in(const Value& map, const std::string& name) {
  const Value* field = map.find(name);
  assert(field != nullptr && field->get_if<std::int64_t>() != nullptr);  // the workload was made for this client
  return *field->get_if<std::int64_t>();
}

}  // namespace

Outcome outcome_of(const Operation& operation, const AdapterReply& reply) {
  switch (reply.reach) {
    case AdapterReply::Reach::unsent:
      return {EventType::fail, operation.value, "adapter-busy"};
    case AdapterReply::Reach::silent:
      return indeterminate(operation, "timeout");
    case AdapterReply::Reach::lost:
      return indeterminate(operation, "adapter-ended");
    case AdapterReply::Reach::answered:
      break;
  }
  const AdapterAnswer& answer = reply.answer;
  if (answer.type == EventType::ok) return outcome_of_ok(operation, answer);
  if (answer.error == "mismatch" && (operation.f != "cas" || answer.type != EventType::fail)) {
    return indeterminate(operation, "bad-answer");
  }
  if (answer.type == EventType::fail) return {EventType::fail, operation.value, answer.error};
  return indeterminate(operation, answer.error);
}

boost::asio::awaitable<Outcome> AdapterClient::invoke(const Operation& operation, std::chrono::nanoseconds timeout) {
  if (operation.f == "read" && !operation.value.is_nil()) co_return co_await read_set(operation, timeout);
  if (operation.f != "add") co_return co_await request(operation, timeout);
  const Operation write{"write", operation.key + "." + to_string(operation.value), operation.value};
  co_return co_await request(write, timeout);
}

boost::asio::awaitable<Outcome> AdapterClient::request(const Operation& operation, std::chrono::nanoseconds timeout) {
  const AdapterReply reply = co_await adapter_->call(place_, operation, timeout);
  co_return outcome_of(operation, reply);
}

boost::asio::awaitable<Outcome> AdapterClient::read_set(const Operation& operation, std::chrono::nanoseconds timeout) {
  constexpr int patience = 5;  // times the time-out of one read
  const auto end = std::chrono::steady_clock::now() + patience * timeout;
  const std::int64_t last = number_in(operation.value, "to");
  List elements;
  for (std::int64_t element = number_in(operation.value, "from"); element <= last; ++element) {
    const std::chrono::nanoseconds left = end - std::chrono::steady_clock::now();
    if (left.count() <= 0) co_return Outcome{EventType::fail, operation.value, "timeout"};
    const Operation read{"read", fmt::format("{}.{}", operation.key, element), Nil{}};
    Outcome one = co_await request(read, std::min(timeout, left));
    if (one.type != EventType::ok) co_return Outcome{one.type, operation.value, std::move(one.error)};
    if (!one.value.is_nil()) elements.push_back(std::move(one.value));
  }
  co_return Outcome{EventType::ok, std::move(elements), ""};
}

}  // namespace ordeal::harness
