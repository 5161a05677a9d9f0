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
#include <variant>
#include <vector>

#include "checker/event.h"
#include "checker/linearizable.h"

namespace ordeal::workloads {

// What one client is about to do.
//
//   register   read nil · write 41 · cas [40, 41]
//   set        add 41 · read {"from":1,"to":50}: which of these elements are in the set? It sees their list
//   counter    increment {"delta":1,"session":"7-3","serial":2}, with "again":0 when the client shall send it once more
//              after so many milliseconds though it was answered · read nil
struct Operation {
  std::string f;
  std::string key;
  checker::Value value;
};

class Generator {
 public:
  virtual ~Generator() = default;
  virtual Operation next(checker::Process process) = 0;
  virtual void returned(const checker::Event& completion) = 0;  // ok, fail or info, in the order of the history
  // Keys that got their last operation and will never be drawn again, since the last call of this function. An
  // operation on them may still be open.
  virtual std::vector<std::string> take_retired_keys() = 0;
  // The reads after everything was healed. They see all that the checks need to see.
  virtual std::vector<Operation> final_reads() const = 0;
  // A read that costs little and tells whether a node serves.
  virtual Operation probe() const = 0;
};

// `read`, here and below: how linearizable the reads of the target are asked to be, passed to the client as is.
struct RegisterSpec {
  int keys = 5;
  int operations_per_key = 300;
  std::string read = "linearizable";
  int read_share = 5, write_share = 4, cas_share = 1;
  int readers = 0;  // so many processes only read: see register.cc
  bool operator==(const RegisterSpec&) const = default;
};

// Sets of consecutive numbers; one set is filled at a time (set.cc).
struct SetSpec {
  int elements_per_set = 50;
  std::string read = "linearizable";
  int add_share = 30, read_share = 1;
  bool operator==(const SetSpec&) const = default;
};

// Counters that are replaced by fresh ones, incremented by 1 in sessions (counter.cc).
struct CounterSpec {
  int keys = 5;
  int operations_per_key = 300;
  int operations_per_session = 50;
  std::string read = "linearizable";
  int increment_share = 4, read_share = 1;
  int again_percent = 10;  // of the increments: sent once more after the answer
  bool operator==(const CounterSpec&) const = default;
};

using WorkloadSpec = std::variant<RegisterSpec, SetSpec, CounterSpec>;

const std::string& name_of(const WorkloadSpec& spec);       // as in the catalogue
const std::string& read_mode_of(const WorkloadSpec& spec);  // its `read`

std::unique_ptr<Generator> make_register_generator(const RegisterSpec& spec, std::uint64_t seed);
std::unique_ptr<Generator> make_set_generator(const SetSpec& spec, std::uint64_t seed);
std::unique_ptr<Generator> make_counter_generator(const CounterSpec& spec, std::uint64_t seed);
std::unique_ptr<Generator> make_generator(const WorkloadSpec& spec, std::uint64_t seed);

}  // namespace ordeal::workloads
