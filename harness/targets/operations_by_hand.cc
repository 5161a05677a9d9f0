#include "harness/targets/operations_by_hand.h"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>

#include "harness/report/operations.h"

namespace ordeal::harness {

namespace {

using checker::EventType;
using checker::List;
using checker::Map;
using checker::Nil;
using checker::Value;

struct Expected {
  std::string workload;
  workloads::Operation operation;
  EventType type = EventType::ok;
  std::optional<Value> seen{};  // of a read
};

std::vector<Expected> expectations() {
  const Value one_to_two = Map{{"from", 1}, {"to", 2}};
  const Value increment = Map{{"delta", 1}, {"session", "1-1"}, {"serial", 1}};
  return {{"register", {"write", "1", 1}},
          {"register", {"read", "1", Nil{}}, EventType::ok, Value(1)},
          {"register", {"cas", "1", List{1, 2}}},
          {"register", {"cas", "1", List{1, 3}}, EventType::fail},
          {"register", {"read", "1", Nil{}}, EventType::ok, Value(2)},
          {"set", {"add", "2", 1}},
          {"set", {"read", "2", one_to_two}, EventType::ok, Value(List{1})},
          {"counter", {"increment", "3", increment}},
          {"counter", {"read", "3", Nil{}}, EventType::ok, Value(1)}};
}

Outcome invoke(const ClientOptions& options, const workloads::Operation& operation, std::chrono::nanoseconds timeout) {
  boost::asio::io_context loop{1};
  Outcome outcome;
  {
    const std::unique_ptr<Client> client = make_client(options, loop);
    boost::asio::co_spawn(loop, client->invoke(operation, timeout),
                          [&](const std::exception_ptr& reason, Outcome came) {
                            if (reason) std::rethrow_exception(reason);
                            outcome = std::move(came);
                          });
    loop.run();
  }
  return outcome;
}

std::string text_of(EventType type) {
  return type == EventType::ok ? "ok" : type == EventType::fail ? "fail" : "info";
}

std::string came_text(const workloads::Operation& operation, const Outcome& outcome) {
  if (outcome.type != EventType::ok) return fmt::format("{}: {}", text_of(outcome.type), outcome.error);
  return operation.f == "read" ? "ok " + value_text(outcome.value) : "ok";
}

std::string wanted_text(const Expected& expected) {
  return expected.seen ? fmt::format("{} {}", text_of(expected.type), value_text(*expected.seen))
                       : text_of(expected.type);
}

}  // namespace

std::vector<TriedOperation> try_operations(const ClientOptions& options, const WhyNotAble& why_not,
                                           std::chrono::nanoseconds timeout) {
  std::vector<TriedOperation> tried;
  std::string broken;  // the workload of which an operation went wrong
  for (const Expected& expected : expectations()) {
    if (expected.workload == broken) continue;
    const workloads::Operation& operation = expected.operation;
    if (const std::string why = why_not(operation.f); !why.empty()) {
      tried.push_back({.workload = expected.workload, .what = operation.f, .came = why, .unsupported = true});
      broken = expected.workload;
      continue;
    }
    const Outcome outcome = invoke(options, operation, timeout);
    const std::string argument = operation.value.is_nil() ? "" : " " + value_text(operation.value);
    TriedOperation& one = tried.emplace_back(TriedOperation{
        .workload = expected.workload, .what = operation.f + argument, .came = came_text(operation, outcome)});
    const bool as_expected = outcome.type == expected.type && (!expected.seen || outcome.value == *expected.seen);
    if (as_expected) continue;
    one.wrong = wanted_text(expected);
    broken = expected.workload;
  }
  return tried;
}

}  // namespace ordeal::harness
