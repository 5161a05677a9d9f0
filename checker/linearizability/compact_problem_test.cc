// The compact way of preparing a key against the way in full: engines must give the same answer to both.

#include "checker/linearizability/compact_problem.h"

#include <gtest/gtest.h>

#include <unordered_map>

#include "checker/linearizability/brute_force.h"
#include "checker/linearizability/search.h"
#include "checker/testing/compact_histories.h"
#include "checker/testing/histories.h"

namespace ordeal::checker {
namespace {

constexpr std::size_t memory = std::size_t{1} << 30;

TEST(KeyOperation, IsSmall) {
  EXPECT_EQ(sizeof(KeyOperation), 24U);
}

class CompactAndFull : public testing::TestWithParam<ModelName> {};

TEST_P(CompactAndFull, GiveTheSameAnswer) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 30'000; ++i) {
    SCOPED_TRACE(i);
    LinearizableOptions options;
    options.model = GetParam();
    options.failed_cas = static_cast<FailedCas>(draw(random, 3));
    if (GetParam() == ModelName::register_ || GetParam() == ModelName::cas_register) options.initial = 0;
    const History history = random_history(random, {.model = options.model});
    const std::vector<Operation> operations = pair_operations(history);
    KeyHistory full = prepare(operations, options);
    CollectedKey compact(history, options);
    ASSERT_EQ(compact.key.prepared.size(), full.prepared.size());
    Budget budget({}, {}, memory);
    ASSERT_EQ(search(compact.key.problem(), budget).answer, search(full.problem(full.prepared), budget).answer);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, CompactAndFull,
                         testing::Values(ModelName::register_, ModelName::cas_register, ModelName::mutex,
                                         ModelName::kv_append),
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
