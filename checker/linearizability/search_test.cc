// The search against its slow twin, and the cases that earlier searches got wrong.

#include "checker/linearizability/search.h"

#include <gtest/gtest.h>

#include "checker/formats/json_lines.h"
#include "checker/linearizability/brute_force.h"
#include "checker/linearizability/failing_prefix.h"
#include "checker/linearizability/search_workspace.h"
#include "checker/testing/histories.h"

namespace ordeal::checker {
namespace {

constexpr std::size_t memory = std::size_t{1} << 30;
constexpr std::uint64_t twin_steps = 20'000'000;

LinearizableOptions options_for(ModelName model) {
  LinearizableOptions options;
  options.model = model;
  if (model == ModelName::register_ || model == ModelName::cas_register) options.initial = 0;
  return options;
}

std::string text_of(const History& history) {
  std::string text;
  for (const Event& event : history) text += write_json_line(event) + "\n";
  return text;
}

SearchResult::Answer answer_to(const std::string& text, const LinearizableOptions& options) {
  const History history = history_of(text);
  const std::vector<Operation> operations = pair_operations(history);
  KeyHistory key = prepare(operations, options);
  Budget budget({}, {}, memory);
  return search(key.problem(key.prepared), budget).answer;
}

// The twin's view of where the history fails: the first prefix without a linearization ends with that event.
void expect_first_failure(std::span<const Operation> operations, const LinearizableOptions& options,
                          std::uint64_t event) {
  EXPECT_EQ(linearizable_by_brute_force(operations, options, event + 1, twin_steps), false) << "event " << event;
  EXPECT_EQ(linearizable_by_brute_force(operations, options, event, twin_steps), true) << "event " << event;
}

void compare_with_twin(const History& history, const LinearizableOptions& options) {
  const std::vector<Operation> operations = pair_operations(history);
  KeyHistory key = prepare(operations, options);
  Budget budget({}, {}, memory);
  const SearchResult result = search(key.problem(key.prepared), budget);
  const std::optional<bool> twin = linearizable_by_brute_force(operations, options, Operation::never, twin_steps);
  ASSERT_TRUE(twin.has_value());
  ASSERT_EQ(result.answer == SearchResult::Answer::linearizable, *twin) << text_of(history);
  if (*twin) return;
  SearchWorkspace workspace;
  const std::optional<std::uint32_t> position =
      first_failing_return(key.problem(key.prepared), budget, workspace, result.reached);
  ASSERT_TRUE(position.has_value());
  expect_first_failure(operations, options, key.event_indices[*position]);
}

struct TwinCase {
  ModelName model;
  bool unique_values;
  std::uint64_t histories;
  std::uint64_t most_operations;
};

class Twin : public testing::TestWithParam<TwinCase> {};

TEST_P(Twin, AgreesWithTheSearchOnEveryRandomHistory) {
  std::mt19937_64 random(1);
  const TwinCase& param = GetParam();
  for (std::uint64_t i = 0; i < param.histories && !HasFatalFailure() && !HasNonfatalFailure(); ++i) {
    LinearizableOptions options = options_for(param.model);
    options.failed_cas = static_cast<FailedCas>(draw(random, 3));
    SCOPED_TRACE(testing::Message() << "history " << i << ", failed_cas " << static_cast<int>(options.failed_cas));
    compare_with_twin(random_history(random, {.model = param.model,
                                              .most_operations = param.most_operations,
                                              .unique_values = param.unique_values}),
                      options);
  }
}

// More than a million in all; most of them where most of the rules are.
INSTANTIATE_TEST_SUITE_P(Models, Twin,
                         testing::Values(TwinCase{ModelName::register_, false, 150'000, 8},
                                         TwinCase{ModelName::register_, true, 100'000, 8},
                                         TwinCase{ModelName::cas_register, false, 450'000, 8},
                                         TwinCase{ModelName::cas_register, true, 200'000, 8},
                                         TwinCase{ModelName::mutex, false, 50'000, 8},
                                         TwinCase{ModelName::kv_append, false, 80'000, 8},
                                         TwinCase{ModelName::cas_register, false, 10'000, 11}));

// Both are linearizable only with an info write of the value that the register already holds: it hides an open write.
TEST(Search, UsesAnInfoWriteOfThePresentValueToHideAnOpenWrite) {
  EXPECT_EQ(answer_to("0 invoke write 1; 0 ok write 1; 1 invoke write 1; 1 info write; 2 invoke write 4;"
                      "3 invoke cas [1 2]; 3 ok cas [1 2]; 2 ok write 4; 4 invoke write 3; 5 invoke read; 5 ok read 2",
                      options_for(ModelName::cas_register)),
            SearchResult::Answer::linearizable);
  EXPECT_EQ(answer_to("0 invoke write 2; 0 info write; 1 invoke cas [2 3]; 2 invoke write 2; 2 ok write 2;"
                      "3 invoke write 1; 1 ok cas [2 3]; 3 ok write 1; 4 invoke read; 4 ok read 3",
                      options_for(ModelName::cas_register)),
            SearchResult::Answer::linearizable);
}

TEST(Search, JudgesSmallHistoriesAsAPersonDoes) {
  struct Case {
    std::string why;
    ModelName model;
    std::string history;
    bool linearizable;
  };
  const std::vector<Case> cases = {
      {"nothing happened", ModelName::register_, "", true},
      {"an open operation may never happen", ModelName::register_, "0 invoke write 1; 1 invoke read; 1 ok read 0",
       true},
      {"an open operation may have happened", ModelName::register_, "0 invoke write 1; 1 invoke read; 1 ok read 1",
       true},
      {"an info write may happen late", ModelName::register_,
       "0 invoke write 1; 0 info write; 1 invoke read; 1 ok read 0; 1 invoke read; 1 ok read 1", true},
      {"an info write happens only once", ModelName::register_,
       "0 invoke write 1; 0 info write; 1 invoke read; 1 ok read 1; 1 invoke write 2; 1 ok write 2;"
       "1 invoke read; 1 ok read 2; 1 invoke read; 1 ok read 1",
       false},
      {"a failed write never happened", ModelName::register_,
       "0 invoke write 1; 0 fail write; 1 invoke read; 1 ok read 1", false},
      {"a stale read", ModelName::register_, "0 invoke write 1; 0 ok write 1; 1 invoke read; 1 ok read 0", false},
      {"a failed cas saw another value", ModelName::cas_register, "0 invoke cas [0 1]; 0 fail cas [0 1] mismatch",
       false},
      {"a cas that failed for another reason saw nothing", ModelName::cas_register,
       "0 invoke cas [0 1]; 0 fail cas [0 1] unreachable", true},
      {"two acquire without a release", ModelName::mutex,
       "0 invoke acquire; 0 ok acquire; 1 invoke acquire; 1 ok acquire", false},
      {"a release in between may be open", ModelName::mutex,
       "0 invoke acquire; 0 ok acquire; 2 invoke release; 1 invoke acquire; 1 ok acquire", true},
      {"appends that overlap come in any order", ModelName::kv_append,
       "0 invoke append a; 1 invoke append b; 0 ok append a; 1 ok append b; 2 invoke get; 2 ok get ba", true},
      {"appends one after the other do not", ModelName::kv_append,
       "0 invoke append a; 0 ok append a; 1 invoke append b; 1 ok append b; 2 invoke get; 2 ok get ba", false},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(answer_to(c.history, options_for(c.model)),
              c.linearizable ? SearchResult::Answer::linearizable : SearchResult::Answer::not_linearizable);
  }
}

TEST(Search, TakesMoreOpenOperationsThanAWordHasBits) {
  std::string history;
  for (int i = 1; i <= 200; ++i) history += std::to_string(i) + " invoke write " + std::to_string(i) + ";";
  for (int i = 1; i <= 200; ++i) history += std::to_string(i) + " ok write;";
  LinearizableOptions options = options_for(ModelName::register_);
  EXPECT_EQ(answer_to(history + "0 invoke read; 0 ok read 77", options), SearchResult::Answer::linearizable);
  EXPECT_EQ(answer_to(history + "0 invoke read; 0 ok read 77; 0 invoke read; 0 ok read 78", options),
            SearchResult::Answer::not_linearizable);
}

// Each is decided with about one configuration an operation; without the rules it would be thousands of millions.
TEST(Search, DecidesWhatCorrectClientsSeeWithFewConfigurations) {
  std::mt19937_64 random(7);
  for (const std::uint64_t info_percent : {0U, 5U, 20U}) {
    SCOPED_TRACE(info_percent);
    for (int i = 0; i < 200; ++i) {
      const History history = simulated_history(random, {.info_percent = info_percent});
      const std::vector<Operation> operations = pair_operations(history);
      LinearizableOptions options;
      KeyHistory key = prepare(operations, options);
      Budget budget({}, {}, memory);
      const SearchResult result = search(key.problem(key.prepared), budget);
      ASSERT_EQ(result.answer, SearchResult::Answer::linearizable) << text_of(history);
      EXPECT_LT(result.configurations, 20'000U);
      EXPECT_LT(result.bytes, std::size_t{8} << 20);
    }
  }
}

// A lie in the middle is found with about two configurations for each operation before it, and few around it.
TEST(Search, RefutesALongHistoryNearThePlaceWhereItFails) {
  std::mt19937_64 random(5);
  const History told = simulated_history(random, {.operations = 6000, .processes = 10, .info_percent = 0, .values = 5});
  std::vector<std::size_t> reads;
  for (std::size_t i = told.size() / 2; i < told.size(); ++i) {
    if (told[i].type == EventType::ok && told[i].f == "read") reads.push_back(i);
  }
  int refuted = 0;
  for (std::size_t i = 50; refuted < 10; ++i) {
    const std::size_t lie = reads[i];
    History history = told;
    history[lie].value = told[reads[i - 50]].value;
    const std::vector<Operation> operations = pair_operations(history);
    KeyHistory key = prepare(operations, {});
    Budget budget({}, {}, memory);
    const SearchResult result = search(key.problem(key.prepared), budget, {.first_failure = true});
    if (result.answer == SearchResult::Answer::linearizable) continue;
    ++refuted;
    ASSERT_EQ(result.answer, SearchResult::Answer::not_linearizable);
    EXPECT_TRUE(result.reached_is_first_failure);
    EXPECT_LT(result.configurations, 4 * lie / 2);
  }
}

}  // namespace
}  // namespace ordeal::checker
