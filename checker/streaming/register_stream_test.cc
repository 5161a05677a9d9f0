#include "checker/streaming/register_stream.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "checker/linearizability/brute_force.h"
#include "checker/linearizability/zones.h"
#include "checker/testing/histories.h"

namespace ordeal::checker {
namespace {

std::string text(const History& history) {
  std::string out;
  for (const Event& event : history) {
    const char* types[] = {"invoke", "ok", "fail", "info"};
    out += std::to_string(event.process) + " " + types[static_cast<int>(event.type)] + " " + event.f + " " +
           to_string(event.value) + " " + event.error + ";\n";
  }
  return out;
}

struct Answer {
  std::optional<std::uint64_t> violation;
  std::optional<std::string> undecided;
};

// A failed cas is undecided or not by what was forgotten before it.
bool agree(const Answer& a, const Answer& b) {
  return a.undecided || b.undecided || a.violation == b.violation;
}

// In batches of so many events.
Answer streamed(const History& history, const LinearizableOptions& options = {}, StreamLimits limits = {},
                std::size_t batch = 1) {
  Vocabulary vocabulary;
  RegisterStream stream(vocabulary, options, limits);
  std::vector<CompactEvent> events;
  for (const Event& event : history) events.push_back(compact(event, vocabulary));
  for (std::size_t i = 0; i < events.size(); i += batch) {
    stream.add(std::span(events).subspan(i, std::min(batch, events.size() - i)));
  }
  stream.finish();
  Answer answer;
  if (!stream.violations().empty()) answer.violation = stream.violations()[0].event;
  if (!stream.undecided().empty()) answer.undecided = stream.undecided()[0].reason;
  return answer;
}

struct Counts {
  std::size_t valid = 0, invalid = 0;
  std::map<std::string, std::size_t> undecided;  // by the last words of the reason
};

// The brute force about the prefix of so many events.
bool linearizable(const std::vector<Operation>& operations, const LinearizableOptions& options, std::size_t cut) {
  return linearizable_by_brute_force(operations, options, cut, 100000000).value();
}

void compare(const History& history, const LinearizableOptions& options, Counts& counts) {
  const Answer answer = streamed(history, options, {.forget_after = 1, .events_between_horizons = 1});
  for (const std::size_t batch : {5, 1000}) {
    ASSERT_TRUE(agree(answer, streamed(history, options, {.forget_after = 1, .events_between_horizons = batch}, batch)))
        << text(history);
  }
  if (answer.undecided) {
    const std::size_t words = answer.undecided->find_last_of("0123456789");
    ++counts.undecided[words == std::string::npos ? *answer.undecided : answer.undecided->substr(words + 1)];
    return;
  }
  const std::vector<Operation> operations = pair_operations(history);
  if (answer.violation) {
    ++counts.invalid;
    ASSERT_FALSE(linearizable(operations, options, *answer.violation + 1)) << *answer.violation << "\n"
                                                                           << text(history);
    ASSERT_TRUE(linearizable(operations, options, *answer.violation)) << *answer.violation << "\n" << text(history);
  } else {
    ++counts.valid;
    ASSERT_TRUE(linearizable(operations, options, history.size())) << text(history);
  }
}

void expect_share(const Counts& counts, std::size_t rounds, std::size_t decided_percent) {
  EXPECT_GT(100 * (counts.valid + counts.invalid), decided_percent * rounds);
  EXPECT_GT(20 * counts.valid, counts.valid + counts.invalid);
  EXPECT_GT(20 * counts.invalid, counts.valid + counts.invalid);
}

TEST(RegisterStream, AgreesWithBruteForceAboutRandomHistoriesAndTheirFirstFailingEvent) {
  std::mt19937_64 random(3);
  constexpr std::size_t rounds = 300000;
  Counts counts;
  for (std::size_t round = 0; round < rounds; ++round) {
    const History history = random_history(random, {.most_operations = 8, .unique_values = true});
    const LinearizableOptions options{.failed_cas = static_cast<FailedCas>(round % 3)};
    ASSERT_NO_FATAL_FAILURE(compare(history, options, counts)) << "round " << round;
  }
  expect_share(counts, rounds, 50);
}

// Histories of a correct register, of which one read in a few is changed: many more of their values are seen.
TEST(RegisterStream, AgreesWithBruteForceAboutSimulatedHistoriesThatAreBrokenHereAndThere) {
  std::mt19937_64 random(4);
  constexpr std::size_t rounds = 200000;
  Counts counts;
  for (std::size_t round = 0; round < rounds; ++round) {
    History history = simulated_history(
        random,
        {.operations = 4 + draw(random, 7), .processes = 2 + draw(random, 4), .info_percent = draw(random, 40)});
    if (draw(random, 2) == 0) {
      Event& event = history[draw(random, history.size())];
      if (event.f == "read" && event.type == EventType::ok) event.value = static_cast<std::int64_t>(draw(random, 6));
      if (event.f == "write" && event.type == EventType::ok && draw(random, 3) == 0) event.type = EventType::fail;
    }
    ASSERT_NO_FATAL_FAILURE(compare(history, {}, counts)) << "round " << round;
  }
  expect_share(counts, rounds, 70);
}

TEST(RegisterStream, IsUndecidedRatherThanWrongWhereValuesRepeat) {
  std::mt19937_64 random(5);
  constexpr std::size_t rounds = 100000;
  Counts counts;
  for (std::size_t round = 0; round < rounds; ++round) {
    const History history = random_history(random, {.most_operations = 7});
    ASSERT_NO_FATAL_FAILURE(compare(history, {}, counts)) << "round " << round;
  }
  expect_share(counts, rounds, 10);
}

// What one pass knows at its end is what an engine knows that sees the whole history, and at the same event.
TEST(RegisterStream, AgreesWithZonesAboutLongHistories) {
  std::mt19937_64 random(6);
  std::size_t violations = 0, undecided = 0;
  constexpr std::size_t rounds = 600;
  for (std::size_t round = 0; round < rounds; ++round) {
    History history = simulated_history(random, {.operations = 50 + draw(random, 1000),
                                                 .processes = 2 + draw(random, 12),
                                                 .info_percent = draw(random, 3) * 5});
    std::vector<Event*> reads;
    for (Event& event : history) {
      if (event.f == "read" && event.type == EventType::ok) reads.push_back(&event);
    }
    if (round % 2 == 0 && reads.size() > 20) {  // one of them answers what another one answered
      const std::size_t i = 10 + draw(random, reads.size() - 10);
      reads[i]->value = reads[i - 1 - draw(random, 10)]->value;
    }
    const LinearizableOptions options{.failed_cas = round % 3 == 0 ? FailedCas::by_error : FailedCas::ignored};
    const Answer answer = streamed(history, options);
    for (const std::size_t batch : {10, 10000}) {
      ASSERT_TRUE(agree(answer, streamed(history, options, {.forget_after = 1}, batch))) << "round " << round;
    }
    if (answer.undecided) {
      ++undecided;
      continue;
    }
    const std::vector<Operation> operations = pair_operations(history);
    KeyHistory key = prepare(operations, options);
    Budget budget({}, std::chrono::hours(1), std::size_t{1} << 40);
    const FirstFailing first = first_failing_by_zones(key.problem(key.prepared), budget);
    if (first.answer == ZonesResult::Answer::not_applicable) continue;
    violations += answer.violation ? 1 : 0;
    ASSERT_EQ(answer.violation.has_value(), first.answer == ZonesResult::Answer::not_linearizable) << "round " << round;
    if (answer.violation) {
      ASSERT_EQ(*answer.violation, key.event_indices[first.position]) << "round " << round;
    }
  }
  EXPECT_GT(violations, rounds / 10);
  EXPECT_LT(undecided, rounds / 2);
}

// The cases of zones_test.cc, with a value of its own for each write.
TEST(RegisterStream, DoesNotForgetThatAnIndeterminateWriteMayHideAnotherOne) {
  const History hider = history_of(
      "0 invoke write 1; 0 ok write 1; 1 invoke write 11; 1 info write 11; 2 invoke write 4; 3 invoke cas [11 2];"
      "3 ok cas [11 2]; 2 ok write 4; 4 invoke write 3; 5 invoke read; 5 ok read 2");
  const History second = history_of(
      "0 invoke write 12; 0 info write 12; 1 invoke cas [12 3]; 2 invoke write 2; 2 ok write 2; 3 invoke write 1;"
      "1 ok cas [12 3]; 3 ok write 1; 4 invoke read; 4 ok read 3");
  for (const History& history : {hider, second}) {
    const Answer answer = streamed(history);
    EXPECT_FALSE(answer.undecided);
    EXPECT_FALSE(answer.violation);
    EXPECT_TRUE(linearizable(pair_operations(history), {}, history.size()));
  }
}

std::vector<CompactEvent> writes_and_reads(std::size_t rounds, KeyId keys) {
  std::vector<CompactEvent> events;
  const auto next = [&](Process process, EventType type, Verb f, std::size_t round) {
    events.push_back({.index = events.size(),
                      .process = process,
                      .value = Atom::integer(static_cast<std::int64_t>(round + 1)),
                      .key = 1 + static_cast<KeyId>(round % keys),
                      .f = f,
                      .type = type});
  };
  for (std::size_t round = 0; round < rounds; ++round) {
    next(0, EventType::invoke, verb::write, round);
    next(1, EventType::invoke, verb::read, round);
    next(0, EventType::ok, verb::write, round);
    next(1, EventType::ok, verb::read, round);
  }
  return events;
}

TEST(RegisterStream, HoldsNoMoreAfterAMillionOperationsThanAfterAThousand) {
  Vocabulary vocabulary;
  RegisterStream stream(vocabulary, {});
  const std::vector<CompactEvent> events = writes_and_reads(500000, 10);
  std::size_t early = 0;
  for (const CompactEvent& event : events) {
    stream.add(event);
    if (event.index == 2000) early = stream.bytes();
  }
  EXPECT_EQ(stream.operations(), 1000000U);
  EXPECT_EQ(stream.keys(), 10U);
  EXPECT_TRUE(stream.violations().empty());
  EXPECT_TRUE(stream.undecided().empty());
  EXPECT_LE(stream.live_values(), 200U);
  EXPECT_LE(stream.bytes(), 2 * early);
}

TEST(RegisterStream, AnOpenWriteKeepsNothingInMemoryButALongOpenReadDoesAndIsUndecidedInTheEnd) {
  for (const Verb f : {verb::write, verb::read}) {
    Vocabulary vocabulary;
    RegisterStream stream(vocabulary, {});
    std::vector<CompactEvent> events = writes_and_reads(50000, 1);
    for (CompactEvent& event : events) ++event.index;
    events.insert(events.begin(), {.index = 0, .process = 9, .value = Atom::integer(-5), .key = 1, .f = f});
    stream.add(events);
    EXPECT_EQ(stream.undecided().size(), f == verb::read ? 1U : 0U);
    EXPECT_EQ(stream.is_undecided(1), f == verb::read);
    EXPECT_LE(stream.live_values(), 100U);
  }
}

TEST(RegisterStream, AWriteOfWhichNothingIsKnownTakesLittleMemoryAndMayStillBeSeen) {
  Vocabulary vocabulary;
  RegisterStream stream(vocabulary, {});
  constexpr std::int64_t writes = 100000;
  std::uint64_t index = 0;
  for (std::int64_t i = 1; i <= writes; ++i) {
    CompactEvent event = {.index = index++, .process = i, .value = Atom::integer(i), .key = 1, .f = verb::write};
    stream.add(event);
    event.index = index++;
    event.type = EventType::info;
    stream.add(event);
  }
  EXPECT_LE(stream.bytes(), 115 * writes);
  CompactEvent read = {.index = index++, .process = 0, .key = 1};
  for (const std::int64_t value : {5, 70000, 5}) {  // the last one is wrong: 70000 was written once
    EXPECT_TRUE(stream.violations().empty());
    read.type = EventType::invoke;
    stream.add(read);
    read.index = index++;
    read.type = EventType::ok;
    read.value = Atom::integer(value);
    stream.add(read);
    read.index = index++;
  }
  ASSERT_EQ(stream.violations().size(), 1U);
  EXPECT_EQ(stream.violations()[0].kind, StreamViolation::Kind::two_values);
}

TEST(RegisterStream, JudgesEveryKeyByItself) {
  Vocabulary vocabulary;
  RegisterStream stream(vocabulary, {});
  std::vector<CompactEvent> events = writes_and_reads(100, 4);
  events[83].value = Atom::integer(3);    // round 20, key 1: a value of key 3
  events[199].value = Atom::integer(2);   // round 49, key 2: its first value
  events[240].value = events[160].value;  // round 60, key 1 is done; round 40 was key 1, too
  stream.add(events);
  ASSERT_EQ(stream.violations().size(), 2U);
  EXPECT_EQ(stream.violations()[0].key, 1U);
  EXPECT_EQ(stream.violations()[0].event, 83U);
  EXPECT_EQ(stream.violations()[0].call, 81U);
  EXPECT_EQ(stream.violations()[0].kind, StreamViolation::Kind::never_written);
  EXPECT_EQ(stream.violations()[1].key, 2U);
  EXPECT_EQ(stream.violations()[1].event, 199U);
  EXPECT_TRUE(stream.undecided().empty());
}

// Any order of new, repeated and withdrawn values: "new" is never said of one that is there.
TEST(WrittenValues, NeverCallsAValueNewThatIsThere) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 300; ++round) {
    WrittenValues written;
    std::set<std::int64_t> twin;
    const std::uint64_t range = 1 + draw(random, 3000);
    std::size_t refused = 0;
    for (int i = 0; i < 400; ++i) {
      const auto value = static_cast<std::int64_t>(draw(random, range));
      const bool is_new = written.add(Atom::integer(value));
      ASSERT_TRUE(!is_new || !twin.contains(value));
      refused += !is_new && !twin.contains(value) ? 1 : 0;
      if (is_new) twin.insert(value);
      if (is_new && draw(random, 10) == 0) {
        written.remove(Atom::integer(value));
        twin.erase(value);
      }
      for (const std::int64_t there : {value, value + 1}) {
        ASSERT_TRUE(!twin.contains(there) || written.contains(Atom::integer(there)));
      }
    }
    if (range < 100) {
      EXPECT_EQ(refused, 0U);
    }
  }
}

TEST(WrittenValues, KeepsApartWhatIsNoInteger) {
  WrittenValues written;
  for (const Atom atom : {Atom(), Atom::named(0), Atom::named(1), Atom::integer(0), Atom::integer(1)}) {
    EXPECT_TRUE(written.add(atom));
    EXPECT_FALSE(written.add(atom));
  }
}

TEST(WrittenValues, TakesAMillionValuesOfTenCountersInOrderInLittleMemory) {
  WrittenValues written;
  for (std::int64_t i = 0; i < 100000; ++i) {
    for (std::int64_t counter = 0; counter < 10; ++counter) {
      ASSERT_TRUE(written.add(Atom::integer(counter * 1000000 + i)));
    }
  }
  EXPECT_LT(written.bytes(), 4096U);
}

}  // namespace
}  // namespace ordeal::checker
