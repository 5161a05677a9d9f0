#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <netdb.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "harness/sandbox/sandbox.h"
#include "harness/sandbox/testing/world.h"

namespace ordeal::harness {
namespace {

using std::chrono::milliseconds;
using testing::in_fresh_process;

// Runs `body` with a network in a sandbox; a failed expectation inside fails the test outside.
void with_network(int nodes, const std::function<void(const Network&)>& body) {
  EXPECT_EQ(in_fresh_process([&] {
              return run_in_sandbox([&] {
                const Network network(nodes);
                body(network);
                return ::testing::Test::HasFailure() ? 1 : 0;
              });
            }),
            0);
}

std::string resolved(const std::string& name) {
  addrinfo *found = nullptr, hints{};
  hints.ai_family = AF_INET;
  if (getaddrinfo(name.c_str(), nullptr, &hints, &found) != 0) return "unknown";
  std::array<char, INET_ADDRSTRLEN> text{};
  inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(found->ai_addr)->sin_addr, text.data(), text.size());
  freeaddrinfo(found);
  return text.data();
}

TEST(Network, NamesResolve) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  with_network(12, [](const Network& network) {
    for (const SandboxNode& node : network.nodes()) EXPECT_EQ(resolved(node.name), node.address);
    EXPECT_EQ(resolved("n12"), "10.77.0.12");
    EXPECT_EQ(resolved("ordeal"), Network::harness_address());
    EXPECT_EQ(resolved("localhost"), "127.0.0.1");
  });
}

TEST(Network, EveryNodeReachesEveryNodeItselfAndTheHarness) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  with_network(3, [](const Network& network) {
    for (const SandboxNode& node : network.nodes()) testing::listener_in(node);
    for (const SandboxNode& from : network.nodes())
      for (const SandboxNode& to : network.nodes())
        EXPECT_TRUE(testing::connects(from, to.address, milliseconds(5000))) << from.name << " to " << to.name;
    const int harness = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(7000);
    inet_pton(AF_INET, network.nodes()[2].address.c_str(), &address.sin_addr);
    EXPECT_EQ(connect(harness, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  });
}

TEST(Network, LinksBetweenNodesHaveNoIpv6) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  with_network(1, [](const Network& network) {
    const testing::InNode inside(network.nodes()[0]);
    std::ifstream addresses("/proc/thread-self/net/if_inet6");
    for (std::string line; std::getline(addresses, line);) EXPECT_NE(line.find(" lo"), std::string::npos) << line;
  });
}

TEST(Network, ANodeHasItsNameAndItsInterfacesOnly) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  with_network(2, [](const Network& network) {
    const pid_t child = fork();
    if (child == 0) {
      std::array<char, 64> name{};
      if (enter_node(network.nodes()[1]) != 0) _exit(1);
      gethostname(name.data(), name.size());
      const bool own_links = if_nametoindex("eth0") != 0 && if_nametoindex("lo") == 1 && if_nametoindex("ordeal") == 0;
      _exit(std::string("n2") == name.data() && own_links ? 0 : 2);
    }
    EXPECT_EQ(testing::await_exit_code(child), 0);
    std::array<char, 64> name{};
    gethostname(name.data(), name.size());
    EXPECT_STREQ(name.data(), "ordeal");
  });
}

TEST(Network, EnteringANodeThatIsNotThereReturnsTheError) {
  EXPECT_EQ(enter_node({.name = "n1", .address = "", .network_namespace = -1}), EBADF);
}

TEST(Network, AsManyNodesAsAddresses) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  with_network(250, [](const Network& network) {
    testing::listener_in(network.nodes()[249]);
    EXPECT_TRUE(testing::connects(network.nodes()[0], "10.77.0.250", milliseconds(5000)));
  });
}

TEST(Network, TwoSandboxesAtOnceDoNotDisturbEachOther) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  const auto listen_and_connect = [] {
    return run_in_sandbox([] {
      const Network network(2);
      const int listener = testing::listener_in(network.nodes()[1]);
      for (int i = 0; i < 200; ++i) {
        if (!testing::connects(network.nodes()[0], "10.77.0.2", milliseconds(5000))) return 1;
        close(accept(listener, nullptr, nullptr));
      }
      return 0;
    });
  };
  const pid_t one = testing::start_fresh_process(listen_and_connect);
  const pid_t other = testing::start_fresh_process(listen_and_connect);
  EXPECT_EQ(testing::await_exit_code(one), 0);
  EXPECT_EQ(testing::await_exit_code(other), 0);
}

TEST(NetworkDeathTest, IsNeverMadeOutsideASandbox) {
  EXPECT_DEATH(Network(1), "inside_sandbox");
}

// No statement about speed: it prints what a run pays.
TEST(Network, PrintsHowLongASandboxOfFiveNodesTakes) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  using Clock = std::chrono::steady_clock;
  const auto ms = [](Clock::duration d) { return std::chrono::duration<double, std::milli>(d).count(); };
  EXPECT_EQ(in_fresh_process([&] {
              const auto began = Clock::now();
              Clock::time_point entered;
              const int code = run_in_sandbox([&] {
                entered = Clock::now();
                const Network network(5);
                std::printf("entered after %.1f ms, network of 5 nodes after another %.1f ms\n", ms(entered - began),
                            ms(Clock::now() - entered));
                return 0;
              });
              std::printf("began, did nothing and ended in %.1f ms\n", ms(Clock::now() - began));
              return code;
            }),
            0);
}

}  // namespace
}  // namespace ordeal::harness
