#include "checker/bench/engines.h"

#include <array>
#include <chrono>
#include <utility>
#include <vector>

#include "checker/linearizability/collection.h"
#include "checker/linearizability/judge_object.h"
#include "checker/linearizability/order_result.h"
#include "checker/linearizability/quick_walk.h"
#include "checker/linearizability/search.h"
#include "checker/linearizability/zones.h"
#include "checker/streaming/register_stream.h"

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

// The stream alone: all keys in one pass.
Prepare prepare_stream(const Input& input) {
  return [&input]() -> Work {
    return [&input, source = std::shared_ptr<EventSource>(input.open())]() -> std::string {
      const bool streams =
          input.options.model == ModelName::register_ || input.options.model == ModelName::cas_register;
      if (!streams) return "-";
      source->rewind();
      RegisterStream stream(source->vocabulary(), input.options);
      for (auto events = source->next(); !events.empty(); events = source->next()) stream.add(events);
      stream.finish();
      if (stream.violation_count() > 0) return "invalid";
      return stream.undecided_count() == 0 ? "valid" : "-";
    };
  };
}

// The operations of all keys, ready for the engines that judge one key.
struct PreparedKeys {
  std::unique_ptr<EventSource> source;
  Collection collection;
  std::vector<KeyProblem> problems;
};

PreparedKeys prepare_keys(const Input& input, std::unique_ptr<EventSource> source) {
  PreparedKeys keys{.source = std::move(source), .collection = {}, .problems = {}};
  const Model& model = model_of(input.options.model);
  keys.collection = collect(*keys.source, input.options, {});
  const Atom initial = keys.source->vocabulary().atom(model.initial(input.options.initial));
  keys.problems.reserve(keys.collection.objects.size());
  for (const JudgedObject& object : keys.collection.objects) {
    keys.problems.push_back(prepare_compact(object.operations, model, initial, keys.source->vocabulary()));
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

std::string zones_of_keys(PreparedKeys& keys) {
  std::string verdict = "valid";
  for (KeyProblem& key : keys.problems) {
    Budget budget({}, {}, std::size_t{4} << 30);
    const ZonesResult::Answer answer = judge_by_zones(key.problem(), budget).answer;
    if (answer == ZonesResult::Answer::not_linearizable) return "invalid";
    if (answer == ZonesResult::Answer::not_applicable) verdict = "-";
  }
  return verdict;
}

std::string portfolio_of(const Input& input, const Collection& collection, Vocabulary& words) {
  const Model& model = model_of(input.options.model);
  const Atom initial = words.atom(model.initial(input.options.initial));
  std::string verdict = "valid";
  for (const JudgedObject& object : collection.objects) {
    Budget budget({}, {}, std::size_t{4} << 30);
    const auto answer =
        judge_object({.operations = object.operations, .model = model, .initial = initial, .vocabulary = words}, budget)
            .answer;
    if (answer == SearchResult::Answer::not_linearizable) return "invalid";
    if (answer == SearchResult::Answer::unknown) verdict = "unknown";
  }
  return verdict;
}

std::string quick_walk_of_keys(const Input& input, PreparedKeys& keys) {
  const Model& model = model_of(input.options.model);
  const Atom initial = keys.source->vocabulary().atom(model.initial(input.options.initial));
  std::string verdict = "valid";
  for (const JudgedObject& object : keys.collection.objects) {
    Budget budget({}, {}, std::size_t{4} << 30);
    const SearchResult::Answer answer = walk_quickly(object.operations, initial, budget).answer;
    if (answer == SearchResult::Answer::not_linearizable) return "invalid";
    if (answer == SearchResult::Answer::unknown) verdict = "-";
  }
  return verdict;
}

Prepare prepare_quick_walk(const Input& input) {
  return [&input]() -> Work {
    const auto keys = std::make_shared<PreparedKeys>(prepare_keys(input, input.open()));
    return [&input, keys] { return quick_walk_of_keys(input, *keys); };
  };
}

Prepare prepare_zones(const Input& input) {
  return [&input]() -> Work {
    const auto keys = std::make_shared<PreparedKeys>(prepare_keys(input, input.open()));
    return [keys] { return zones_of_keys(*keys); };
  };
}

Prepare prepare_portfolio(const Input& input) {
  return [&input]() -> Work {
    const auto keys = std::make_shared<PreparedKeys>(prepare_keys(input, input.open()));
    return [&input, keys] { return portfolio_of(input, keys->collection, keys->source->vocabulary()); };
  };
}

// The same from the events: who completes which call, and to which key it belongs, is to be found out, too.
Prepare prepare_verdict(const Input& input) {
  return [&input]() -> Work {
    const auto source = std::shared_ptr<EventSource>(input.open());
    std::vector<CompactEvent> all;
    for (auto events = source->next(); !events.empty(); events = source->next()) {
      all.insert(all.end(), events.begin(), events.end());
    }
    return [&input, source, all = std::move(all)] {
      OngoingCollection collection(source->vocabulary(), input.options, {});
      collection.add(all);
      return portfolio_of(input, collection.finish(), source->vocabulary());
    };
  };
}

Prepare prepare_search(const Input& input) {
  return [&input]() -> Work {
    const auto keys = std::make_shared<PreparedKeys>(prepare_keys(input, input.open()));
    return [keys] { return search_keys(*keys); };
  };
}

std::string order_keys(const Input& input, const PreparedKeys& keys) {
  const Model& model = model_of(input.options.model);
  Vocabulary& words = keys.source->vocabulary();
  const Atom initial = words.atom(model.initial(input.options.initial));
  std::string verdict = "valid";
  for (const JudgedObject& object : keys.collection.objects) {
    const OrderResult result =
        judge_by_order({.key = object.operations, .model = model, .initial = initial, .vocabulary = words});
    if (result.answer == OrderResult::Answer::not_linearizable) return "invalid";
    if (result.answer == OrderResult::Answer::not_applicable) verdict = "-";
  }
  return verdict;
}

Prepare prepare_order(const Input& input) {
  return [&input]() -> Work {
    const auto keys = std::make_shared<PreparedKeys>(prepare_keys(input, input.open()));
    return [&input, keys] { return order_keys(input, *keys); };
  };
}

constexpr std::array engines = {
    BenchEngine{"check", "the whole check, from events to the verdict and its witness", prepare_check},
    BenchEngine{"stream", "registers with unique values: one pass over the events of all keys", prepare_stream},
    BenchEngine{"order", "the model's own fast path, each key after the other, already collected", prepare_order},
    BenchEngine{"zones", "blocks and zones, each key after the other, already prepared", prepare_zones},
    BenchEngine{"portfolio", "the engines in turn, each key after the other, already collected", prepare_portfolio},
    BenchEngine{"verdict", "the same from the events in memory, who completes which call included", prepare_verdict},
    BenchEngine{"quick", "the first look, each key after the other, already collected", prepare_quick_walk},
    BenchEngine{"search", "the search, each key after the other, already prepared", prepare_search},
};

}  // namespace

std::span<const BenchEngine> bench_engines() {
  return engines;
}

}  // namespace ordeal::checker
