// A core is really a contradiction, and a small one cannot be weakened any further.

#include "checker/linearizability/shrink.h"

#include <gtest/gtest.h>

#include "checker/linearizability/crop.h"
#include "checker/linearizability/failing_prefix.h"
#include "checker/linearizability/search.h"
#include "checker/linearizability/search_workspace.h"
#include "checker/linearizability/second_opinion.h"
#include "checker/testing/histories.h"

namespace ordeal::checker {
namespace {

constexpr std::uint64_t plenty = 50'000'000;

Budget steps(std::uint64_t count) {
  Budget budget({}, {}, std::size_t{1} << 30);
  budget.limit_steps(count);
  return budget;
}

struct Prepared {
  History history;
  std::vector<Operation> operations;
  KeyHistory key;

  Prepared(History of, const LinearizableOptions& options)
      : history(std::move(of)), operations(pair_operations(history)), key(prepare(operations, options)) {}

  std::optional<std::uint32_t> failing_return() {
    Budget budget = steps(plenty);
    const SearchResult result = search(key.problem(key.prepared), budget);
    if (result.answer != SearchResult::Answer::not_linearizable) return std::nullopt;
    SearchWorkspace workspace;
    return first_failing_return(key.problem(key.prepared), budget, workspace, result.reached);
  }
  Problem problem(const std::vector<PreparedOperation>& of, StateId initial) {
    Problem out = key.problem(of);
    out.initial = initial;
    return out;
  }
  std::vector<PreparedOperation> of(const Core& core, std::uint32_t position) {
    std::vector<PreparedOperation> out;
    const std::vector<PreparedOperation> all = prefix(key.prepared, position + 1);
    for (std::size_t i = 0; i < core.operations.size(); ++i) {
      out.push_back(all[core.operations[i]]);
      if (core.optional[i]) out.back().returned = PreparedOperation::forever;
    }
    return out;
  }
};

std::string describe_all(const Prepared& p, const Core& core) {
  std::string text = " of";
  for (std::size_t i = 0; i < core.operations.size(); ++i) {
    const PreparedOperation& operation = p.key.prepared[core.operations[i]];
    text += "\n" + std::to_string(operation.called) + " to " + std::to_string(operation.returned) + " " +
            describe(p.key.operations[operation.source]) + (core.optional[i] ? " (optional)" : "");
  }
  return text;
}

void expect_contradictory_and_minimal(Prepared& p, const Core& core, std::uint32_t position) {
  const std::vector<PreparedOperation> operations = p.of(core, position);
  ASSERT_EQ(second_opinion(p.problem(operations, core.initial), plenty), false);
  for (std::size_t i = 0; i < operations.size(); ++i) {
    if (operations[i].optional() || core.operations[i] == core.anchor) continue;
    std::vector<PreparedOperation> weaker = operations;
    weaker[i].returned = PreparedOperation::forever;
    EXPECT_EQ(second_opinion(p.problem(weaker, core.initial), plenty), true)
        << "without operation " << i << describe_all(p, core);
  }
}

TEST(Shrink, OfAnyFewOperationsGivesAContradictionThatCannotBeWeakened) {
  std::mt19937_64 random(17);
  for (const ModelName model : {ModelName::cas_register, ModelName::mutex, ModelName::kv_append}) {
    LinearizableOptions options;
    options.model = model;
    int violations = 0;
    for (int round = 0; round < 20'000; ++round) {
      Prepared p(random_history(random, {.model = model, .most_operations = 14, .unique_values = round % 3 == 0}),
                 options);
      const auto position = p.failing_return();
      if (!position) continue;
      ++violations;
      Budget budget = steps(plenty);
      expect_contradictory_and_minimal(p, shrink(p.key, *position, budget), *position);
      if (testing::Test::HasFailure()) return;
    }
    EXPECT_GT(violations, 1000);
  }
}

TEST(Crop, HasALinearizationWheneverTheWholeHasAndOnlyThenWhereItIsExact) {
  std::mt19937_64 random(23);
  std::size_t valid = 0, refused = 0, exact = 0;
  for (int round = 0; round < 30'000; ++round) {
    LinearizableOptions options;
    options.model = round % 4 == 0 ? ModelName::kv_append : ModelName::cas_register;
    Prepared p(random_history(random, {.model = options.model, .most_operations = 9}), options);
    const std::vector<PreparedOperation>& all = p.key.prepared;
    const bool linearizable = *second_opinion(p.key.problem(all), plenty);
    for (std::uint32_t chosen = 0; chosen < all.size(); ++chosen) {
      const auto cropped = crop(all, p.key.initial, p.key.known_states.size(), chosen);
      if (!cropped) continue;
      const bool still = *second_opinion(p.problem(cropped->operations, cropped->initial), plenty);
      if (linearizable) {
        ASSERT_TRUE(still);
        ++valid;
      }
      refused += still ? 0 : 1;
      if (!cropped->exact || linearizable || !still) continue;
      // Then what comes before is to blame.
      ASSERT_FALSE(*second_opinion(p.key.problem(prefix(all, all[chosen].returned + 1)), plenty));
      ++exact;
    }
  }
  EXPECT_GT(valid, 1000U);
  EXPECT_GT(refused, 1000U);
  EXPECT_GT(exact, 1000U);
}

History with_a_lie(History before, std::int64_t distance) {
  const auto add = [&](EventType type, const char* f, const Value& value) {
    before.push_back({.index = before.size(), .process = 1'000'000, .type = type, .f = f, .value = value});
  };
  std::vector<Value> written;
  for (const Event& event : before) {
    if (event.type == EventType::ok && event.f == "write") written.push_back(event.value);
  }
  const Value old = written[written.size() - static_cast<std::size_t>(distance)];
  add(EventType::invoke, "write", 77'777'777);
  add(EventType::ok, "write", 77'777'777);
  add(EventType::invoke, "read", {});
  add(EventType::ok, "read", old);
  return before;
}

// Whatever the length: a hundred thousand operations of one key, and a read of what was overwritten long or shortly
// before.
TEST(Shrink, FindsTheFewOperationsOfALongHistory) {
  struct Case {
    std::uint64_t values, info_percent;
    std::int64_t distance;
  };
  for (const Case& c : {Case{0, 1, 3}, Case{0, 10, 30'000}, Case{5, 0, 3}, Case{5, 0, 30}, Case{100, 0, 10'000}}) {
    SCOPED_TRACE(testing::Message() << c.values << " values, " << c.info_percent << " % info, " << c.distance);
    std::mt19937_64 random(29);
    Prepared p(
        with_a_lie(
            simulated_history(
                random, {.operations = 100'000, .processes = 5, .info_percent = c.info_percent, .values = c.values}),
            c.distance),
        {});
    Budget budget = steps(4'000'000);
    const std::uint32_t position = p.key.returns.back();
    const Core core = shrink(p.key, position, budget);
    EXPECT_LE(core.operations.size(), 20U) << budget.steps_left() << " steps left";
    if (core.operations.size() <= 20) expect_contradictory_and_minimal(p, core, position);
  }
}

// Nobody is ever alone, and every value was written a thousand times.
TEST(Shrink, FindsTheFewOperationsAmongManyThatOverlap) {
  std::mt19937_64 random(37);
  const SimulationOptions busy{.operations = 20'000, .processes = 20, .info_percent = 0, .values = 5};
  const History told = simulated_history(random, busy);
  std::vector<std::size_t> reads;
  for (std::size_t i = told.size() / 2; i < told.size(); ++i) {
    if (told[i].type == EventType::ok && told[i].f == "read") reads.push_back(i);
  }
  int refuted = 0;
  for (std::size_t i = 50; refuted < 5; ++i) {
    History history = told;
    history[reads[i]].value = told[reads[i - 50]].value;
    Prepared p(std::move(history), {});
    const auto position = p.failing_return();
    if (!position) continue;
    ++refuted;
    Budget budget = steps(4'000'000);
    const Core core = shrink(p.key, *position, budget);
    EXPECT_LE(core.operations.size(), 24U) << budget.steps_left() << " steps left";
    EXPECT_GT(budget.steps_left(), 3'000'000U);
    if (core.operations.size() <= 24) expect_contradictory_and_minimal(p, core, *position);
  }
}

TEST(Shrink, CropsTheHistoryOfALock) {
  std::string text;
  for (int i = 0; i < 5'000; ++i) text += "1 invoke acquire; 1 ok acquire; 1 invoke release; 1 ok release;";
  text += "1 invoke acquire; 1 ok acquire; 2 invoke acquire; 2 ok acquire";
  LinearizableOptions options;
  options.model = ModelName::mutex;
  Prepared p(history_of(text), options);
  Budget budget = steps(4'000'000);
  const Core core = shrink(p.key, p.key.returns.back(), budget);
  EXPECT_LE(core.operations.size(), 3U) << describe_all(p, core);
  expect_contradictory_and_minimal(p, core, p.key.returns.back());
}

}  // namespace
}  // namespace ordeal::checker
