#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "harness/sandbox/probe_packets.h"
#include "harness/sandbox/sandbox.h"
#include "harness/sandbox/testing/world.h"

namespace ordeal::harness {
namespace {

TEST(Probe, EveryLineSaysHowItWorksOrWhatHelps) {
  const auto probes = probe_machine();
  EXPECT_EQ(probes.size(), 13u);
  for (const Probe& probe : probes) {
    EXPECT_FALSE(probe.detail.empty()) << probe.what;
    EXPECT_EQ(probe.cure.empty(), probe.works) << probe.what << ": " << probe.detail;
  }
}

TEST(Probe, WhereNoNodeCanBeMadeNoPacketCanBeStruckAndTheCureIsSaid) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_queue());
  EXPECT_TRUE(probe_packets().works);
  EXPECT_EQ(testing::in_user_namespace(0,
                                       [] {
                                         std::ofstream("/proc/sys/user/max_net_namespaces") << "0";
                                         const Probe probe = probe_packets();
                                         return !probe.works && !probe.cure.empty() ? 0 : 1;
                                       }),
            0);
}

TEST(Probe, AForbiddenNamespaceIsNamedWithItsSysctlAndTheRestIsStillTried) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  EXPECT_EQ(testing::in_user_namespace(
                0,
                [] {
                  std::ofstream("/proc/sys/user/max_net_namespaces") << "0";
                  for (const Probe& probe : probe_machine()) {
                    const bool needs_network = probe.what == "network namespace" || probe.what == "sandbox" ||
                                               probe.what == "network of nodes" || probe.what == "iptables in a node" ||
                                               probe.what == "queue of packets in a node";
                    EXPECT_EQ(probe.works, !needs_network) << probe.what << ": " << probe.detail;
                    EXPECT_EQ(probe.cure, needs_network ? "sudo sysctl -w user.max_net_namespaces=15000" : "");
                  }
                  return ::testing::Test::HasFailure() ? 1 : 0;
                }),
            0);
}

}  // namespace
}  // namespace ordeal::harness
