// After healing: does every node serve again, and what do the keys hold? Both functions block the calling thread until
// they are done, drive their clients on a loop of their own, and record every read in the history as any other
// operation, under process numbers that were never used before.
//
// They throw what the recorder throws, and std::invalid_argument when an address is none.

#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/run/load.h"

namespace ordeal::harness {

struct AskOptions {
  std::vector<Endpoint> endpoints;  // at least one
  ClientSpec client{};
  std::string read_mode = "linearizable";
  std::chrono::nanoseconds timeout = std::chrono::seconds(2);  // of one request
  checker::Process first_process = 0;                          // this number and all larger ones are free
};

struct NodeRecovery {
  std::string node;
  std::optional<std::chrono::nanoseconds> after;  // since the call; nullopt: not within the bound
  std::uint64_t attempts = 0;
  std::string last_error;  // of the last failed read that the bound did not cut: "refused", "no_leader"; empty: none
  std::string excused{};   // why it need not serve: it refuses to run on damaged files; empty: it must
};

struct RecoveryReport {
  std::vector<NodeRecovery> nodes;    // in the order of the endpoints
  checker::Process next_process = 0;  // the first that is free again
  bool recovered() const;             // every node did
};

// Does `read` at every node, all of them at once, again and again until the node answers; gives up after `within`.
RecoveryReport await_recovery(const AskOptions& options, const workloads::Operation& read,
                              std::chrono::nanoseconds within, Recorder& recorder);

struct FinalReads {
  std::vector<workloads::Operation> undone;  // those that no node answered
  checker::Process next_process = 0;
};

// Does each read once, spread over the nodes and several at a time. A read that fails is tried again at the next node,
// a few times. `progress` is told now and then how many are done; may be empty.
FinalReads final_reads(const AskOptions& options, const std::vector<workloads::Operation>& reads, Recorder& recorder,
                       const std::function<void(std::size_t done)>& progress = {});

}  // namespace ordeal::harness
