// Is a history linearizable? The front door of checker/linearizability.  Pure; any thread.
//
// The history is split by key (linearizability is local: Herlihy & Wing 1990, §3.2). Each part is judged by the
// cheapest engine that can decide it:
//
//   1. one pass over the events judges every register whose written values are unique (checker/streaming), in memory
//      that does not grow with the history;
//   2. the operations of the keys that are left are collected in a second pass, and each key goes through zones, the
//      order of appends, and the search, until one of them knows;
//   3. a violation becomes a witness: the events that matter are fetched in full, and a second opinion is asked.
//
// The answer is the same whatever ran first: the violation with the smallest event.

#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "checker/event.h"
#include "checker/event_source.h"
#include "checker/verdict.h"

namespace ordeal::checker {

enum class ModelName : std::uint8_t {
  register_,
  cas_register,
  kv,
  mutex,
  owned_mutex,
  kv_append,
  list_append,
  multi_register,
  kv_revisions,
};
// "register", "cas-register", "kv", "mutex", ...: the texts of the table in models/model.cc
std::optional<ModelName> model_named(std::string_view name);
std::string to_string(ModelName model);
std::vector<std::string> model_names();  // in the order of the table

// What a `fail`ed cas says. `observes`: it was evaluated and the value differed. `ignored`: nothing.
// `by_error`: it observes when its error is "mismatch" (our own histories), else it says nothing.
enum class FailedCas : std::uint8_t { by_error, observes, ignored };

struct LinearizableOptions {
  ModelName model = ModelName::cas_register;
  Value initial = {};  // of every key; nil for a register that was never written
  FailedCas failed_cas = FailedCas::by_error;
  // Jepsen's models take an ok read of nil for a read whose value is not known. With this set so do we, unless the
  // initial value is nil, which makes nil a value like others. HistoryFile (checker/formats) says when to set it.
  bool nil_reads_say_nothing = false;
  std::chrono::nanoseconds time_limit = std::chrono::minutes(5);  // of steady clock, passed in by `elapsed`
  std::size_t memory_limit = std::size_t{4} << 30;                // bytes that the check may hold at once
  // Time since the check began. The checker reads no clock itself; without it there is no time limit.
  std::function<std::chrono::nanoseconds()> elapsed = {};
  // Bytes that the program took since the check began, as the system sees them: what the checker accounts is less than
  // that, as an allocator keeps a share. Empty: only what is accounted counts. Asked from several threads.
  std::function<std::size_t()> memory_in_use = {};
  // Whether to stop now, with what is known so far (an interrupt); asked from several threads. Empty: never.
  std::function<bool()> cancelled = {};
  // Runs job(0) to job(jobs - 1), in any order and on any threads, calls ended(i) after job(i), never two of these at
  // once, and returns when all have ended. The checker starts no thread itself; empty: one after the other.
  using Job = std::function<void(std::size_t)>;
  std::function<void(std::size_t jobs, const Job& job, const Job& ended)> in_parallel = {};
  std::size_t parallelism = 1;  // how many jobs in_parallel runs at once; they share the memory limit
  // Called now and then with the operations decided so far; may be empty. Never twice at once.
  std::function<void(std::size_t decided, std::size_t total)> progress = {};
};

struct LinearizableResult {
  Finding finding;
  std::size_t operations = 0;
  std::size_t keys = 0;
  // How many keys each engine decided, by its name, in the order in which the engines are asked.
  std::vector<std::pair<std::string, std::size_t>> engines = {};
  // With unknown: which bound, and how far the search came, in finding.details.
};

// Throws MalformedHistory (checker/history.h) when the history breaks the rules of event.h, and what the source throws.
LinearizableResult check_linearizable(EventSource& source, const LinearizableOptions& options);
LinearizableResult check_linearizable(const History& history, const LinearizableOptions& options);

}  // namespace ordeal::checker
