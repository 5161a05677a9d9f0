// The words that ordeal and an adapter exchange, one JSON object a line: configs/targets/adapters/README.md describes
// them. Pure; any thread.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "checker/event.h"
#include "workloads/workload.h"

namespace ordeal::harness {

inline constexpr int adapter_protocol = 1;

// What an adapter says of itself, once, in its first line.
struct AdapterAbilities {
  std::vector<std::string> operations;  // of "read", "write", "cas", "increment"
  std::vector<std::string> reads;       // of workloads::read_modes()
  bool operator==(const AdapterAbilities&) const = default;
};

// Where and how an operation shall be done.
struct AdapterPlace {
  std::string node;       // "n2"
  std::string endpoint;   // "10.77.0.2:6379"
  std::string read_mode;  // "linearizable"
};

// The answer to one call.
struct AdapterAnswer {
  std::int64_t id = 0;
  checker::EventType type = checker::EventType::info;  // ok, fail or info
  std::optional<checker::Value> value;                 // nullopt: the line has no such field
  std::optional<std::int64_t> index;
  std::string error;  // of fail and info, never empty
};

std::string greeting();  // what ordeal writes first, with the end of the line

// What is wrong with the line is told as a text: "it is no JSON object".
std::variant<AdapterAbilities, std::string> parse_abilities(std::string_view line);
std::variant<AdapterAnswer, std::string> parse_answer(std::string_view line);

// The line that asks for the operation, with its end. A set's operations are none of the protocol's (adapter_client.h).
std::string call_line(std::int64_t id, const AdapterPlace& place, const workloads::Operation& operation,
                      std::chrono::nanoseconds timeout);

// Why a plan with this workload cannot run: the first operation or read mode that is missing; empty: it can.
std::string what_is_missing(const AdapterAbilities& abilities, const workloads::WorkloadSpec& workload);

}  // namespace ordeal::harness
