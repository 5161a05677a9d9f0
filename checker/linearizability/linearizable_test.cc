// The whole check: verdicts over keys, bounds, and the words of the witness.

#include "checker/linearizable.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checker/history.h"
#include "checker/testing/histories.h"

namespace ordeal::checker {
namespace {

using testing::HasSubstr;

History with_key(History history, const std::string& key) {
  for (Event& event : history) event.key = key;
  return history;
}

// One after the other, under processes of their own.
History joined(const std::vector<History>& parts) {
  History history;
  Process first_process = 0;
  for (const History& part : parts) {
    Process last = first_process;
    for (Event event : part) {
      event.process += first_process;
      last = std::max(last, event.process);
      event.index = history.size();
      history.push_back(event);
    }
    first_process = last + 1;
  }
  return history;
}

// The read of an old value is impossible: 1 was written, then 2, and everything had returned.
const char* const stale_read =
    "0 invoke write 1; 0 ok write 1; 1 invoke write 2; 1 ok write 2; 2 invoke read; 2 ok read 1";

TEST(Linearizable, JudgesEachKeyByItselfAndNamesTheOneThatFailsFirst) {
  const History good = history_of("0 invoke write 1; 0 ok write 1; 1 invoke read; 1 ok read 1");
  const History history =
      joined({with_key(good, "a"), with_key(history_of(stale_read), "b"), with_key(history_of(stale_read), "c")});
  const LinearizableResult result = check_linearizable(history, {});
  EXPECT_EQ(result.finding.verdict, Verdict::invalid);
  EXPECT_EQ(result.operations, 8U);
  EXPECT_EQ(result.keys, 3U);
  ASSERT_TRUE(result.finding.witness.has_value());
  EXPECT_EQ(result.finding.witness->key, "b");
  EXPECT_EQ(result.finding.witness->completion.index, 9U);
  EXPECT_EQ(check_linearizable(with_key(good, "a"), {}).finding.verdict, Verdict::valid);
}

TEST(Linearizable, ExplainsARegisterViolationInASentence) {
  struct Case {
    std::string history;
    std::string explanation;
  };
  const std::vector<Case> cases = {
      {stale_read,
       "Key 7: process 2 read 1 (events 4 to 5), although process 1 had already overwritten it with 2 before that read "
       "began: 1 came from process 0's write of 1 (events 0 to 1); after that had returned came process 1's write of 2 "
       "(events 2 to 3); only then was event 4, the call of the read. Nothing else that was called before event 5 can "
       "have brought 1 back."},
      {"1 invoke write 2; 1 ok write 2; 2 invoke read; 2 ok read",
       "Key 7: process 2 read nil (events 2 to 3), although process 1 had already overwritten it with 2 before that "
       "read "
       "began: nil is the initial value, process 1's write of 2 (events 0 to 1) had returned, and nothing that was "
       "called "
       "before event 3 writes nil."},
      {"0 invoke write 1; 0 info write; 1 invoke read; 1 ok read 1; 1 invoke write 2; 1 ok write 2; 2 invoke read; 2 "
       "ok "
       "read 1",
       "Key 7: process 2 read 1 (events 6 to 7), although process 1 had already overwritten it with 2 before that read "
       "began: 1 came from process 0's write of 1 (called at event 0, outcome unknown) and was there no later than "
       "process 1's read of 1 (events 2 to 3); after that had returned came process 1's write of 2 (events 4 to 5); "
       "only "
       "then was event 6, the call of the read. Nothing else that was called before event 7 can have brought 1 back."},
      {"0 invoke write 1; 0 ok write 1; 0 invoke write 1; 0 ok write 1; 1 invoke write 2; 1 ok write 2; 2 invoke read; "
       "2 "
       "ok read 1",
       "Key 7: process 2 read 1 (events 6 to 7), although process 1 had already overwritten it with 2 before that read "
       "began: 1 came from process 0's write of 1 (events 2 to 3); after that had returned came process 1's write of 2 "
       "(events 4 to 5); only then was event 6, the call of the read. Nothing else that was called before event 7 can "
       "have brought 1 back."},
      {"0 invoke write 1; 0 ok write 1; 2 invoke read; 2 ok read 9; 1 invoke write 9; 1 ok write 9",
       "Key 7: process 2 read 9 (events 2 to 3), although nobody had written 9 yet: process 1's write of 9 (events 4 "
       "to "
       "5) began only later."},
      {"0 invoke write 9; 0 fail write; 2 invoke read; 2 ok read 9",
       "Key 7: process 2 read 9 (events 2 to 3), although nobody had written 9: process 0's write of 9 (events 0 to 1) "
       "had failed, and a failed write has no effect."},
      {"2 invoke read; 2 ok read 9", "Key 7: process 2 read 9 (events 0 to 1), although nobody ever wrote 9."},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.history);
    const LinearizableResult result = check_linearizable(with_key(history_of(c.history), "7"), {});
    ASSERT_TRUE(result.finding.witness.has_value());
    EXPECT_EQ(result.finding.witness->explanation, c.explanation);
    EXPECT_THAT(result.finding.details, testing::Contains(HasSubstr("confirmed by trying every order")));
  }
}

TEST(Linearizable, ShowsTheLastStatesAndWhyTheOperationCannotGo) {
  const LinearizableResult result = check_linearizable(
      history_of("0 invoke write 2; 0 ok write 2; 7 invoke write 4; 1 invoke read; 1 ok read 0"), {});
  ASSERT_TRUE(result.finding.witness.has_value());
  EXPECT_THAT(
      result.finding.witness->last_states,
      testing::ElementsAre(
          "the register could be 2 (process 7's write of 4 may still take effect); reading 0 is refused: it holds 2",
          "the register could be 4 (if process 7's write of 4 took effect); reading 0 is refused: it holds 4"));
}

TEST(Linearizable, ShrinksTheWitnessToTheOperationsThatMatter) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 20; ++i) {
    // A correct run, then a write that overwrites all, then a read of something older.
    const History before = simulated_history(random, {.info_percent = 10});
    const History history = joined({before, history_of("0 invoke write 99998; 0 ok write 99998; 0 invoke write 99999;"
                                                       "0 ok write 99999; 0 invoke read; 0 ok read 99998")});
    const LinearizableResult result = check_linearizable(history, {});
    ASSERT_EQ(result.finding.verdict, Verdict::invalid);
    EXPECT_EQ(result.finding.witness->completion.index, history.back().index);
    EXPECT_EQ(result.finding.witness->operations.size(), 6U);
    EXPECT_THAT(result.finding.witness->explanation, HasSubstr("had already overwritten it with 99999"));
  }
}

// Metamorphic: what a correct run saw is valid; with one lie planted, it is not.
TEST(Linearizable, CatchesAPlantedStaleReadAndAPlantedLostWrite) {
  std::mt19937_64 random(11);
  for (int i = 0; i < 50; ++i) {
    const History before = simulated_history(random, {.operations = 100, .info_percent = 10});
    const History after = simulated_history(random, {.operations = 100, .info_percent = 10});
    ASSERT_EQ(check_linearizable(before, {}).finding.verdict, Verdict::valid);
    const History truth = history_of(
        "0 invoke write 99998; 0 ok write 99998; 0 invoke write 99999; 0 ok write 99999;"
        "0 invoke read; 0 ok read 99999");
    History stale = truth, lost = truth;
    stale.back().value = 99998;
    lost.back().value = 77777;
    ASSERT_EQ(check_linearizable(joined({before, truth}), {}).finding.verdict, Verdict::valid);
    ASSERT_EQ(check_linearizable(joined({before, stale}), {}).finding.verdict, Verdict::invalid);
    ASSERT_EQ(check_linearizable(joined({before, lost}), {}).finding.verdict, Verdict::invalid);
    ASSERT_EQ(check_linearizable(joined({before, stale, after}), {}).finding.witness->completion.index,
              before.size() + truth.size() - 1);
  }
}

TEST(Linearizable, TakesADroppedReadForGranted) {
  std::mt19937_64 random(5);
  for (int i = 0; i < 20; ++i) {
    History history = simulated_history(random, {.operations = 60, .info_percent = 10, .values = 4});
    const std::vector<Operation> operations = pair_operations(history);
    const std::uint64_t dropped = operations[draw(random, operations.size())].call->index;
    for (const Operation& operation : operations) {
      if (operation.call->index != dropped || operation.call->f != "read" || operation.completion == nullptr) continue;
      const Event call = *operation.call, completion = *operation.completion;
      std::erase_if(history, [&](const Event& e) { return e.index == call.index || e.index == completion.index; });
      break;
    }
    EXPECT_EQ(check_linearizable(history, {}).finding.verdict, Verdict::valid);
  }
}

// Sixty cas that all overlap and all took effect: each an edge from its old to its new value, so an order is a path
// over all edges of a graph (Euler). They are a random walk, so nearly all edges can be passed in very many orders; but
// the last two make one value be left once too often.
History hostile() {
  std::mt19937_64 random(1);
  std::string calls, returns;
  std::uint64_t at = 0;
  for (int i = 0; i < 62; ++i) {
    const std::uint64_t from = i < 60 ? at : 3;
    at = i < 60 ? (at + 1 + draw(random, 7)) % 8 : 4;
    calls += fmt::format("{} invoke cas [{} {}];", i, from, at);
    returns += fmt::format("{} ok cas [{} {}];", i, from, at);
  }
  return history_of(calls + returns);
}

LinearizableOptions hostile_options() {
  LinearizableOptions options;
  options.initial = 0;
  return options;
}

TEST(Linearizable, EndsInUnknownAtTheMemoryLimit) {
  LinearizableOptions options = hostile_options();
  options.memory_limit = std::size_t{8} << 20;
  const Finding finding = check_linearizable(hostile(), options).finding;
  EXPECT_EQ(finding.verdict, Verdict::unknown);
  EXPECT_THAT(finding.summary, HasSubstr("the memory limit of 8 MiB was reached"));
}

TEST(Linearizable, EndsInUnknownAtTheTimeLimit) {
  LinearizableOptions options = hostile_options();
  std::chrono::nanoseconds now{0};
  options.elapsed = [&] { return now += std::chrono::seconds(1); };
  options.time_limit = std::chrono::seconds(20);
  const Finding finding = check_linearizable(hostile(), options).finding;
  EXPECT_EQ(finding.verdict, Verdict::unknown);
  EXPECT_THAT(finding.summary, HasSubstr("the time limit of 20 s was reached"));
}

// Never ends; each event takes a microsecond of the test's clock.
class EndlessSource final : public EventSource {
 public:
  explicit EndlessSource(Verb change) : change_(change) {}

  std::span<const CompactEvent> next() override {
    for (CompactEvent& event : batch_) {
      event.index = given++;
      event.key = 1 + static_cast<KeyId>(event.index / 2 % 100);
      event.f = change_;
      event.value = Atom::integer(static_cast<std::int64_t>(event.index / 2));
      event.type = event.index % 2 == 0 ? EventType::invoke : EventType::ok;
    }
    return batch_;
  }
  void rewind() override { given = 0; }
  const Vocabulary& vocabulary() const override { return vocabulary_; }
  Vocabulary& vocabulary() override { return vocabulary_; }
  History fetch(const std::function<bool(const CompactEvent&)>&, std::uint64_t) override { return {}; }

  std::uint64_t given = 0;

 private:
  Verb change_;
  Vocabulary vocabulary_;
  std::vector<CompactEvent> batch_ = std::vector<CompactEvent>(1024);
};

TEST(Linearizable, KeepsTheTimeLimitAndAnInterruptWithinATenthWhereverItReads) {
  for (const auto& [model, change] :
       {std::pair(ModelName::cas_register, verb::write), std::pair(ModelName::kv, verb::put)}) {
    for (const bool interrupt : {false, true}) {
      SCOPED_TRACE(to_string(model) + (interrupt ? " interrupted" : ""));
      EndlessSource source(change);
      LinearizableOptions options{.model = model};
      constexpr std::uint64_t limit = 200'000;
      const auto now = [&] { return source.given; };
      if (interrupt) {
        options.cancelled = [&] { return now() > limit; };
      } else {
        options.elapsed = [&] { return std::chrono::microseconds(now()); };
        options.time_limit = std::chrono::microseconds(limit);
      }
      const LinearizableResult result = check_linearizable(source, options);
      EXPECT_EQ(result.finding.verdict, Verdict::unknown);
      EXPECT_THAT(result.finding.summary, HasSubstr(interrupt ? "interrupted" : "time limit"));
      EXPECT_LE(source.given, limit + limit / 10);
    }
  }
}

TEST(Linearizable, FindsAViolationBesideAKeyThatCannotBeDecided) {
  LinearizableOptions options = hostile_options();
  options.memory_limit = std::size_t{8} << 20;
  const History wrong = with_key(history_of("0 invoke write 1; 0 ok write 1; 0 invoke read; 0 ok read 2"), "wrong");
  const Finding finding = check_linearizable(joined({with_key(hostile(), "hard"), wrong}), options).finding;
  EXPECT_EQ(finding.verdict, Verdict::invalid);
  EXPECT_EQ(finding.witness->key, "wrong");
}

TEST(Linearizable, EndsInUnknownWhenTheOpenOperationsAloneAreTooMany) {
  std::string history;
  for (int i = 0; i < 3000; ++i) history += std::to_string(i) + " invoke write 1;";
  for (int i = 0; i < 3000; ++i) history += std::to_string(i) + " ok write;";
  history += "3000 invoke read; 3000 ok read 1";  // of which write? That keeps it for the search
  LinearizableOptions options;
  EXPECT_EQ(check_linearizable(history_of(history), options).finding.verdict, Verdict::valid);
  for (const std::size_t limit : {std::size_t{0}, std::size_t{1} << 20}) {
    options.memory_limit = limit;
    EXPECT_EQ(check_linearizable(history_of(history), options).finding.verdict, Verdict::unknown);
  }
  EXPECT_EQ(check_linearizable(history_of("0 invoke read; 0 info read"), options).finding.verdict, Verdict::valid);
}

TEST(Linearizable, JudgesALongHistoryOfOneKey) {
  std::mt19937_64 random(13);
  const History before = simulated_history(random, {.operations = 20'000, .info_percent = 1});
  const History lie = history_of(
      "0 invoke write 99998; 0 ok write 99998; 0 invoke write 99999; 0 ok write 99999;"
      "0 invoke read; 0 ok read 99998");
  EXPECT_EQ(check_linearizable(before, {}).finding.verdict, Verdict::valid);
  const LinearizableResult result = check_linearizable(joined({before, lie}), {});
  ASSERT_EQ(result.finding.verdict, Verdict::invalid);
  EXPECT_EQ(result.finding.witness->completion.index, before.size() + 5);
  EXPECT_EQ(result.finding.witness->operations.size(), 6U);
}

TEST(Linearizable, ReportsProgressUpToTheLastOperation) {
  LinearizableOptions options;
  std::size_t last = 0;
  options.progress = [&](std::size_t decided, std::size_t total) {
    EXPECT_LE(decided, total);
    last = decided;
  };
  check_linearizable(joined({with_key(history_of("0 invoke write 1; 0 ok write 1"), "a"),
                             with_key(history_of("0 invoke write 1; 0 ok write 1"), "b")}),
                     options);
  EXPECT_EQ(last, 2U);
}

TEST(Linearizable, TakesNilReadsForUnknownOnlyWhenToldAndBesideAnInitialValue) {
  const History history = history_of("0 invoke read; 0 ok read nil");
  LinearizableOptions options;
  options.initial = 0;
  EXPECT_EQ(check_linearizable(history, options).finding.verdict, Verdict::invalid);
  options.nil_reads_say_nothing = true;
  EXPECT_EQ(check_linearizable(history, options).finding.verdict, Verdict::valid);
}

TEST(Verdicts, RankAsDesignedAndHaveNames) {
  EXPECT_EQ(worse(Verdict::unknown, Verdict::invalid), Verdict::invalid);
  EXPECT_EQ(worse(Verdict::unknown, Verdict::unavailable), Verdict::unavailable);
  EXPECT_EQ(worse(Verdict::unknown, Verdict::not_exercised), Verdict::unknown);
  EXPECT_EQ(worse(Verdict::valid, Verdict::not_exercised), Verdict::not_exercised);
  EXPECT_EQ(to_string(Verdict::not_exercised), "not-exercised");
}

}  // namespace
}  // namespace ordeal::checker
