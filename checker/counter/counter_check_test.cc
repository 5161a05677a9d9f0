#include "checker/counter/counter_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <utility>
#include <vector>

#include "checker/history.h"

namespace ordeal::checker {
namespace {

using testing::HasSubstr;

// One event: process, type, f, value; all of the counter "c".
struct Line {
  Process process;
  EventType type;
  const char* f;
  Value value;
};

constexpr EventType call = EventType::invoke, ok = EventType::ok, fail = EventType::fail, info = EventType::info;
constexpr const char* inc = "increment";

History history_of(const std::vector<Line>& lines) {
  History history;
  for (const Line& line : lines) {
    Event event;
    event.index = history.size();
    event.process = line.process;
    event.type = line.type;
    event.f = line.f;
    event.key = "c";
    event.value = line.value;
    history.push_back(std::move(event));
  }
  return history;
}

Value answered(std::int64_t value, std::int64_t index) {
  return Map{{"value", value}, {"index", index}};
}

Value answered_twice(Value first, Value second) {
  Map map = *first.get_if<Map>();
  map.emplace_back("again", std::move(second));
  return map;
}

struct Case {
  std::string about;
  std::vector<Line> lines;
  Verdict verdict;
  std::string summary;      // a part of it
  bool at_the_end = false;  // it takes the whole history to see it
};

const std::vector<Case>& cases() {
  static const std::vector<Case> table{
      {"nothing happened", {}, Verdict::not_exercised, "no increment was acknowledged"},
      {"an absent counter is 0", {{0, call, "read", {}}, {0, ok, "read", {}}}, Verdict::not_exercised, "no increment"},
      {"one, two, and a read of two",
       {{0, call, inc, 1},
        {0, ok, inc, 1},
        {0, call, inc, 1},
        {0, ok, inc, answered(2, 9)},
        {1, call, "read", {}},
        {1, ok, "read", 2}},
       Verdict::valid,
       "all 2 acknowledged increments of 1 counters count once"},
      {"concurrent increments in either order",
       {{0, call, inc, 1}, {1, call, inc, 1}, {0, ok, inc, 2}, {1, ok, inc, 1}},
       Verdict::valid,
       "all 2"},
      {"a lost increment",
       {{0, call, inc, 1}, {0, ok, inc, 1}, {1, call, "read", {}}, {1, ok, "read", Nil{}}},
       Verdict::invalid,
       "counter c: a read saw 0 though 1 had been seen before it began"},
      {"concurrent increments of which one is lost",
       {{0, call, inc, 1},
        {1, call, inc, 1},
        {0, ok, inc, 1},
        {1, ok, inc, 1},
        {2, call, "read", {}},
        {2, ok, "read", 1}},
       Verdict::invalid,
       "two increments saw 1 and 1"},
      {"the sum of what was acknowledged counts, not only the largest value seen",
       {{0, call, inc, Map{{"delta", 5}}},
        {1, call, inc, Map{{"delta", 3}}},
        {0, ok, inc, 5},
        {1, ok, inc, 3},
        {2, call, "read", {}},
        {2, ok, "read", 5}},
       Verdict::invalid,
       "two increments saw 5 and 3"},
      {"applied twice, and nobody else increments",
       {{0, call, inc, 1}, {0, ok, inc, 2}},
       Verdict::invalid,
       "an increment saw 2 though increments of only 1 in all had been asked for: one was applied twice"},
      {"a failed increment does not count",
       {{0, call, inc, 1}, {0, fail, inc, 1}, {0, call, inc, 1}, {0, ok, inc, 2}},
       Verdict::invalid,
       "applied twice"},
      {"an uncertain one may count",
       {{0, call, inc, 1}, {0, info, inc, 1}, {1, call, inc, 1}, {1, ok, inc, 2}},
       Verdict::valid,
       "all 1"},
      {"or not", {{0, call, inc, 1}, {0, info, inc, 1}, {1, call, inc, 1}, {1, ok, inc, 1}}, Verdict::valid, "all 1"},
      {"but not twice",
       {{0, call, inc, 1}, {0, info, inc, 1}, {1, call, inc, 1}, {1, ok, inc, 3}},
       Verdict::invalid,
       "an increment saw 3"},
      {"nor before it was called",
       {{1, call, inc, 1}, {1, ok, inc, 2}, {0, call, inc, 1}, {0, info, inc, 1}},
       Verdict::invalid,
       "an increment saw 2"},
      {"a double application that hides behind a concurrent increment, until that one returns",
       {{0, call, inc, 1}, {1, call, inc, 1}, {0, ok, inc, 2}, {1, ok, inc, 3}},
       Verdict::invalid,
       "applied twice"},
      {"a double application that hides behind an increment that fails later",
       {{0, call, inc, 1}, {1, call, inc, 1}, {0, ok, inc, 2}, {1, fail, inc, 1}},
       Verdict::invalid,
       "counter c: 2 was seen, which is more than the 1 of the acknowledged",
       true},
      {"a retry that gets the first answer",
       {{0, call, inc, 1}, {0, ok, inc, answered_twice(answered(1, 7), answered(1, 7))}},
       Verdict::valid,
       "all 1"},
      {"a retry that counts again",
       {{0, call, inc, 1}, {0, ok, inc, answered_twice(answered(1, 7), answered(2, 8))}},
       Verdict::invalid,
       "an increment was answered with the value 1, and a retry of it with 2"},
      {"a retry that is applied at another index",
       {{0, call, inc, 1}, {0, ok, inc, answered_twice(answered(1, 7), answered(1, 8))}},
       Verdict::invalid,
       "answered with the index 7, and a retry of it with 8"},
      {"something that is no number",
       {{0, call, "read", {}}, {0, ok, "read", "surprise"}},
       Verdict::invalid,
       "a read saw \"surprise\", which is no number"},
      {"a stale read",
       {{0, call, inc, 1},
        {0, ok, inc, 1},
        {0, call, inc, 1},
        {0, ok, inc, 2},
        {1, call, "read", {}},
        {1, ok, "read", 1}},
       Verdict::invalid,
       "a read saw 1 though 2 had been seen"},
      {"two reads that go back in time",
       {{0, call, inc, 1},
        {1, call, "read", {}},
        {1, ok, "read", 1},
        {1, call, "read", {}},
        {1, ok, "read", Nil{}},
        {0, ok, inc, 1}},
       Verdict::invalid,
       "a read saw 0 though 1 had been seen"},
  };
  return table;
}

TEST(CounterCheck, EveryIncrementCountsExactlyOnce) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.about);
    const History history = history_of(c.lines);
    const Finding finding = check_counter(history);
    EXPECT_EQ(finding.verdict, c.verdict) << finding.summary;
    EXPECT_THAT(finding.summary, HasSubstr(c.summary));
    EXPECT_EQ(finding.witness.has_value(), c.verdict == Verdict::invalid);
    CounterCheck online;
    for (const Event& event : history) online.observe(event);
    EXPECT_EQ(online.violation().has_value(), c.verdict == Verdict::invalid && !c.at_the_end);
  }
}

// --- The slow twin: tries every order that the calls and returns allow.

struct Try {
  const std::vector<Operation>& operations;
  std::vector<bool> done;

  bool is_next(std::size_t candidate) const {  // nobody who has not had his turn returned before it was called
    for (std::size_t other = 0; other < operations.size(); ++other) {
      const bool bounds = operations[other].outcome == ok && !done[other];
      if (bounds && operations[other].returned < operations[candidate].called) return false;
    }
    return true;
  }

  bool finishes(std::int64_t counter) {
    bool all = true;
    for (std::size_t i = 0; i < operations.size(); ++i) {
      const Operation& operation = operations[i];
      const bool reads = operation.call->f == "read";
      if (done[i] || operation.outcome == fail || (reads && operation.outcome != ok)) continue;
      if (operation.outcome == ok) all = false;
      const std::int64_t after = counter + (reads ? 0 : 1);
      if (!is_next(i)) continue;
      if (operation.outcome == ok && *operation.completion->value.get_if<std::int64_t>() != after) continue;
      done[i] = true;
      const bool good = finishes(after);
      done[i] = false;
      if (good) return true;
    }
    return all;
  }
};

bool is_linearizable(const History& history) {
  const std::vector<Operation> operations = pair_operations(history);
  Try attempt{operations, std::vector<bool>(operations.size())};
  return attempt.finishes(0);
}

History random_history(std::mt19937_64& engine) {
  std::vector<Line> lines;
  std::vector<std::optional<Line>> open(4);
  std::int64_t counter = 0;
  Process next_process = 0;
  for (int step = 0; step < 12; ++step) {
    std::optional<Line>& line = open[engine() % open.size()];
    if (!line) {
      line = Line{next_process++, call, engine() % 3 == 0 ? "read" : inc, 1};
      lines.push_back(*line);
      continue;
    }
    const auto dice = engine() % 8;
    line->type = dice == 0 ? fail : dice <= 2 ? info : ok;
    if (std::string(line->f) == inc && line->type == ok) ++counter;
    if (line->type == ok) line->value = counter + (engine() % 6 == 0 ? 1 : 0) - (engine() % 6 == 0 ? 1 : 0);
    lines.push_back(*line);
    line.reset();
  }
  return history_of(lines);
}

TEST(CounterCheck, PassesExactlyWhatIsLinearizable) {
  std::mt19937_64 engine(11);
  int broken = 0;
  constexpr int rounds = 30'000;
  for (int round = 0; round < rounds; ++round) {
    const History history = random_history(engine);
    const bool expected = !is_linearizable(history);
    broken += expected ? 1 : 0;
    const Finding finding = check_counter(history);
    ASSERT_EQ(finding.verdict == Verdict::invalid, expected) << "round " << round << ": " << finding.summary;
  }
  EXPECT_GT(broken, rounds / 10);
  EXPECT_LT(broken, rounds * 9 / 10);
}

}  // namespace
}  // namespace ordeal::checker
