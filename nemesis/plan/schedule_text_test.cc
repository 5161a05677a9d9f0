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
      {7, milliseconds(9004), milliseconds(1), PowerFailure{{Target::all}, Torn::draw}, 3},
      {8, milliseconds(9005), milliseconds(1), IoError{{Target::one}, DiskCall::fsync, DiskError::eio}, 4},
      {9, milliseconds(9006), milliseconds(1), SlowDisk{{Target::leader}, milliseconds(50)}, 5},
      {10, milliseconds(9007), milliseconds(1), DiskFull{{Target::one}}, 6},
      {11, milliseconds(9008), milliseconds(1), Partition{PartitionKind::bridge, Scope::peers}, 3},
      {12, milliseconds(9008), milliseconds(1), Packets{.kind = PacketKind::loss, .links = LinkChoice::leader}, 3},
      {13, milliseconds(9004), milliseconds(1),
       ClockChange{.selector = {Target::leader},
                   .kind = ClockKind::strobe,
                   .clock = ClockFace::wall,
                   .by = milliseconds(-60),
                   .period = milliseconds(8)},
       3},
      {14, milliseconds(9009), milliseconds(1), CorruptFile{{Target::one}, CorruptKind::truncate, true}, 7},
      {15, milliseconds(9010), milliseconds(1), Partition{PartitionKind::graph, Scope::peers, 63}, 8},
      {16, milliseconds(9010), milliseconds(1), CrashLoop{.selector = {Target::leader}, .times = 3}, 8},
      {17, milliseconds(9011), milliseconds(1), Starve{{Target::one}, 7, milliseconds(50)}, 9},
      {18, milliseconds(9012), milliseconds(1), Upgrade{{Target::all}, true}, 9},
  };
  EXPECT_EQ(to_json_lines(schedule),
            R"({"id":1,"at":812000000,"lasting":2100000000,"f":"partition","kind":"halves","draw":8034}
{"id":2,"at":5100000000,"lasting":400000000,"f":"kill","target":"leader","draw":991}
{"id":3,"at":9000000000,"lasting":400000000,"f":"pause","target":["n1","n3"],"draw":17}
{"id":4,"at":9001000000,"lasting":1000000,"f":"stop","target":"minority-third","draw":0}
{"id":5,"at":9002000000,"lasting":1000000,"f":"transfer","draw":1}
{"id":6,"at":9003000000,"lasting":1000000,"f":"membership","kind":"remove-leader","least-voters":4,"draw":2}
{"id":7,"at":9004000000,"lasting":1000000,"f":"power-failure","target":"all","torn":"draw","draw":3}
{"id":8,"at":9005000000,"lasting":1000000,"f":"io-error","target":"one","call":"fsync","error":"EIO","draw":4}
{"id":9,"at":9006000000,"lasting":1000000,"f":"slow-disk","target":"leader","delay":50000000,"draw":5}
{"id":10,"at":9007000000,"lasting":1000000,"f":"disk-full","target":"one","draw":6}
{"id":11,"at":9008000000,"lasting":1000000,"f":"partition","kind":"bridge","scope":"peers","draw":3}
{"id":12,"at":9008000000,"lasting":1000000,"f":"packets","kind":"loss","links":"leader","scope":"all",)"
            R"("delay":50000000,"jitter":10000000,"distribution":"normal","delay-correlation":25,"percent":20,)"
            R"("correlation":75,"kbit":1000,"period":500000000,"draw":3}
{"id":13,"at":9004000000,"lasting":1000000,"f":"clock","target":"leader","kind":"strobe","clock":"wall","by":-60000000,"rate-ppm":1000000,"period":8000000,"draw":3}
{"id":14,"at":9009000000,"lasting":1000000,"f":"corrupt-file","target":"one","kind":"truncate","beyond-minority":true,"draw":7}
{"id":15,"at":9010000000,"lasting":1000000,"f":"partition","kind":"graph","graph":63,"scope":"peers","draw":8}
{"id":16,"at":9010000000,"lasting":1000000,"f":"crash-loop","target":"leader","times":3,"alive":[2000000,500000000],"down":[1000000,20000000],"draw":8}
{"id":17,"at":9011000000,"lasting":1000000,"f":"starve","target":"one","share":7,"period":50000000,"draw":9}
{"id":18,"at":9012000000,"lasting":1000000,"f":"upgrade","target":"all","keep":true,"draw":9}
)");
}

}  // namespace
}  // namespace ordeal::nemesis
