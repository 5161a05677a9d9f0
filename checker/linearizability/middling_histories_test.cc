// The search against Wing and Gong's algorithm on histories of dozens of operations: long enough for every rule of the
// search to have been used many times over, and far beyond the brute force.

#include <gtest/gtest.h>

#include <optional>
#include <ostream>

#include "checker/formats/json_lines.h"
#include "checker/linearizability/quick_walk.h"
#include "checker/linearizability/search.h"
#include "checker/linearizability/search_workspace.h"
#include "checker/testing/compact_histories.h"
#include "checker/testing/histories.h"
#include "checker/testing/wing_gong.h"

namespace ordeal::checker {
namespace {

struct MiddlingCase {
  std::uint64_t processes;
  std::uint64_t info_percent;
  std::uint64_t values;  // 0: unique

  friend std::ostream& operator<<(std::ostream& out, const MiddlingCase& c) {
    return out << c.processes << " processes, " << c.info_percent << " % info, " << c.values << " values";
  }
};

// Half of the histories stay as a correct register made them; in the others one read is told another value.
void lie_once(std::mt19937_64& random, History& history) {
  std::vector<Event*> reads;
  std::vector<Value> values;
  for (Event& event : history) {
    if (event.type == EventType::ok && event.f == "read") reads.push_back(&event);
    if (event.type == EventType::invoke && event.f == "write") values.push_back(event.value);
  }
  if (reads.empty() || values.empty() || draw(random, 2) == 0) return;
  reads[draw(random, reads.size())]->value = values[draw(random, values.size())];
}

// Whether a walk that begins somewhere in the middle becomes empty: then there is no linearization.
bool hits_a_wall(std::mt19937_64& random, const Problem& problem, Budget& budget) {
  static SearchWorkspace workspace;
  if (!workspace.outline.lay_out(problem)) return false;
  const auto begin = static_cast<std::uint32_t>(1 + draw(random, problem.operations.size() / 2));
  const FrontierOptions options{.width = 16 + draw(random, 100),
                                .may_drop = false,
                                .merge = draw(random, 2) == 0,
                                .begin_behind = begin,
                                .look_ahead = draw(random, 2) == 0};
  const FrontierResult walk = walk_frontier(workspace.outline, workspace.frontier, budget, options);
  return walk.end == FrontierResult::End::empty;
}

class MiddlingHistories : public testing::TestWithParam<MiddlingCase> {};

TEST_P(MiddlingHistories, AreJudgedAsWingAndGongJudgeThem) {
  constexpr std::size_t most_pairs = 20'000;
  constexpr int histories = 2'000;
  std::mt19937_64 random(3);
  LinearizableOptions options;
  int decided = 0;
  int invalid = 0;
  int quickly = 0;
  int walls = 0;
  for (int i = 0; i < histories; ++i) {
    History history = simulated_history(random, {.operations = 30 + draw(random, 30),
                                                 .processes = GetParam().processes,
                                                 .info_percent = GetParam().info_percent,
                                                 .values = GetParam().values});
    lie_once(random, history);
    const std::vector<Operation> operations = pair_operations(history);
    const std::optional<bool> twin = linearizable_by_wing_and_gong(operations, options, Operation::never, most_pairs);
    if (!twin) continue;
    KeyHistory key = prepare(operations, options);
    Budget budget({}, {}, std::size_t{1} << 30);
    const bool found = search(key.problem(key.prepared), budget).answer == SearchResult::Answer::linearizable;
    std::string text;
    if (found != *twin) {
      for (const Event& event : history) text += write_json_line(event) + "\n";
    }
    ASSERT_EQ(found, *twin) << "history " << i << "\n" << text;
    const CollectedKey compact(history, options);
    const SearchResult::Answer quick = walk_quickly(compact.operations, compact.initial, budget).answer;
    if (quick != SearchResult::Answer::unknown) {
      ASSERT_EQ(quick == SearchResult::Answer::linearizable, *twin) << "history " << i;
      ++quickly;
    }
    if (hits_a_wall(random, key.problem(key.prepared), budget)) {
      ASSERT_FALSE(*twin) << "history " << i;
      ++walls;
    }
    ++decided;
    invalid += *twin ? 0 : 1;
  }
  EXPECT_GT(decided, histories / 2) << "the twin gave up too often for this test to mean much";
  EXPECT_GT(invalid, decided / 40);
  EXPECT_GT(quickly, decided / 2);
  EXPECT_LT(invalid, decided);
  EXPECT_GT(walls, invalid / 20);
}

INSTANTIATE_TEST_SUITE_P(Cases, MiddlingHistories,
                         testing::Values(MiddlingCase{3, 0, 0}, MiddlingCase{3, 10, 0}, MiddlingCase{5, 5, 0},
                                         MiddlingCase{3, 0, 4}, MiddlingCase{4, 5, 4}, MiddlingCase{6, 2, 3},
                                         MiddlingCase{8, 20, 0}, MiddlingCase{8, 10, 3}));

}  // namespace
}  // namespace ordeal::checker
