// One operation of each kind, done by the target's client as a run would do it, and compared with what must come of it.

#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "harness/clients/client.h"

namespace ordeal::harness {

struct TriedOperation {
  std::string workload;      // "register"
  std::string what;          // "cas [1, 2]"
  std::string came;          // "ok", "ok 2", "fail: mismatch"
  std::string wrong{};       // what should have come instead; empty: it did
  bool unsupported = false;  // `came` says what keeps the client from it
  bool operator==(const TriedOperation&) const = default;
};

// What keeps the client from an operation (f), as part of a sentence; empty: nothing.
using WhyNotAble = std::function<std::string(const std::string& f)>;

// All operations of all workloads, in a cluster that nobody else uses, on the calling thread. After one that went wrong
// the rest of its workload is left out. Repeats nothing.
std::vector<TriedOperation> try_operations(const ClientOptions& options, const WhyNotAble& why_not,
                                           std::chrono::nanoseconds timeout);

}  // namespace ordeal::harness
