#include "checker/bench/engines.h"

#include <array>
#include <chrono>
#include <unordered_map>
#include <vector>

#include "checker/linearizability/compact_problem.h"
#include "checker/linearizability/search.h"

namespace ordeal::checker {
namespace {

LinearizableOptions with_clock(LinearizableOptions options) {
  const auto began = std::chrono::steady_clock::now();
  options.elapsed = [began] { return std::chrono::steady_clock::now() - began; };
  return options;
}

// Everything from events to the verdict and, with a violation, its witness.
Prepare prepare_check(const Input& input) {
  return [&input]() -> Work {
    return [&input, source = std::shared_ptr<EventSource>(input.open())] {
      source->rewind();
      return to_string(check_linearizable(*source, with_clock(input.options)).finding.verdict);
    };
  };
}

// The operations of all keys, ready for the engines that judge one key.
struct PreparedKeys {
  std::unique_ptr<EventSource> source;
  std::vector<KeyOperations> operations;
  std::vector<KeyProblem> problems;
};

struct OpenCall {
  CompactEvent call;
  std::uint32_t slot = 0;
};

std::shared_ptr<PreparedKeys> prepare_keys(const Input& input) {
  auto keys = std::make_shared<PreparedKeys>();
  keys->source = input.open();
  const Model& model = model_of(input.options.model);
  Vocabulary& words = keys->source->vocabulary();
  std::unordered_map<Process, OpenCall> open;
  std::uint32_t position = 0;
  const auto note = [&](const OpenCall& call, const CompactEvent* completion) {
    const CompactOperation operation = compact_operation(call.call, completion);
    if (!says_something(operation, model, input.options)) return;
    KeyOperations& of_key = keys->operations[model.keys_are_independent ? call.call.key : 0];
    const Effect effect = model.effect(operation, words);
    if (operation.outcome == EventType::info) {
      if (!effect.reads_only) of_key.leave_open(call.slot, effect);
    } else {
      of_key.complete(call.slot, position, effect);
    }
  };
  for (auto batch = keys->source->next(); !batch.empty(); batch = keys->source->next()) {
    for (const CompactEvent& event : batch) {
      ++position;
      if (event.type == EventType::invoke) {
        const std::size_t key = model.keys_are_independent ? event.key : 0;
        if (keys->operations.size() <= key) keys->operations.resize(key + 1);
        open[event.process] = {.call = event, .slot = keys->operations[key].call(position)};
      } else {
        note(open.at(event.process), &event);
        open.erase(event.process);
      }
    }
  }
  for (const auto& [process, call] : open) note(call, nullptr);
  const Atom initial = words.atom(model.initial(input.options.initial));
  for (const KeyOperations& of_key : keys->operations) {
    keys->problems.push_back(prepare_compact(of_key, model, initial, words));
  }
  return keys;
}

std::string search_keys(PreparedKeys& keys) {
  std::string verdict = "valid";
  for (KeyProblem& key : keys.problems) {
    Budget budget({}, {}, std::size_t{4} << 30);
    const SearchResult::Answer answer = search(key.problem(), budget).answer;
    if (answer == SearchResult::Answer::not_linearizable) return "invalid";
    if (answer == SearchResult::Answer::unknown) verdict = "unknown";
  }
  return verdict;
}

template <std::string (*judge)(PreparedKeys&)>
Prepare prepare_by_key(const Input& input) {
  return [&input]() -> Work { return [keys = prepare_keys(input)] { return judge(*keys); }; };
}

constexpr std::array engines = {
    BenchEngine{"check", "the whole check, from events to the verdict and its witness", prepare_check},
    BenchEngine{"search", "the search alone, key by key, until the first violation", prepare_by_key<search_keys>},
};

}  // namespace

std::span<const BenchEngine> bench_engines() {
  return engines;
}

}  // namespace ordeal::checker
