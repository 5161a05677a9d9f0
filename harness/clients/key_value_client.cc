#include "harness/clients/key_value_client.h"

#include <fmt/format.h>

#include <cassert>
#include <cstdint>
#include <utility>

#include "harness/clients/deadline.h"

namespace ordeal::harness {
namespace {

using checker::EventType;
using workloads::Operation;

std::int64_t number_in(const checker::Value& map, const std::string& name) {
  const checker::Value* field = map.find(name);
  assert(field != nullptr);  // the workload was made for this client
  const std::int64_t* number = field->get_if<std::int64_t>();
  assert(number != nullptr);
  return *number;
}

}  // namespace

boost::asio::awaitable<Outcome> KeyValueClient::invoke(const Operation& operation, std::chrono::nanoseconds timeout) {
  if (operation.f == "read" && !operation.value.is_nil()) co_return co_await read_set(operation, timeout);
  if (operation.f != "add") co_return co_await request(operation, timeout);
  const Operation write{"write", operation.key + "." + to_string(operation.value), operation.value};
  co_return co_await request(write, timeout);
}

boost::asio::awaitable<Outcome> KeyValueClient::read_set(const Operation& operation, std::chrono::nanoseconds timeout) {
  const Deadline deadline(timeout);
  const std::int64_t last = number_in(operation.value, "to");
  checker::List elements;
  for (std::int64_t element = number_in(operation.value, "from"); element <= last; ++element) {
    if (deadline.passed()) co_return Outcome{EventType::fail, operation.value, "timeout"};
    const Operation read{"read", fmt::format("{}.{}", operation.key, element), checker::Nil{}};
    Outcome one = co_await request(read, deadline.of_one_request());
    if (one.type != EventType::ok) co_return Outcome{one.type, operation.value, std::move(one.error)};
    if (!one.value.is_nil()) elements.push_back(std::move(one.value));
  }
  co_return Outcome{EventType::ok, std::move(elements), ""};
}

}  // namespace ordeal::harness
