#include "nemesis/plan/schedule_text.h"

#include <gtest/gtest.h>

namespace ordeal::nemesis {
namespace {

using std::chrono::milliseconds;

TEST(ScheduleText, EachFaultIsOneLineOfJson) {
  const Schedule schedule{
      {1, milliseconds(812), milliseconds(2100), Partition{PartitionKind::halves}, 8034},
      {2, milliseconds(5100), milliseconds(400), Kill{{Target::leader}}, 991},
      {3, milliseconds(9000), milliseconds(400), Pause{{.target = Target::named, .named = {"n3", "n1"}}}, 17},
      {4, milliseconds(9001), milliseconds(1), Stop{{Target::minority_third}}, 0},
      {5, milliseconds(9002), milliseconds(1), Transfer{}, 1},
      {6, milliseconds(9003), milliseconds(1), Membership{MembershipKind::remove_leader, 4}, 2},
  };
  EXPECT_EQ(to_json_lines(schedule),
            R"({"id":1,"at":812000000,"lasting":2100000000,"f":"partition","kind":"halves","draw":8034}
{"id":2,"at":5100000000,"lasting":400000000,"f":"kill","target":"leader","draw":991}
{"id":3,"at":9000000000,"lasting":400000000,"f":"pause","target":["n1","n3"],"draw":17}
{"id":4,"at":9001000000,"lasting":1000000,"f":"stop","target":"minority-third","draw":0}
{"id":5,"at":9002000000,"lasting":1000000,"f":"transfer","draw":1}
{"id":6,"at":9003000000,"lasting":1000000,"f":"membership","kind":"remove-leader","least-voters":4,"draw":2}
)");
}

}  // namespace
}  // namespace ordeal::nemesis
