#include "harness/config/client_abilities.h"

#include <gmock/gmock.h>

#include "harness/config/config_error.h"

namespace ordeal::harness {
namespace {

using testing::HasSubstr;

TEST(ClientAbilities, RaftdCanDoEverything) {
  for (const std::string f : {"read", "write", "cas", "add", "increment"}) {
    for (const std::string mode : {"linearizable", "lease", "follower", "local"}) {
      EXPECT_EQ(why_not_able({ClientKind::raftd}, f, mode), "");
    }
  }
}

TEST(ClientAbilities, EtcdHasNeitherSessionsNorLeasesOfTheLeader) {
  const ClientSpec etcd{ClientKind::etcd_v3};
  for (const std::string f : {"read", "write", "cas", "add"}) EXPECT_EQ(why_not_able(etcd, f, "linearizable"), "");
  for (const std::string mode : {"linearizable", "follower", "local"}) EXPECT_EQ(why_not_able(etcd, "read", mode), "");
  EXPECT_THAT(why_not_able(etcd, "increment", "linearizable"), HasSubstr("sessions"));
  EXPECT_THAT(why_not_able(etcd, "read", "lease"), HasSubstr("lease"));
  EXPECT_EQ(why_not_able(etcd, "write", "lease"), "");
}

std::string refusal(const workloads::WorkloadSpec& workload, ClientKind kind) {
  Target target;
  target.name = "t";
  target.client = {kind};
  try {
    require_client_for(workload, target, "plan.yaml");
    return "accepted";
  } catch (const ConfigError& error) {
    return error.what();
  }
}

TEST(ClientAbilities, AWorkloadThatTheClientCannotDoIsRefusedBeforeAnythingStarts) {
  workloads::RegisterSpec leases;
  leases.read = "lease";
  EXPECT_EQ(refusal(workloads::CounterSpec{}, ClientKind::raftd), "accepted");
  EXPECT_EQ(refusal(workloads::RegisterSpec{}, ClientKind::etcd_v3), "accepted");
  EXPECT_EQ(refusal(workloads::SetSpec{}, ClientKind::etcd_v3), "accepted");
  EXPECT_THAT(refusal(workloads::CounterSpec{}, ClientKind::etcd_v3),
              HasSubstr("plan.yaml: workload counter: a client of t cannot increment"));
  EXPECT_THAT(refusal(leases, ClientKind::etcd_v3),
              HasSubstr("plan.yaml: workload register: a client of t cannot read"));
}

}  // namespace
}  // namespace ordeal::harness
