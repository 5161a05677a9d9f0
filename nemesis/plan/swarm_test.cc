#include "nemesis/plan/swarm.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>

#include "nemesis/plan/names.h"

namespace ordeal::nemesis {
namespace {

using std::chrono::seconds;

std::set<std::string> kinds_of(const Schedule& schedule) {
  std::set<std::string> kinds;
  for (const ScheduledFault& fault : schedule) kinds.insert(kind_of(fault.fault));
  return kinds;
}

NemesisSpec drawn(std::uint64_t seed, int nodes = 5, int spares = 1, seconds duration = seconds(300)) {
  return draw_swarm(all_faults(nodes, spares), duration, nodes, seed);
}

TEST(Swarm, EveryKindOfFaultComesUpAndNoRunHasThemAll) {
  const std::size_t all = fault_kinds().size();
  std::map<std::string, int> runs;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    const std::set<std::string> kinds = kinds_of(draw_schedule(drawn(seed), seconds(300), seed));
    EXPECT_GE(kinds.size(), 1U);
    EXPECT_LT(kinds.size(), all);
    for (const std::string& kind : kinds) ++runs[kind];
  }
  for (const Named<FaultKind>& kind : fault_kinds()) EXPECT_GT(runs[std::string(kind.name)], 50) << kind.name;
}

TEST(Swarm, TheSameSeedDrawsTheSameAndOthersDiffer) {
  std::set<std::string> different;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    EXPECT_EQ(drawn(seed), drawn(seed));
    const NemesisSpec spec = drawn(seed);
    different.insert(
        fmt::format("{} {} {} {}", spec.interval.count(), spec.lasting.most.count(), spec.at_once, spec.faults.size()));
  }
  EXPECT_GT(different.size(), 40U);
}

TEST(Swarm, PausesAreShorterAndLongerThanAnElectionTimeout) {
  int shorter = 0, longer = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    for (const ScheduledFault& fault : draw_schedule(drawn(seed), seconds(300), seed)) {
      if (!std::holds_alternative<Pause>(fault.fault)) continue;
      shorter += fault.lasting < std::chrono::milliseconds(50) ? 1 : 0;  // than any that targets offer
      longer += fault.lasting > seconds(2) ? 1 : 0;
    }
  }
  EXPECT_GT(shorter, 100);
  EXPECT_GT(longer, 100);
}

TEST(Swarm, NeverWipesAFolderSinceATargetMayLoseByThat) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    for (const FaultSpec& fault : drawn(seed).faults) {
      if (const auto* corrupt = std::get_if<CorruptFileSpec>(&fault.what)) {
        EXPECT_THAT(corrupt->kinds, testing::Not(testing::Contains(CorruptKind::wipe)));
      }
    }
  }
}

TEST(Swarm, ItsFaultsFitIntoTheRunAndTheCluster) {
  for (const int nodes : {1, 2, 3, 4, 5, 9}) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      SCOPED_TRACE(fmt::format("{} nodes, seed {}", nodes, seed));
      const NemesisSpec spec = drawn(seed, nodes, 0, seconds(3));
      EXPECT_FALSE(spec.swarm);
      EXPECT_LE(spec.at_once, nodes);
      for (const ScheduledFault& fault : draw_schedule(spec, seconds(3), seed))
        EXPECT_LE(fault.at + fault.lasting, seconds(3));
      for (const FaultSpec& fault : spec.faults) {
        const auto* membership = std::get_if<MembershipSpec>(&fault.what);
        if (membership == nullptr) continue;
        EXPECT_GE(nodes, 4);
        EXPECT_THAT(membership->kinds, testing::Not(testing::Contains(MembershipKind::add))) << "there is no spare";
      }
    }
  }
}

}  // namespace
}  // namespace ordeal::nemesis
