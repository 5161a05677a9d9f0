#include "checker/set/set_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "checker/history.h"

namespace ordeal::checker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// One event: process, type, f, value; all of the set "s".
struct Line {
  Process process;
  EventType type;
  const char* f;
  Value value;
};

constexpr EventType call = EventType::invoke, ok = EventType::ok, fail = EventType::fail, info = EventType::info;

History history_of(const std::vector<Line>& lines) {
  History history;
  for (const Line& line : lines) {
    Event event;
    event.index = history.size();
    event.process = line.process;
    event.type = line.type;
    event.f = line.f;
    event.key = "s";
    event.value = line.value;
    history.push_back(std::move(event));
  }
  return history;
}

Value range(std::int64_t from, std::int64_t to) {
  return Map{{"from", from}, {"to", to}};
}

struct Case {
  std::string about;
  std::vector<Line> lines;
  Verdict verdict;
  std::string summary;  // a part of it
};

const std::vector<Case>& cases() {
  static const std::vector<Case> table{
      {"nothing happened", {}, Verdict::not_exercised, "no add was acknowledged"},
      {"an acknowledged element is read",
       {{0, call, "add", 1}, {0, ok, "add", 1}, {1, call, "read", {}}, {1, ok, "read", List{1}}},
       Verdict::valid,
       "all 1 acknowledged"},
      {"an acknowledged element was never read",
       {{0, call, "add", 1}, {0, ok, "add", 1}},
       Verdict::unknown,
       "1 of 1 acknowledged elements were never read again"},
      {"a read that began before the add returned says nothing about it",
       {{0, call, "add", 1}, {1, call, "read", {}}, {0, ok, "add", 1}, {1, ok, "read", List{}}},
       Verdict::unknown,
       "never read again"},
      {"an acknowledged element is missing",
       {{0, call, "add", 1}, {0, ok, "add", 1}, {1, call, "read", {}}, {1, ok, "read", List{}}},
       Verdict::invalid,
       "element 1 was added to set s and is lost"},
      {"a failed read says nothing",
       {{0, call, "add", 1}, {0, ok, "add", 1}, {1, call, "read", {}}, {1, fail, "read", {}}},
       Verdict::unknown,
       "never read again"},
      {"a read that did not ask for it does not miss it",
       {{0, call, "add", 7}, {0, ok, "add", 7}, {1, call, "read", range(1, 6)}, {1, ok, "read", List{}}},
       Verdict::unknown,
       "never read again"},
      {"a read that asked for a range misses what is in it",
       {{0, call, "add", 7}, {0, ok, "add", 7}, {1, call, "read", range(7, 7)}, {1, ok, "read", List{}}},
       Verdict::invalid,
       "element 7 was added to set s and is lost"},
      {"a range that is wider than the set",
       {{0, call, "add", 7},
        {0, ok, "add", 7},
        {1, call, "read", range(1, 1'000'000'000'000)},
        {1, ok, "read", List{}}},
       Verdict::invalid,
       "element 7 was added to set s and is lost"},
      {"missing once and seen later is stale",
       {{0, call, "add", 1},
        {0, ok, "add", 1},
        {1, call, "read", {}},
        {1, ok, "read", List{}},
        {1, call, "read", {}},
        {1, ok, "read", List{1}}},
       Verdict::invalid,
       "element 1 of set s was missed by a read"},
      {"an uncertain add may be seen or not",
       {{0, call, "add", 1},
        {0, info, "add", 1},
        {1, call, "add", 2},
        {1, ok, "add", 2},
        {2, call, "read", {}},
        {2, ok, "read", List{2}}},
       Verdict::valid,
       "all 1 acknowledged"},
      {"but once it was seen it stays",
       {{0, call, "add", 1},
        {0, info, "add", 1},
        {1, call, "read", {}},
        {1, ok, "read", List{1}},
        {1, call, "read", {}},
        {1, ok, "read", List{}}},
       Verdict::invalid,
       "element 1 was added to set s and is lost"},
      {"an element of which nobody has heard",
       {{0, call, "read", {}}, {0, ok, "read", List{9}}},
       Verdict::invalid,
       "set s was read to hold 9, which nobody had added by then"},
      {"an element that is added only later",
       {{0, call, "read", {}}, {0, ok, "read", List{9}}, {0, call, "add", 9}, {0, ok, "add", 9}},
       Verdict::invalid,
       "set s was read to hold 9"},
      {"an element whose add had failed",
       {{0, call, "add", 1}, {0, fail, "add", 1}, {1, call, "read", {}}, {1, ok, "read", List{1}}},
       Verdict::invalid,
       "set s was read to hold 1"},
      {"an element whose add fails after it was seen",
       {{0, call, "add", 1}, {1, call, "read", {}}, {1, ok, "read", List{1}}, {0, fail, "add", 1}},
       Verdict::invalid,
       "set s was read to hold 1"},
      {"an element that is there twice",
       {{0, call, "add", 1}, {0, ok, "add", 1}, {1, call, "read", {}}, {1, ok, "read", List{1, 1}}},
       Verdict::invalid,
       "set s was read to hold 1 twice"},
      {"something that is no set",
       {{1, call, "read", {}}, {1, ok, "read", "surprise"}},
       Verdict::invalid,
       "set s was read to hold \"surprise\""},
      {"an absent set holds nothing",
       {{0, call, "add", 1}, {0, ok, "add", 1}, {1, call, "read", {}}, {1, ok, "read", Nil{}}},
       Verdict::invalid,
       "lost"},
  };
  return table;
}

TEST(SetCheck, JudgesEachElementByTheMomentWhenItWasKnown) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.about);
    const Finding finding = check_set(history_of(c.lines));
    EXPECT_EQ(finding.verdict, c.verdict);
    EXPECT_THAT(finding.summary, HasSubstr(c.summary));
    EXPECT_EQ(finding.witness.has_value(), c.verdict == Verdict::invalid);
  }
}

TEST(SetCheck, KnowsAViolationAsSoonAsTheReadHasReturned) {
  const History history =
      history_of({{0, call, "add", 1}, {0, ok, "add", 1}, {1, call, "read", {}}, {1, ok, "read", List{}}});
  SetCheck check;
  for (std::size_t at = 0; at < 3; ++at) check.observe(history[at]);
  EXPECT_FALSE(check.violation());
  check.observe(history[3]);
  EXPECT_EQ(check.violation(), "element 1 was added to set s and is lost");
}

TEST(SetCheck, TheWitnessHoldsTheAddAndTheReadAndNothingElse) {
  const Finding finding = check_set(history_of({{0, call, "add", 1},
                                                {5, call, "add", 2},
                                                {0, ok, "add", 1},
                                                {5, ok, "add", 2},
                                                {1, call, "read", {}},
                                                {1, ok, "read", List{2}}}));
  ASSERT_TRUE(finding.witness);
  std::vector<std::uint64_t> indexes;
  for (const Event& event : finding.witness->operations) indexes.push_back(event.index);
  EXPECT_THAT(indexes, ElementsAre(0, 2, 4, 5));
  EXPECT_EQ(finding.witness->completion.index, 5U);
  EXPECT_EQ(finding.witness->key, "s");
}

TEST(SetCheck, CountsWhatIsWrongByKind) {
  const Finding finding = check_set(history_of({{0, call, "add", 1},
                                                {0, ok, "add", 1},
                                                {0, call, "add", 2},
                                                {0, ok, "add", 2},
                                                {1, call, "read", {}},
                                                {1, ok, "read", List{8, 8}},
                                                {1, call, "read", {}},
                                                {1, ok, "read", List{2}}}));
  EXPECT_EQ(finding.summary,
            "element 1 was added to set s and is lost; in all 1 lost, 1 stale, 1 phantom, 1 duplicate");
}

// --- The slow twin: the definitions of the header, word for word, by looking at all pairs of operations.

bool holds(const Operation& read, std::int64_t element) {
  const List& list = *read.completion->value.get_if<List>();
  return std::find(list.begin(), list.end(), Value(element)) != list.end();
}

bool violates(const std::vector<Operation>& operations, const Operation& read, std::int64_t element) {
  bool known = false;
  bool possible = false;
  for (const Operation& other : operations) {
    const bool adds = other.call->f == "add" && other.call->value == Value(element);
    const bool saw = other.call->f == "read" && other.outcome == ok && holds(other, element);
    if (((adds && other.outcome == ok) || saw) && other.returned < read.called) known = true;
    if (adds && other.outcome != fail && other.called < read.returned) possible = true;
  }
  return holds(read, element) ? !possible : known;
}

bool is_broken(const History& history) {
  const std::vector<Operation> operations = pair_operations(history);
  for (const Operation& read : operations) {
    if (read.call->f != "read" || read.outcome != ok) continue;
    for (const std::int64_t element : {1, 2, 3}) {
      if (violates(operations, read, element)) return true;
    }
  }
  return false;
}

// A few processes that add 1 to 3 and read what they like, now and then something impossible.
History random_history(std::mt19937_64& engine) {
  std::vector<Line> lines;
  std::vector<std::optional<Line>> open(3);
  std::int64_t next_element = 1;
  for (int step = 0; step < 12; ++step) {
    const auto process = engine() % open.size();
    const auto name = static_cast<Process>(process);
    std::optional<Line>& line = open[process];
    if (!line) {
      const bool adds = engine() % 2 == 0 && next_element <= 3;
      line = adds ? Line{name, call, "add", next_element++} : Line{name, call, "read", Nil{}};
      lines.push_back(*line);
      continue;
    }
    line->type = engine() % 4 == 0 ? fail : ok;
    if (std::string(line->f) == "read") {
      List seen;
      for (std::int64_t element = 1; element < std::max<std::int64_t>(next_element, 2); ++element) {
        if (engine() % 3 != 0) seen.emplace_back(element);
      }
      line->value = seen;
    }
    lines.push_back(*line);
    line.reset();
  }
  return history_of(lines);
}

TEST(SetCheck, AgreesWithItsSlowTwinOnRandomHistories) {
  std::mt19937_64 engine(3);
  int broken = 0;
  constexpr int rounds = 20'000;
  for (int round = 0; round < rounds; ++round) {
    const History history = random_history(engine);
    const bool expected = is_broken(history);
    broken += expected ? 1 : 0;
    ASSERT_EQ(check_set(history).verdict == Verdict::invalid, expected) << "round " << round;
  }
  EXPECT_GT(broken, rounds / 10);
  EXPECT_LT(broken, rounds * 9 / 10);
}

}  // namespace
}  // namespace ordeal::checker
