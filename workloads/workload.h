// What clients do. Pure; one thread at a time (the client loop's).
//
// A generator is asked for the next operation of a process and told every return, so that it can draw CAS expectations
// from what was read lately. It never waits: when and how fast it is asked is the harness' business.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "checker/event.h"
#include "checker/linearizable.h"

namespace ordeal::workloads {

// What one client is about to do.
struct Operation {
  std::string f;  // "read", "write", "cas"
  std::string key;
  checker::Value value;  // nil for a read; the list [expected, new] for a cas
};

class Generator {
 public:
  virtual ~Generator() = default;
  virtual Operation next(checker::Process process) = 0;
  virtual void returned(const checker::Event& completion) = 0;  // ok, fail or info, in the order of the history
  // Keys that got their last operation and will never be drawn again, since the last call of this function. An
  // operation on them may still be open.
  virtual std::vector<std::string> take_retired_keys() = 0;
  // Every key that was ever drawn and may be read at the end: the newest ones first, at most `most` of them.
  virtual std::vector<std::string> final_keys(std::size_t most) const = 0;
};

// How linearizable the reads of the target are asked to be: passed to the client as is.
struct RegisterSpec {
  int keys = 5;
  int operations_per_key = 300;
  std::string read = "linearizable";
  int read_share = 5, write_share = 4, cas_share = 1;
  bool operator==(const RegisterSpec&) const = default;
};

std::unique_ptr<Generator> make_register_generator(const RegisterSpec& spec, std::uint64_t seed);

}  // namespace ordeal::workloads
