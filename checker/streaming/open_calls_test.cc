#include "checker/streaming/open_calls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <tuple>

#include "checker/testing/histories.h"

namespace ordeal::checker {
namespace {

using Pair = std::tuple<std::uint64_t, std::optional<std::uint64_t>, EventType>;  // call, completion, outcome

struct Paired {
  std::vector<Pair> pairs;                       // in the order of the calls
  std::optional<std::uint64_t> malformed_event;  // and then no pairs
  bool operator==(const Paired&) const = default;
};

Paired paired_by_twin(const History& history) {
  Paired out;
  try {
    for (const Operation& operation : pair_operations(history)) {
      out.pairs.emplace_back(operation.call->index,
                             operation.completion ? std::optional(operation.completion->index) : std::nullopt,
                             operation.outcome);
    }
  } catch (const MalformedHistory& malformed) {
    out.malformed_event = malformed.event_index();
  }
  return out;
}

Paired paired(const History& history) {
  Vocabulary vocabulary;
  OpenCalls calls(vocabulary);
  std::map<std::uint64_t, Pair> by_call;
  try {
    for (const Event& full : history) {
      const CompactEvent event = compact(full, vocabulary);
      if (event.type == EventType::invoke) {
        calls.begin(event).note = event.index * 3;
        continue;
      }
      const OpenCalls::Call& call = calls.complete(event);
      EXPECT_EQ(call.note, call.event.index * 3);
      by_call[call.event.index] = {call.event.index, event.index, event.type};
    }
  } catch (const MalformedHistory& malformed) {
    return {.pairs = {}, .malformed_event = malformed.event_index()};
  }
  EXPECT_EQ(calls.open_calls().size(), calls.open());
  for (const OpenCalls::Call* call : calls.open_calls()) {
    by_call[call->event.index] = {call->event.index, std::nullopt, EventType::info};
  }
  Paired out;
  for (const auto& [index, pair] : by_call) out.pairs.push_back(pair);
  return out;
}

const OpenCalls::Call& taken(OpenCalls& calls, const CompactEvent& event) {
  return event.type == EventType::invoke ? calls.begin(event) : calls.complete(event);
}

// What pair() says is what begin() and complete() say, and it leaves all complaints to them, of broken histories too.
// How many events it took.
std::size_t expect_the_same_by_pair(const History& history) {
  Vocabulary vocabulary;
  OpenCalls calls(vocabulary), one_by_one(vocabulary);
  std::size_t used = 0;
  for (const Event& full : history) {
    const CompactEvent event = compact(full, vocabulary);
    std::optional<OpenCalls::Pair> pair;
    used += calls.pair(
        {&event, 1}, [](const auto&) { return true; }, [&](const auto& its) { pair = its; });
    std::optional<OpenCalls::Call> call;
    try {
      call = taken(one_by_one, event);
    } catch (const MalformedHistory& malformed) {
      EXPECT_FALSE(pair);
      EXPECT_THAT([&] { taken(calls, event); },
                  testing::ThrowsMessage<MalformedHistory>(testing::StrEq(malformed.what())));
      return used;
    }
    if (!pair) {
      EXPECT_EQ(taken(calls, event).event.index, call->event.index);
      continue;
    }
    EXPECT_EQ(pair->called, call->event.index);
    EXPECT_EQ(pair->value, event.f == verb::read ? event.value : call->event.value);
    EXPECT_EQ(pair->is_ok(), event.type == EventType::ok);
    EXPECT_EQ(pair->is_write(), event.f == verb::write);
    EXPECT_EQ(pair->key(), event.key);
    EXPECT_EQ(calls.open(), one_by_one.open());
    EXPECT_EQ(calls.begun(), one_by_one.begun());
  }
  return used;
}

std::string complaint(const History& history) {
  Vocabulary vocabulary;
  OpenCalls calls(vocabulary);
  try {
    for (const Event& full : history) {
      const CompactEvent event = compact(full, vocabulary);
      event.type == EventType::invoke ? calls.begin(event) : calls.complete(event);
    }
  } catch (const MalformedHistory& malformed) {
    return malformed.what();
  }
  return "";
}

TEST(OpenCalls, PairsRandomHistoriesAsTheSlowTwinAlsoBrokenOnes) {
  std::mt19937_64 random(1);
  std::size_t malformed = 0, by_pair = 0;
  for (int round = 0; round < 20000; ++round) {
    History history = random_history(random, {.most_operations = 12});
    for (Event& event : history) {  // one in thirty is broken in one way or another
      const std::uint64_t broken = draw(random, 150);
      if (broken == 0) event.process = static_cast<Process>(draw(random, 4));
      if (broken == 1) event.type = static_cast<EventType>(draw(random, 4));
      if (broken == 2) event.index = draw(random, 10);
      if (broken == 3) event.f = "read";
      if (broken == 4) event.key = "x";
    }
    const Paired expected = paired_by_twin(history);
    malformed += expected.malformed_event ? 1 : 0;
    ASSERT_EQ(paired(history), expected) << "round " << round;
    by_pair += expect_the_same_by_pair(history);
    ASSERT_FALSE(HasFailure()) << "round " << round;
  }
  EXPECT_GT(by_pair, 50000U);
  EXPECT_GT(malformed, 2000U);
  EXPECT_LT(malformed, 18000U);
}

TEST(OpenCalls, SaysWhatIsWrong) {
  EXPECT_EQ(complaint(history_of("3 invoke read; 3 invoke read")),
            "event 1: process 3 calls read while its read of event 0 is still open; a process does one operation at a "
            "time: complete the first with ok, fail or info, or use another number");
  EXPECT_EQ(complaint(history_of("3 invoke write 1; 3 info write 1; 3 invoke read")),
            "event 2: process 3 calls read although an operation of it ended as info and may still be running; go on "
            "under a process number that was never used");
  EXPECT_EQ(complaint(history_of("3 ok read")),
            "event 0: process 3 completes read without a call that is open; each completion needs its own invoke "
            "before it");
  EXPECT_EQ(complaint(history_of("3 invoke read; 3 ok write 1")),
            "event 1: process 3 completes write with no key, but the call of event 0 was read with no key; a "
            "completion repeats the f and the key of its call");
  EXPECT_EQ(complaint(history_of("-2 invoke read")), "event 0: the process is -2; processes are numbered from 0");
}

// A million operations by fifty clients, each of which changes its number at every tenth.
TEST(OpenCalls, RemembersWhoRetiredInLittleMemory) {
  Vocabulary vocabulary;
  OpenCalls calls(vocabulary);
  std::vector<Process> clients(50);
  for (std::size_t i = 0; i < clients.size(); ++i) clients[i] = static_cast<Process>(i);
  std::mt19937_64 random(2);
  CompactEvent event;
  std::size_t retired = 0;
  for (int round = 0; round < 1000000; ++round) {
    Process& client = clients[draw(random, clients.size())];
    event.process = client;
    event.type = EventType::invoke;
    calls.begin(event);
    ++event.index;
    event.type = draw(random, 10) == 0 ? EventType::info : EventType::ok;
    calls.complete(event);
    ++event.index;
    if (event.type != EventType::info) continue;
    ++retired;
    client += 50;
  }
  EXPECT_GT(retired, 90000U);
  EXPECT_LT(calls.bytes(), retired);
  for (Process process = 0; process < clients[0]; process += 50) {
    event.process = process;
    event.type = EventType::invoke;
    EXPECT_THROW(calls.begin(event), MalformedHistory) << process;
    ++event.index;
  }
}

TEST(OpenCalls, RemembersFarAndSparseNumbers) {
  Vocabulary vocabulary;
  OpenCalls calls(vocabulary);
  CompactEvent event;
  const auto next = [&](Process process, EventType type) {
    ++event.index;
    event.process = process;
    event.type = type;
    type == EventType::invoke ? calls.begin(event) : calls.complete(event);
  };
  const Process stride = Process{1} << 40;
  for (Process i = 0; i < 1000; ++i) {
    next(i * stride, EventType::invoke);
    next(i * stride, EventType::info);
  }
  for (Process i = 0; i < 1000; ++i) {
    EXPECT_THROW(next(i * stride, EventType::invoke), MalformedHistory) << i;
    EXPECT_NO_THROW(next(i * stride + 1, EventType::invoke)) << i;
  }
  EXPECT_EQ(calls.open(), 1000U);
}

}  // namespace
}  // namespace ordeal::checker
