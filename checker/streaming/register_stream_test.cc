#include "checker/streaming/register_stream.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "checker/linearizability/brute_force.h"
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

Answer streamed(const History& history, const LinearizableOptions& options = {}, StreamLimits limits = {}) {
  Vocabulary vocabulary;
  RegisterStream stream(vocabulary, options, limits);
  for (const Event& event : history) stream.add(compact(event, vocabulary));
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
  const Answer answer = streamed(history, options, {.forget_from = 1});
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
  std::string reasons;
  for (const auto& [reason, count] : counts.undecided) reasons += " [" + reason + "] " + std::to_string(count);
  std::printf("valid %zu invalid %zu undecided:%s\n", counts.valid, counts.invalid, reasons.c_str());
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

}  // namespace
}  // namespace ordeal::checker
