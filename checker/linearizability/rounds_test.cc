// Reading ahead and collecting early: nobody may notice either, except by a clock.

#include "checker/linearizability/rounds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <random>
#include <stdexcept>

#include "checker/history.h"
#include "checker/linearizability/early_collection.h"
#include "checker/linearizability/stream_rounds.h"
#include "checker/testing/generator.h"

namespace ordeal::checker {
namespace {

using testing::ElementsAre;

// As if there were threads, with the jobs in an order that changes.
void lend_threads(LinearizableOptions& options, std::mt19937_64& random) {
  options.parallelism = 2;
  options.in_parallel = [&random](std::size_t jobs, const auto& job, const auto& ended) {
    std::vector<std::size_t> order(jobs);
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t i = jobs; i > 1; --i) std::swap(order[i - 1], order[random() % i]);
    for (const std::size_t number : order) {
      job(number);
      ended(number);
    }
  };
}

// Writes of a new value each, in batches of 1000, and then it cannot be read any further. One of the events may come
// from a process that is not free.
class BrokenSource final : public EventSource {
 public:
  explicit BrokenSource(std::uint64_t events, std::uint64_t malformed = UINT64_MAX)
      : left_(events), malformed_(malformed) {}
  std::span<const CompactEvent> next() override {
    if (left_ == 0) throw std::runtime_error("broken");
    batch_.clear();
    for (; left_ > 0 && batch_.size() < 1000; --left_, ++index_) {
      const auto number = static_cast<std::int64_t>(index_);
      batch_.push_back({.index = index_,
                        .process = index_ == malformed_ ? number - 1 : number,
                        .value = Atom::integer(number),
                        .key = 1 + static_cast<KeyId>(index_ % 7),
                        .f = verb::write});
    }
    return batch_;
  }
  void rewind() override {}
  const Vocabulary& vocabulary() const override { return vocabulary_; }
  Vocabulary& vocabulary() override { return vocabulary_; }
  History fetch(const std::function<bool(const CompactEvent&)>&, std::uint64_t) override { return {}; }

 private:
  std::uint64_t left_, malformed_, index_ = 0;
  std::vector<CompactEvent> batch_;
  Vocabulary vocabulary_;
};

TEST(Rounds, EachWorkSeesAllEventsInOrderBeforeAFailureOfReading) {
  for (const bool threads : {false, true}) {
    std::mt19937_64 random(1);
    LinearizableOptions options;
    if (threads) lend_threads(options, random);
    constexpr std::uint64_t events = 300'500;
    BrokenSource source(events);
    Rounds rounds(source, options);
    std::uint64_t first = 0, second = 0;
    const auto counts = [](std::uint64_t& seen) {
      return [&seen](const Rounds::Round& round) {
        for (const CompactEvent& event : round.events) ASSERT_EQ(event.index, seen++);
      };
    };
    const Rounds::Work one = counts(first), two = counts(second);
    EXPECT_THROW(
        while (rounds.next({one, two}).count > 0) { ASSERT_EQ(first, second); }, std::runtime_error);
    EXPECT_EQ(first, events);
    EXPECT_EQ(second, events);
  }
}

TEST(Rounds, WhatTheFirstWorkThrowsCountsEvenIfReadingOnFailedAlready) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    std::mt19937_64 random(seed);
    LinearizableOptions options;
    lend_threads(options, random);
    BrokenSource source(70'000);
    Rounds rounds(source, options);
    const Rounds::Work one = [](const Rounds::Round&) { throw std::invalid_argument("one"); };
    const Rounds::Work two = [](const Rounds::Round&) { throw std::out_of_range("two"); };
    EXPECT_THROW(rounds.next({one, two}), std::invalid_argument);
  }
}

TEST(Rounds, AnInterruptEndsARoundEarly) {
  std::mt19937_64 random(1);
  LinearizableOptions options;
  lend_threads(options, random);
  options.cancelled = [] { return true; };
  BrokenSource source(70'000);
  Rounds rounds(source, options);
  EXPECT_EQ(rounds.next(std::initializer_list<Rounds::Work>()).count, 1000U);
}

TEST(StreamRounds, AllIsSeenInOrderBeforeAFailureOfReading) {
  for (const bool threads : {false, true}) {
    std::mt19937_64 random(1);
    LinearizableOptions options;
    if (threads) lend_threads(options, random);
    constexpr std::uint64_t events = 300'500;
    BrokenSource source(events);
    StreamRounds rounds(source, options);
    EXPECT_EQ(rounds.stream().shares() > 1, threads);
    std::uint64_t collected = 0, last = 0;
    const StreamRounds::Collect collect = [&](std::span<const CompactEvent> batch) {
      for (const CompactEvent& event : batch) ASSERT_EQ(event.index, collected++);
    };
    const auto read_all = [&] {
      while (true) {
        const StreamRounds::Round round = rounds.next(collect);
        ASSERT_EQ(round.operations, collected);
        ASSERT_EQ(round.last + 1, collected);
        ASSERT_EQ(rounds.stream().live_values(), collected + 7) << "the initial values, and what was written";
        last = round.last;
      }
    };
    EXPECT_THROW(read_all(), std::runtime_error);
    EXPECT_EQ(collected, events);
    EXPECT_EQ(last + 1, events);
  }
}

TEST(StreamRounds, WhatIsMalformedCountsAndNotThatReadingFailsBehindIt) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    std::mt19937_64 random(seed);
    LinearizableOptions options;
    if (seed > 0) lend_threads(options, random);
    BrokenSource source(70'000, 69'500);
    StreamRounds rounds(source, options);
    EXPECT_THROW(while (rounds.next({}).events > 0){}, MalformedHistory);
  }
}

// Histories in which all keys are given up at once, one after the other, some, or none.
const std::vector<std::string> classes = {"d100k10_1e5",    "d100k20_1e5_i1", "c100k50_1e5",
                                          "c100k50_1e5_i1", "c100k5_1e4",     "d5k5_1e3",
                                          "u100k50_1e5",    "u5k10_1e4_bad",  "c9k10_1e5_bad"};

TEST(EarlyCollection, HasWhatASecondReadingWouldGive) {
  std::size_t collected = 0;
  for (const std::string& name : classes) {
    SCOPED_TRACE(name);
    GeneratedSource source(*generator_class(name), 7);
    const LinearizableOptions options;
    RegisterStream stream(source.vocabulary(), options, {}, 4);
    EarlyCollection early(source.vocabulary(), options);
    for (auto events = source.next(); !events.empty(); events = source.next()) {
      early.add(events);
      stream.add(events);
      early.decide(stream);
    }
    const Collection now = early.finish(stream);
    source.rewind();
    const CollectionOptions which = {
        .wanted = [&](KeyId key) { return stream.is_undecided(key) && early.has_collected(key); }};
    const Collection later = collect(source, options, which);
    EXPECT_EQ(now.operations, later.operations);
    EXPECT_EQ(now.bytes > 0, later.operations > 0);
    ASSERT_EQ(now.objects.size(), later.objects.size());
    collected += now.objects.size();
    for (std::size_t i = 0; i < now.objects.size(); ++i) {
      EXPECT_EQ(now.objects[i].key, later.objects[i].key);
      const KeyOperations &a = now.objects[i].operations, &b = later.objects[i].operations;
      EXPECT_EQ(a.seconds, b.seconds);
      ASSERT_EQ(a.operations.size(), b.operations.size());
      for (std::size_t k = 0; k < a.operations.size(); ++k) {
        const KeyOperation &x = a.operations[k], &y = b.operations[k];
        ASSERT_TRUE(x.called == y.called && x.returned == y.returned && x.value == y.value && x.kind == y.kind) << k;
      }
    }
  }
  EXPECT_GT(collected, 200U);
}

TEST(EarlyCollection, AVerdictIsTheSameWithThreadsAndWithout) {
  for (const std::string& name : classes) {
    SCOPED_TRACE(name);
    std::mt19937_64 random(5);
    LinearizableOptions alone, lent;
    lend_threads(lent, random);
    GeneratedSource source(*generator_class(name), 11);
    const LinearizableResult one = check_linearizable(source, alone);
    source.rewind();
    const LinearizableResult two = check_linearizable(source, lent);
    EXPECT_EQ(one.finding.verdict, two.finding.verdict);
    EXPECT_EQ(one.finding.summary, two.finding.summary);
    EXPECT_EQ(one.finding.details, two.finding.details);
    EXPECT_EQ(one.operations, two.operations);
    EXPECT_EQ(one.engines, two.engines);
  }
}

TEST(EarlyCollection, AnEventThatTheModelDoesNotKnowIsSomebodyElsesToRefuse) {
  const GeneratorOptions small = {.operations = 4000, .values = 5};
  History history = generated_history(small, 1);
  Event call = history.back();
  call.index = history.back().index + 1;
  call.process = 1000;
  call.type = EventType::invoke;
  call.f = "cas";
  call.value = 7;
  history.push_back(call);
  call.index += 1;
  call.type = EventType::ok;
  history.push_back(call);
  EXPECT_THROW(check_linearizable(history, {}), MalformedHistory);
}

}  // namespace
}  // namespace ordeal::checker
