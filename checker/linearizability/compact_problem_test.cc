// The compact way of preparing a key against the way in full: engines must give the same answer to both.

#include "checker/linearizability/compact_problem.h"

#include <gtest/gtest.h>

#include <unordered_map>

#include "checker/formats/json_lines.h"
#include "checker/linearizability/brute_force.h"
#include "checker/linearizability/search.h"
#include "checker/testing/compact_histories.h"
#include "checker/testing/histories.h"
#include "checker/testing/model_histories.h"

namespace ordeal::checker {
namespace {

constexpr std::size_t memory = std::size_t{1} << 30;
constexpr std::uint64_t twin_steps = 20'000'000;

std::string text_of(const History& history) {
  std::string text;
  for (const Event& event : history) text += write_json_line(event) + "\n";
  return text;
}

LinearizableOptions with_another_begin(LinearizableOptions options) {
  switch (options.model) {
    case ModelName::mutex:
      options.initial = "held";
      break;
    case ModelName::kv_append:
      options.initial = "a";
      break;
    case ModelName::list_append:
      options.initial = List{1};
      break;
    case ModelName::multi_register:
      options.initial = Map{{"x", 1}};
      break;
    default:
      options.initial = 1;
  }
  return options;
}

TEST(KeyOperation, IsSmall) {
  EXPECT_EQ(sizeof(KeyOperation), 24U);
}

class CompactAndFull : public testing::TestWithParam<ModelName> {};

// Three ways to the same answer, which share the model's effect and nothing else: the compact one with the model's own
// machine, the full one with states that are values, and the brute force.
TEST_P(CompactAndFull, GiveTheAnswerOfTheBruteForce) {
  std::mt19937_64 random(3);
  std::size_t linearizable = 0;
  constexpr std::size_t histories = 100'000;
  for (std::size_t i = 0; i < histories; ++i) {
    SCOPED_TRACE(i);
    LinearizableOptions options;
    options.model = GetParam();
    options.failed_cas = static_cast<FailedCas>(draw(random, 3));
    if (draw(random, 2) == 0) options = with_another_begin(options);
    const History history = model_history(random, {.model = options.model, .values = draw(random, 5)});
    const std::vector<Operation> operations = pair_operations(history);
    const bool twin = linearizable_by_brute_force(operations, options, Operation::never, twin_steps).value();
    linearizable += twin ? 1 : 0;
    KeyHistory full = prepare(operations, options);
    CollectedKey compact(history, options);
    ASSERT_EQ(compact.key.prepared.size(), full.prepared.size());
    const auto expected = twin ? SearchResult::Answer::linearizable : SearchResult::Answer::not_linearizable;
    Budget budget({}, {}, memory);
    ASSERT_EQ(search(compact.key.problem(), budget).answer, expected) << text_of(history);
    ASSERT_EQ(search(full.problem(full.prepared), budget).answer, expected) << text_of(history);
  }
  EXPECT_GT(10 * linearizable, histories);
  EXPECT_LT(10 * linearizable, 9 * histories);
}

INSTANTIATE_TEST_SUITE_P(Models, CompactAndFull,
                         testing::Values(ModelName::register_, ModelName::cas_register, ModelName::kv, ModelName::mutex,
                                         ModelName::owned_mutex, ModelName::kv_append, ModelName::list_append,
                                         ModelName::multi_register, ModelName::kv_revisions),
                         [](const auto& model) {
                           std::string name = to_string(model.param);
                           std::erase(name, '-');
                           return name;
                         });

TEST(AtomMachine, NumbersAtomsInTheOrderOfFirstSight) {
  AtomMachine machine;
  std::unordered_map<std::uint64_t, StateId> obvious;
  std::mt19937_64 random(5);
  for (int i = 0; i < 100'000; ++i) {
    const auto number = static_cast<std::int64_t>(draw(random, 5'000));
    const Atom atom = draw(random, 2) == 0 ? Atom::integer(-number) : Atom::named(static_cast<std::uint32_t>(number));
    const StateId expected = obvious.try_emplace(atom.bits(), static_cast<StateId>(obvious.size())).first->second;
    ASSERT_EQ(machine.id_of(atom), expected);
    ASSERT_EQ(machine[expected], atom);
  }
  EXPECT_EQ(machine.states(), obvious.size());
}

}  // namespace
}  // namespace ordeal::checker
