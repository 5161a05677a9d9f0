// The link injector of nemesis/inject on the real network of a sandbox. Here, since nemesis must not know the harness.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <stdexcept>
#include <thread>

#include "harness/sandbox/sandbox.h"
#include "harness/sandbox/testing/links.h"
#include "harness/sandbox/testing/world.h"
#include "nemesis/inject/injector.h"
#include "nemesis/inject/iptables.h"

namespace ordeal::harness {
namespace {

using nemesis::Evidence;
using nemesis::Grudge;
using nemesis::Node;
using nemesis::Partition;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

// A sandbox with a network, an injector, and a socket in each node.
struct World {
  explicit World(int nodes) : network(nodes), links(network), injector(nemesis::make_link_injector(links)) {
    for (const SandboxNode& node : network.nodes()) sockets.push_back(testing::udp_in(node));
  }
  // One packet from each node to each other node: "n1<n2" for each that arrived. A packet between namespaces of one
  // machine is delivered (or dropped) while it is sent, once the neighbours know each other, which warm_up() awaits.
  std::string heard() {
    std::string links_that_work;
    for (std::size_t to = 0; to < sockets.size(); ++to)
      for (std::size_t from = 0; from < sockets.size(); ++from) {
        if (from == to) continue;
        testing::send_udp(sockets[from], network.nodes()[to], ++packets);
        if (testing::receives(sockets[to], packets, milliseconds(100)))
          links_that_work +=
              (links_that_work.empty() ? "" : " ") + network.nodes()[to].name + "<" + network.nodes()[from].name;
      }
    return links_that_work;
  }
  void warm_up(const std::string& all) {
    if (!testing::eventually([&] { return heard() == all; })) throw std::runtime_error("the network does not work");
  }
  Evidence cut(std::uint64_t id, Grudge grudge) {
    return injector->inject(id, Partition{}, {.nodes = {}, .grudge = std::move(grudge)});
  }

  Network network;
  testing::Links links;
  std::unique_ptr<nemesis::Injector> injector;
  std::vector<int> sockets;
  int packets = 0;
};

void in_world(int nodes, const std::function<void(World&)>& body) {
  EXPECT_EQ(testing::in_fresh_process([&] {
              return run_in_sandbox([&] {
                World world(nodes);
                body(world);
                return ::testing::Test::HasFailure() ? 1 : 0;
              });
            }),
            0);
}

std::int64_t count_of(const Evidence& evidence, const std::string& what) {
  for (const auto& [name, value] : evidence.counts)
    if (name == what) return value;
  return -1;
}

constexpr const char* all_of_three = "n1<n2 n1<n3 n2<n1 n2<n3 n3<n1 n3<n2";

TEST(LinkInjector, APartitionDropsExactlyTheGrudgeAndHeals) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_partition());
  struct Case {
    const char* name;
    Grudge grudge;
    std::string heard;
    std::int64_t dropped;
  };
  const Case cases[] = {
      {"isolate n1", {{"n1", {"n2", "n3"}}, {"n2", {"n1"}}, {"n3", {"n1"}}}, "n2<n3 n3<n2", 4},
      {"n1 hears nobody but is heard", {{"n1", {"n2", "n3"}}}, "n2<n1 n2<n3 n3<n1 n3<n2", 2},
      {"n1 is heard by nobody but hears", {{"n2", {"n1"}}, {"n3", {"n1"}}}, "n1<n2 n1<n3 n2<n3 n3<n2", 2},
      {"one link", {{"n3", {"n2"}}, {"n1", {}}}, "n1<n2 n1<n3 n2<n1 n2<n3 n3<n1", 1},
  };
  in_world(3, [&](World& world) {
    world.warm_up(all_of_three);
    std::uint64_t id = 0;
    for (const Case& c : cases) {
      SCOPED_TRACE(c.name);
      EXPECT_FALSE(world.cut(++id, c.grudge).effect);  // nothing was sent yet
      EXPECT_EQ(world.heard(), c.heard);
      const Evidence evidence = world.injector->heal(id);
      EXPECT_TRUE(evidence.effect);
      EXPECT_EQ(count_of(evidence, "dropped_packets"), c.dropped);
      EXPECT_EQ(count_of(evidence, "links_cut"), c.dropped);
      EXPECT_EQ(count_of(evidence, "links_that_dropped"), c.dropped);
      EXPECT_EQ(world.heard(), all_of_three);
    }
  });
}

TEST(LinkInjector, OverlappingPartitionsAreAUnionWithEvidenceOfEach) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_partition());
  in_world(3, [&](World& world) {
    world.warm_up(all_of_three);
    world.cut(1, {{"n1", {"n2"}}});
    EXPECT_EQ(world.heard(), "n1<n3 n2<n1 n2<n3 n3<n1 n3<n2");
    world.cut(2, {{"n1", {"n2", "n3"}}});
    EXPECT_EQ(world.heard(), "n2<n1 n2<n3 n3<n1 n3<n2");
    EXPECT_EQ(count_of(world.injector->heal(1), "dropped_packets"), 2);
    EXPECT_EQ(world.heard(), "n2<n1 n2<n3 n3<n1 n3<n2");
    const Evidence second = world.injector->heal(2);
    EXPECT_EQ(count_of(second, "dropped_packets"), 4);
    EXPECT_EQ(world.heard(), all_of_three);
  });
}

TEST(LinkInjector, APartitionThatMetNoPacketHadNoEffect) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_partition());
  in_world(3, [&](World& world) {
    world.cut(1, {{"n1", {"n2"}}});
    const Evidence evidence = world.injector->heal(1);
    EXPECT_FALSE(evidence.effect);
    EXPECT_EQ(evidence.note, "no packet met the partition");
    EXPECT_FALSE(world.cut(2, {}).effect);
    EXPECT_EQ(world.injector->heal(2).note, "nobody was to be cut off from anybody");
  });
}

TEST(LinkInjector, TheNoteNamesLinksThatDroppedNothing) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_partition());
  in_world(3, [&](World& world) {
    world.warm_up(all_of_three);
    world.cut(1, {{"n1", {"n2", "n3"}}});
    testing::send_udp(world.sockets[1], world.network.nodes()[0]);
    EXPECT_EQ(world.injector->heal(1).note, "dropped nothing: n1 from n3");
  });
}

TEST(LinkInjector, TcpStopsAcrossAPartitionAndOnlyThere) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_partition());
  in_world(3, [&](World& world) {
    for (const SandboxNode& node : world.network.nodes()) testing::listener_in(node);
    const auto& nodes = world.network.nodes();
    EXPECT_TRUE(testing::connects(nodes[0], nodes[1].address, milliseconds(5000)));
    world.cut(1, {{"n1", {"n2"}}, {"n2", {"n1"}}});
    EXPECT_FALSE(testing::connects(nodes[0], nodes[1].address, milliseconds(200)));
    EXPECT_TRUE(testing::connects(nodes[0], nodes[2].address, milliseconds(5000)));
    EXPECT_TRUE(testing::connects(nodes[2], nodes[1].address, milliseconds(5000)));
    EXPECT_TRUE(world.injector->heal(1).effect);
    EXPECT_TRUE(testing::connects(nodes[0], nodes[1].address, milliseconds(5000)));
  });
}

TEST(LinkInjector, WorksFromAnyThreadAndLeavesItInItsNamespace) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_partition());
  in_world(2, [&](World& world) {
    world.warm_up("n1<n2 n2<n1");
    std::thread([&] {
      const auto own = [] { return std::filesystem::read_symlink("/proc/thread-self/ns/net"); };
      const auto before = own();
      world.cut(1, {{"n1", {"n2"}}});
      EXPECT_EQ(own(), before);
    }).join();
    EXPECT_EQ(world.heard(), "n2<n1");
    std::thread([&] { EXPECT_TRUE(world.injector->heal(1).effect); }).join();
    EXPECT_EQ(world.heard(), "n1<n2 n2<n1");
  });
}

TEST(LinkInjector, AFailureInOneNodeLeavesNoRuleInTheOthers) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_partition());
  in_world(2, [&](World& world) {
    world.warm_up("n1<n2 n2<n1");
    try {
      world.cut(5, {{"n1", {"n2"}}, {"n2", {"n1", "nonsense"}}});
      ADD_FAILURE() << "n2 was not refused";
    } catch (const std::runtime_error& error) {
      EXPECT_THAT(error.what(), HasSubstr("partition 5: n2: "));
    }
    EXPECT_EQ(world.heard(), "n1<n2 n2<n1");
    world.cut(5, {{"n1", {"n2"}}});  // its number is free again
    EXPECT_EQ(world.heard(), "n2<n1");
  });
}

void without_iptables(const char* path, const std::function<void(World&)>& body) {
  in_world(1, [&](World& world) {
    setenv("PATH", path, 1);
    body(world);
  });
}

TEST(Iptables, RefusedRulesNameTheNodeTheProgramAndWhatItSaid) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_partition());
  without_iptables("", [](World& world) {  // it is found although an ordinary user's PATH lacks /usr/sbin
    nemesis::Iptables iptables;
    try {
      iptables.restore({{"n1", world.network.nodes()[0].network_namespace, "*filter\n-A NOWHERE -j DROP\nCOMMIT\n"}});
      ADD_FAILURE() << "was not refused";
    } catch (const std::runtime_error& error) {
      EXPECT_THAT(error.what(), HasSubstr("n1: "));
      EXPECT_THAT(error.what(), HasSubstr("sbin/iptables-restore: "));
      EXPECT_THAT(error.what(), HasSubstr("sudo modprobe"));
    }
  });
}

// No statement about speed: it prints what a partition costs.
TEST(LinkInjector, PrintsHowLongAPartitionOfFiveNodesTakes) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_partition());
  in_world(5, [&](World& world) {
    using Clock = std::chrono::steady_clock;
    const auto ms = [](Clock::duration d) { return std::chrono::duration<double, std::milli>(d).count(); };
    Grudge halves;
    for (const char* left : {"n1", "n2"})
      for (const char* right : {"n3", "n4", "n5"}) halves[left].insert(right), halves[right].insert(left);
    for (std::uint64_t id = 1; id <= 3; ++id) {
      const auto began = Clock::now();
      world.cut(id, halves);
      const auto cut = Clock::now();
      world.injector->heal(id);
      std::printf("cut in %.1f ms, counted and healed in %.1f ms\n", ms(cut - began), ms(Clock::now() - cut));
    }
  });
}

}  // namespace
}  // namespace ordeal::harness
