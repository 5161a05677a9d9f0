// The packet injector of nemesis/inject on the real network of a sandbox. Here, since nemesis must not know the
// harness.

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "harness/sandbox/sandbox.h"
#include "harness/sandbox/testing/links.h"
#include "harness/sandbox/testing/world.h"
#include "nemesis/inject/injector.h"
#include "nemesis/inject/namespace_visit.h"
#include "nemesis/inject/packet_watch.h"

namespace ordeal::harness {
namespace {

using nemesis::Evidence;
using nemesis::Grudge;
using nemesis::LinkChoice;
using nemesis::PacketKind;
using nemesis::Packets;
using nemesis::Scope;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct World {
  explicit World(int nodes) : network(nodes), links(network), injector(nemesis::make_packet_injector(links)) {
    for (const SandboxNode& node : network.nodes()) sockets.push_back(testing::udp_in(node));
  }
  // Sends `count` datagrams, numbered from `first`, from n1 to n2.
  void send(int count, int first = 0) {
    for (int i = 0; i < count; ++i) testing::send_udp(sockets[0], network.nodes()[1], first + i);
  }
  // What n2 has got when nothing more came for so long.
  std::vector<int> heard(milliseconds silence = milliseconds(300)) {
    std::vector<int> numbers;
    for (int number = 0; testing::receive_udp(sockets[1], number, silence);) numbers.push_back(number);
    return numbers;
  }
  void warm_up() {
    if (!testing::eventually([&] { return send(1), !heard(milliseconds(100)).empty(); }))
      throw std::runtime_error("the network does not work");
  }
  Evidence strike(std::uint64_t id, const Packets& fault, Grudge where = {{"n2", {"n1"}}}) {
    return injector->inject(id, fault, {.links = std::move(where)});
  }

  Network network;
  testing::Links links;
  std::unique_ptr<nemesis::Injector> injector;
  std::vector<int> sockets;
};

void in_world(int nodes, const std::function<void(World&)>& body) {
  EXPECT_EQ(testing::in_fresh_process([&] {
              return run_in_sandbox([&] {
                World world(nodes);
                world.warm_up();
                body(world);
                return ::testing::Test::HasFailure() ? 1 : 0;
              });
            }),
            0);
}

std::int64_t count_of(const Evidence& evidence, const std::string& name) {
  for (const auto& [key, value] : evidence.counts)
    if (key == name) return value;
  return 0;
}

Packets fault_of(PacketKind kind, int percent = 20) {
  Packets fault{.kind = kind};
  fault.settings.percent = percent;
  return fault;
}

TEST(PacketInjector, DelayedPacketsComeAllAndLate) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_queue());
  in_world(2, [](World& world) {
    EXPECT_FALSE(world.strike(1, fault_of(PacketKind::delay)).effect);  // nothing was sent yet
    const auto sent = steady_clock::now();
    world.send(1);
    EXPECT_EQ(world.heard(milliseconds(2000)).size(), 1U);
    world.send(50);
    EXPECT_EQ(world.heard().size(), 50U);
    EXPECT_GE(steady_clock::now() - sent, milliseconds(20));
    const Evidence evidence = world.injector->heal(1);
    EXPECT_TRUE(evidence.effect) << evidence.note;
    EXPECT_EQ(count_of(evidence, "delayed"), 51);
    EXPECT_GT(count_of(evidence, "mean_delay_us"), 30'000);
    EXPECT_EQ(evidence.note, "n1>n2 51 of 51");
  });
}

TEST(PacketInjector, WhatIsLostNeverComesAndIsCounted) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_queue());
  in_world(2, [](World& world) {
    world.strike(1, fault_of(PacketKind::loss, 50));
    world.send(200);
    const auto heard = static_cast<std::int64_t>(world.heard().size());
    const Evidence evidence = world.injector->heal(1);
    EXPECT_TRUE(evidence.effect);
    EXPECT_EQ(count_of(evidence, "packets"), 200);
    EXPECT_EQ(count_of(evidence, "lost"), 200 - heard);
    world.send(20);
    EXPECT_EQ(world.heard().size(), 20U);  // it is healed
  });
}

TEST(PacketInjector, DuplicatesComeTwice) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_queue());
  in_world(2, [](World& world) {
    world.strike(1, fault_of(PacketKind::duplicate, 100));
    world.send(3, 10);
    EXPECT_THAT(world.heard(), ::testing::UnorderedElementsAre(10, 10, 11, 11, 12, 12));
    const Evidence evidence = world.injector->heal(1);
    EXPECT_EQ(count_of(evidence, "duplicated"), 3);
    EXPECT_EQ(count_of(evidence, "packets"), 3);  // a copy is not queued again
  });
}

TEST(PacketInjector, ReorderedPacketsOvertakeOthers) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_queue());
  in_world(2, [](World& world) {
    world.strike(1, fault_of(PacketKind::reorder, 50));
    world.send(200);
    const std::vector<int> heard = world.heard();
    EXPECT_EQ(heard.size(), 200U);
    EXPECT_FALSE(std::is_sorted(heard.begin(), heard.end()));
    EXPECT_GT(count_of(world.injector->heal(1), "overtaken"), 0);
  });
}

TEST(PacketInjector, ACorruptedPacketReachesTheProgramOnlyWithAMendedChecksum) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_queue());
  in_world(2, [](World& world) {
    world.strike(1, fault_of(PacketKind::corrupt, 100));
    world.send(5, 1000);
    EXPECT_THAT(world.heard(), ::testing::IsEmpty());
    EXPECT_EQ(count_of(world.injector->heal(1), "corrupted"), 5);
    world.strike(2, fault_of(PacketKind::corrupt_payload, 100));
    world.send(5, 1000);
    const std::vector<int> heard = world.heard();
    ASSERT_EQ(heard.size(), 5U);
    int sent = 1000;
    for (const int got : heard) EXPECT_EQ(__builtin_popcount(static_cast<unsigned>(got ^ sent++)), 1);
    EXPECT_EQ(count_of(world.injector->heal(2), "corrupted"), 5);
  });
}

TEST(PacketInjector, ANarrowLinkTakesItsTime) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_queue());
  in_world(2, [](World& world) {
    Packets fault = fault_of(PacketKind::rate);
    fault.settings.kbit = 64;  // 8000 bytes a second; a datagram has 32 bytes with its headers
    world.strike(1, fault);
    const auto sent = steady_clock::now();
    world.send(50);
    EXPECT_EQ(world.heard().size(), 50U);
    EXPECT_GE(steady_clock::now() - sent, milliseconds(200));
    EXPECT_EQ(count_of(world.injector->heal(1), "delayed"), 50);
  });
}

TEST(PacketInjector, FaultsOfTheSameLinkAddUpAndHealOneByOne) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_queue());
  in_world(2, [](World& world) {
    world.strike(1, fault_of(PacketKind::duplicate, 100));
    world.strike(2, fault_of(PacketKind::delay));
    world.send(2);
    EXPECT_EQ(world.heard().size(), 4U);
    EXPECT_EQ(count_of(world.injector->heal(1), "duplicated"), 2);
    world.send(2);
    EXPECT_EQ(world.heard().size(), 2U);
    EXPECT_EQ(count_of(world.injector->heal(2), "delayed"), 4);
  });
}

TEST(PacketInjector, APartitionDropsWhatComesOutOfTheQueue) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_queue());
  in_world(2, [](World& world) {
    const auto partitions = nemesis::make_link_injector(world.links);
    world.strike(1, fault_of(PacketKind::delay));
    partitions->inject(2, nemesis::Partition{}, {.grudge = {{"n2", {"n1"}}}});
    world.send(4);
    EXPECT_TRUE(world.heard().empty());
    EXPECT_EQ(count_of(partitions->heal(2), "dropped_packets"), 4);
    EXPECT_EQ(count_of(world.injector->heal(1), "delayed"), 4);
  });
}

TEST(PacketInjector, StrikesOnlyTheLinkThatWasMeantAndSaysWhenNothingCame) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_queue());
  in_world(2, [](World& world) {
    world.strike(1, fault_of(PacketKind::loss, 100), {{"n1", {"n2", "clients"}}, {"clients", {"n1"}}});
    world.send(5);
    EXPECT_EQ(world.heard().size(), 5U);
    const Evidence evidence = world.injector->heal(1);
    EXPECT_FALSE(evidence.effect);
    EXPECT_EQ(count_of(evidence, "links"), 3);
    EXPECT_EQ(evidence.note, "no packet came over these links");
  });
}

TEST(PacketInjector, WhatIsHeldWhenItHealsStillComes) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_queue());
  in_world(2, [](World& world) {
    Packets fault = fault_of(PacketKind::delay);
    fault.settings.delay = std::chrono::seconds(2);
    world.strike(1, fault);
    world.send(3);
    world.injector->heal(1);
    EXPECT_EQ(world.heard(milliseconds(3000)).size(), 3U);
    world.strike(2, fault);
    world.send(3);
    world.injector.reset();  // the rule is still there, and nobody listens
    world.send(3, 100);
    EXPECT_THAT(world.heard(), ::testing::UnorderedElementsAre(0, 1, 2, 100, 101, 102));
  });
}

TEST(PacketInjector, TcpSurvivesEveryKindAtOnce) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_queue());
  in_world(2, [](World& world) {
    const auto& nodes = world.network.nodes();
    testing::listener_in(nodes[1]);
    std::uint64_t id = 0;
    for (const PacketKind kind : {PacketKind::delay, PacketKind::loss, PacketKind::duplicate, PacketKind::reorder,
                                  PacketKind::corrupt, PacketKind::rate}) {
      world.strike(++id, fault_of(kind), {{"n1", {"n2"}}, {"n2", {"n1"}}});
    }
    EXPECT_TRUE(testing::eventually([&] { return testing::connects(nodes[0], nodes[1].address, milliseconds(5000)); }));
    while (id > 0) world.injector->heal(id--);
  });
}

// Both ends of a TCP connection from n1 to n2.
struct Connection {
  Connection(World& world, int listener) {
    dialled = testing::dial(world.network.nodes()[0], world.network.nodes()[1].address);
    accepted = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  }
  ~Connection() { close(dialled), close(accepted); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  int dialled = -1, accepted = -1;
};

bool was_reset(int socket) {
  char byte = 0;
  return recv(socket, &byte, 1, MSG_DONTWAIT) < 0 && errno == ECONNRESET;
}

TEST(PacketInjector, AResetEndsAConnectionAtBothEndsAndTheNextOneLives) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_queue());
  in_world(2, [](World& world) {
    const int listener = testing::listener_in(world.network.nodes()[1]);
    const Connection old(world, listener);
    Packets fault = fault_of(PacketKind::reset);
    fault.settings.period = std::chrono::minutes(1);
    world.strike(1, fault);
    ASSERT_EQ(send(old.dialled, "x", 1, MSG_NOSIGNAL), 1);
    EXPECT_TRUE(testing::eventually([&] { return was_reset(old.accepted); }));
    EXPECT_TRUE(testing::eventually([&] { return was_reset(old.dialled); }));
    const Connection next(world, listener);
    char byte = 0;
    ASSERT_EQ(send(next.dialled, "y", 1, MSG_NOSIGNAL), 1);
    EXPECT_EQ(recv(next.accepted, &byte, 1, 0), 1);
    const Evidence evidence = world.injector->heal(1);
    EXPECT_TRUE(evidence.effect) << evidence.note;
    EXPECT_EQ(count_of(evidence, "resets"), 1);
  });
}

TEST(PacketInjector, WhatComesLateIsOvertakenByTheNextConnection) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_queue());
  in_world(2, [](World& world) {
    const int listener = testing::listener_in(world.network.nodes()[1]);
    const Connection old(world, listener);
    Packets fault = fault_of(PacketKind::late);
    fault.settings.period = std::chrono::seconds(3);
    world.strike(1, fault);
    ASSERT_EQ(send(old.dialled, "old", 3, MSG_NOSIGNAL), 3);
    EXPECT_TRUE(testing::eventually([&] {  // its sender is told, and only its sender
      std::this_thread::sleep_for(milliseconds(20));
      return send(old.dialled, ".", 1, MSG_NOSIGNAL) < 0;
    }));
    const Connection next(world, listener);
    std::string got(3, ' ');
    ASSERT_EQ(send(next.dialled, "new", 3, MSG_NOSIGNAL), 3);
    EXPECT_EQ(recv(next.accepted, got.data(), 3, MSG_WAITALL), 3);
    EXPECT_EQ(got, "new");
    EXPECT_LT(recv(old.accepted, got.data(), 3, MSG_DONTWAIT), 0);
    EXPECT_EQ(errno, EAGAIN);
    EXPECT_EQ(recv(old.accepted, got.data(), 3, MSG_WAITALL), 3);
    EXPECT_EQ(got, "old");
    const Evidence evidence = world.injector->heal(1);
    EXPECT_TRUE(evidence.effect) << evidence.note;
    EXPECT_GT(count_of(evidence, "overtaken"), 0);
    EXPECT_GT(count_of(evidence, "resets"), 0);
  });
}

TEST(LinkInjector, APartitionOfTheirPortLeavesOtherPortsOpen) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_partition());
  in_world(2, [](World& world) {
    const auto partitions = nemesis::make_link_injector(world.links);
    const auto& nodes = world.network.nodes();
    testing::listener_in(nodes[1]);
    const nemesis::Partition peers{nemesis::PartitionKind::halves, Scope::peers};
    EXPECT_THROW(partitions->inject(1, peers, {.grudge = {{"n2", {"n1"}}}}), std::runtime_error);
    world.links.port = 7000;
    partitions->inject(2, peers, {.grudge = {{"n2", {"n1"}}}});
    EXPECT_FALSE(testing::connects(nodes[0], nodes[1].address, milliseconds(200)));
    world.send(3);
    EXPECT_EQ(world.heard().size(), 3U);
    EXPECT_TRUE(partitions->heal(2).effect);
    EXPECT_TRUE(testing::connects(nodes[0], nodes[1].address, milliseconds(5000)));
  });
}

TEST(LinkInjector, APartitionOfClientsCutsTheHarnessOffFromANode) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_partition());
  in_world(2, [](World& world) {
    const auto partitions = nemesis::make_link_injector(world.links);
    const auto& nodes = world.network.nodes();
    testing::listener_in(nodes[1]);
    const SandboxNode harness{.name = "clients",
                              .address = Network::harness_address(),
                              .network_namespace = world.links.network_namespace("clients")};
    for (const nemesis::Grudge& one_way : {Grudge{{"n2", {"clients"}}}, Grudge{{"clients", {"n2"}}}}) {
      EXPECT_TRUE(testing::connects(harness, nodes[1].address, milliseconds(5000)));
      partitions->inject(1, nemesis::Partition{}, {.grudge = one_way});
      EXPECT_FALSE(testing::connects(harness, nodes[1].address, milliseconds(200)));
      EXPECT_TRUE(testing::connects(nodes[0], nodes[1].address, milliseconds(5000)));
      EXPECT_TRUE(partitions->heal(1).effect);
    }
  });
}

TEST(PacketInjector, WithoutThePortOfThePeersThatScopeIsRefused) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_queue());
  in_world(2, [](World& world) {
    Packets fault = fault_of(PacketKind::loss, 100);
    fault.scope = Scope::peers;
    try {
      world.strike(1, fault);
      ADD_FAILURE() << "was not refused";
    } catch (const std::runtime_error& error) {
      EXPECT_THAT(error.what(), ::testing::HasSubstr("peer_port"));
    }
    const auto& nodes = world.network.nodes();
    testing::listener_in(nodes[1]);
    world.links.port = 7000;
    world.strike(1, fault);
    EXPECT_FALSE(testing::connects(nodes[0], nodes[1].address, milliseconds(200)));
    world.injector->heal(1);
    world.links.port = 7001;
    world.strike(2, fault);
    EXPECT_TRUE(testing::connects(nodes[0], nodes[1].address, milliseconds(5000)));
  });
}

// A TCP connection from n1 to `port` of n2, both ends in this process.
struct PeerConnection {
  PeerConnection(const World& world, std::uint16_t port) {
    const auto in = [&](std::size_t number) {
      const SandboxNode& node = world.network.nodes()[number];
      const nemesis::NamespaceVisit visit(node.network_namespace, node.name);
      return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    };
    const int listener = in(1);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    const int yes = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("bind");
    if (listen(listener, 1) != 0) throw std::runtime_error("listen");
    sender = in(0);
    setsockopt(sender, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    inet_pton(AF_INET, world.network.nodes()[1].address.c_str(), &address.sin_addr);
    if (connect(sender, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("connect");
    receiver = accept(listener, nullptr, nullptr);
    close(listener);
  }
  ~PeerConnection() { close(sender), close(receiver); }
  // What has come when nothing more came for so long.
  std::string heard(milliseconds silence = milliseconds(200)) const {
    std::string text;
    pollfd polled{.fd = receiver, .events = POLLIN, .revents = 0};
    for (char byte = 0; poll(&polled, 1, static_cast<int>(silence.count())) == 1 && read(receiver, &byte, 1) == 1;)
      text += byte;
    return text;
  }
  void send(char byte) const {
    if (write(sender, &byte, 1) != 1) throw std::runtime_error("write");
  }
  int sender = -1, receiver = -1;
};

TEST(PacketWatch, ThePacketThatWasWaitedForAndAllBehindItStandStillUntilTheWatchEnds) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_queue());
  in_world(2, [](World& world) {
    world.links.port = 7100;
    const PeerConnection connection(world, 7100);
    nemesis::PacketWatch watch(world.links);
    std::atomic<bool> seen = false;
    watch.begin(1, 3, [&seen] { seen = true; });
    connection.send('a');
    EXPECT_EQ(connection.heard(), "a") << "nobody's packets count yet";
    watch.follow(1, "n1");
    connection.send('b');
    EXPECT_EQ(connection.heard(), "b");
    connection.send('c');
    EXPECT_EQ(connection.heard(), "c");
    EXPECT_FALSE(seen);
    EXPECT_FALSE(watch.seen(1));
    connection.send('d');
    EXPECT_TRUE(testing::eventually([&] { return seen.load(); }));
    connection.send('e');
    EXPECT_EQ(connection.heard(), "");
    EXPECT_EQ(watch.seen(1), (std::pair<nemesis::Node, nemesis::Node>("n1", "n2")));
    watch.end(1);
    EXPECT_EQ(connection.heard(milliseconds(1000)), "de");
  });
}

TEST(PacketWatch, WithoutThePortOfThePeersItSaysWhatIsMissing) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_queue());
  in_world(2, [](World& world) {
    nemesis::PacketWatch watch(world.links);
    try {
      watch.begin(1, 3, [] {});
      ADD_FAILURE() << "it began";
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(),
                   "watching packets: the port of the peers is not known; write peer_port into the target's file");
    }
  });
}

}  // namespace
}  // namespace ordeal::harness
