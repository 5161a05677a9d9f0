// The same class as in node_processes_test.cc, with nodes in namespaces of their own.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <fstream>
#include <iterator>
#include <thread>

#include "harness/cluster/testing/fake_cluster.h"
#include "harness/sandbox/testing/world.h"
#include "nemesis/inject/injector.h"
#include "nemesis/inject/process_state.h"
#include "nemesis/inject/program_seen.h"

namespace ordeal::harness {
namespace {

using ::testing::SizeIs;

// What is expected inside is printed there; outside only its success is seen.
int run_inside(const std::function<void()>& body) {
  return testing::in_fresh_process([&] {
    return run_in_sandbox([&] {
      body();
      return ::testing::Test::HasFailure() ? 1 : 0;
    });
  });
}

std::string namespace_of(pid_t pid, const char* kind) {
  return std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/ns/" + kind);
}

TEST(NodeProcessesInSandbox, EachNodeHasANetworkAndAHostNameOfItsOwn) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  EXPECT_EQ(0, run_inside([] {
              const Network network(2);
              FakeCluster cluster(network.nodes());
              cluster.start();
              EXPECT_EQ(cluster.processes->endpoint("n2"), "10.77.0.2:8100");
              EXPECT_EQ(cluster.tell("n1", "/host").body, "n1");
              EXPECT_EQ(cluster.tell("n2", "/host").body, "n2");
              EXPECT_EQ(cluster.tell("n1", "/descriptors").body, "0");
              const pid_t first = cluster.processes->processes("n1").at(0);
              const pid_t second = cluster.processes->processes("n2").at(0);
              for (const char* kind : {"net", "uts"}) {
                SCOPED_TRACE(kind);
                EXPECT_NE(namespace_of(first, kind), namespace_of(second, kind));
                EXPECT_NE(namespace_of(first, kind), namespace_of(::getpid(), kind));
              }
            }));
}

TEST(NodeProcessesInSandbox, ANodeIsKilledWithItsOrphansAndComesBackInItsNamespace) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  EXPECT_EQ(0, run_inside([] {
              const Network network(2);
              FakeCluster cluster(network.nodes());
              cluster.start();
              cluster.tell("n1", "/lead/4");
              EXPECT_TRUE(await([&] { return cluster.processes->leader() == "n1"; }));
              cluster.tell("n1", "/child");
              cluster.tell("n1", "/orphan");
              EXPECT_THAT(cluster.processes->processes("n1"), SizeIs(3));
              cluster.processes->expect_exit("n1");
              for (const pid_t pid : cluster.processes->processes("n1")) ::kill(pid, SIGKILL);
              EXPECT_EQ(cluster.processes->await_exit("n1", std::chrono::seconds(60)), "signal 9");
              EXPECT_EQ(cluster.processes->leader(), std::nullopt);
              cluster.start_again("n1");
              EXPECT_EQ(cluster.tell("n1", "/host").body, "n1");
              EXPECT_THAT(cluster.processes->processes("n1"), SizeIs(1));
              EXPECT_THAT(cluster.processes->stop_all(), SizeIs(0));
              EXPECT_THAT(cluster.processes->exits(), SizeIs(3));
            }));
}

// The clocks of two nodes at once, one of them started again meanwhile.
void change_clocks() {
  const Network network(2);
  FakeCluster cluster(network.nodes());
  cluster.processes->control_clocks();
  cluster.start();
  const auto off = [&](const std::string& node) {  // in hours
    const double shown = std::stod(cluster.tell(node, "/time").body);
    return std::lround((shown - static_cast<double>(std::time(nullptr))) / 3600);
  };
  EXPECT_EQ(off("n1"), 0);
  const std::unique_ptr<nemesis::Injector> clocks = nemesis::make_clock_injector(*cluster.processes);
  nemesis::ClockChange jump;
  jump.by = std::chrono::hours(-50);
  const nemesis::Evidence injected = clocks->inject(1, jump, {.nodes = {"n1"}});
  EXPECT_EQ(off("n1"), -50);
  EXPECT_EQ(off("n2"), 0);
  cluster.processes->expect_exit("n1");
  for (const pid_t pid : cluster.processes->processes("n1")) ::kill(pid, SIGKILL);
  EXPECT_EQ(cluster.processes->await_exit("n1", std::chrono::seconds(60)), "signal 9");
  cluster.start_again("n1");
  EXPECT_EQ(off("n1"), -50) << "the clock is the node's, not the process'";
  jump.by = std::chrono::hours(80);
  clocks->inject(2, jump, {.nodes = {"n1", "n2"}});
  EXPECT_EQ(off("n1"), 30) << "both count";
  EXPECT_EQ(off("n2"), 80);
  const nemesis::Evidence healed = clocks->heal(1);
  EXPECT_TRUE(healed.effect) << healed.note;
  EXPECT_EQ(healed.counts.at(0), (std::pair<std::string, std::int64_t>("clocks_off", 1)));
  EXPECT_EQ(off("n1"), 80);
  EXPECT_TRUE(clocks->heal(2).effect);
  EXPECT_EQ(off("n1"), 0);
  EXPECT_EQ(off("n2"), 0);
}

TEST(NodeProcessesInSandbox, TheClocksOfANodeAreChangedAndHealed) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  EXPECT_EQ(0, run_inside(change_clocks));
}

void drop_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> none{};
  if (::syscall(SYS_capset, &header, none.data()) != 0) throw std::runtime_error("capset");
}

TEST(NodeProcessesInSandbox, TheClocksOfANodeAreChangedWithoutRoot) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  EXPECT_EQ(0, testing::in_fresh_process([] {
              return testing::in_user_namespace(1000, [] {
                drop_capabilities();
                return run_in_sandbox([] {
                  change_clocks();
                  return ::testing::Test::HasFailure() ? 1 : 0;
                });
              });
            }));
}

// Nobody wrote down that its clocks may be changed, so they cannot be.
TEST(NodeProcessesInSandbox, ClocksThatAreNotUnderControlAreNotChangedSilently) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  EXPECT_EQ(0, run_inside([] {
              const Network network(1);
              FakeCluster cluster(network.nodes());
              cluster.start();
              EXPECT_THROW(cluster.processes->set_clocks("n1", {}), std::runtime_error);
            }));
}

std::string file_of(const FakeCluster& cluster, const std::string& node) {
  std::ifstream in(cluster.processes->data_folder(node) / "file");
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// Which exits were held to be the target's own doing.
std::vector<std::string> unexpected_exits(const FakeCluster& cluster) {
  std::vector<std::string> found;
  for (const NodeExit& exit : cluster.processes->exits())
    if (!exit.expected) found.push_back(exit.node + ": " + exit.status);
  return found;
}

// Runs `body` in a sandbox twice: as this user, and as one without any right.
void for_every_user(const std::function<void()>& body) {
  EXPECT_EQ(0, run_inside(body));
  if (::getuid() != 0) return;
  const auto as_nobody = [&] {
    if (::setgroups(0, nullptr) != 0 || ::setgid(65534) != 0 || ::setuid(65534) != 0) return 99;
    ::prctl(PR_SET_DUMPABLE, 1);  // a process that gave up its user may not map users else
    return run_inside(body);
  };
  EXPECT_EQ(0, testing::in_fresh_process(as_nobody));
}

TEST(NodeProcessesInSandbox, APowerFailureTakesWhatWasNotSyncedAndNothingElse) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  for_every_user([] {
    const Network network(2);
    FakeCluster cluster(network.nodes(), fake_target(), true);
    const auto processes = nemesis::make_process_injector(*cluster.processes);
    const auto disks = nemesis::make_disk_injector(*cluster.processes, *processes);
    cluster.start();
    for (const char* node : {"n1", "n2"}) {
      cluster.tell(node, "/append/safe");
      cluster.tell(node, "/sync");
      cluster.tell(node, "/append/gone");
    }
    const nemesis::PowerFailure fault{.selector = {}, .torn = nemesis::Torn::no};
    EXPECT_TRUE(disks->inject(1, fault, {.nodes = {"n1"}, .grudge = {}, .why_none = {}}).effect);
    EXPECT_EQ(file_of(cluster, "n1"), "safe");
    EXPECT_EQ(file_of(cluster, "n2"), "safegone");
    const nemesis::Evidence evidence = disks->heal(1);
    EXPECT_TRUE(evidence.effect);
    EXPECT_THAT(evidence.counts, ::testing::Contains(::testing::Pair("bytes_dropped", 4)));
    cluster.processes->await_ready(std::chrono::seconds(60));
    cluster.tell("n1", "/append/again");
    EXPECT_EQ(file_of(cluster, "n1"), "safeagain");
    EXPECT_THAT(unexpected_exits(cluster), SizeIs(0));
  });
}

TEST(NodeProcessesInSandbox, ANodeThatEndsAfterAnErrorOfItsDiskIsRightAndIsStartedAgain) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  for_every_user([] {
    const Network network(2);
    FakeCluster cluster(network.nodes(), fake_target(), true);
    const auto processes = nemesis::make_process_injector(*cluster.processes);
    const auto disks = nemesis::make_disk_injector(*cluster.processes, *processes);
    cluster.start();
    disks->inject(1, nemesis::IoError{}, {.nodes = {"n1"}, .grudge = {}, .why_none = {}});
    cluster.tell("n1", "/append/x");
    cluster.tell("n1", "/sync");
    const nemesis::Evidence evidence = disks->heal(1);
    EXPECT_TRUE(evidence.effect);
    EXPECT_THAT(evidence.counts, ::testing::Contains(::testing::Pair("calls_failed", 1)));
    EXPECT_THAT(evidence.note, ::testing::HasSubstr("n1 ended after the error: exit status 5"));
    cluster.processes->await_ready(std::chrono::seconds(60));
    EXPECT_THAT(unexpected_exits(cluster), SizeIs(0));
    cluster.tell("n2", "/exit/5");  // without an error it is the node's own doing
    EXPECT_TRUE(await([&] { return unexpected_exits(cluster).size() == 1; }));
  });
}

// The error may come before the call that starts the node has returned; found by a swarm of crash loops and errors.
TEST(NodeProcessesInSandbox, ANodeWhoseFirstSyncFailsIsExpectedToEndHoweverEarlyThatIs) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  EXPECT_EQ(0, run_inside([] {
              const Network network(1);
              Target target = fake_target();
              target.files.push_back({.path = "${data}/made", .text = "x"});
              target.command = {"/bin/sh", "-c", "sync ${data}/made || exit 3"};
              FakeCluster cluster(network.nodes(), target, true);
              const auto processes = nemesis::make_process_injector(*cluster.processes);
              const auto disks = nemesis::make_disk_injector(*cluster.processes, *processes);
              disks->inject(1, nemesis::IoError{}, {.nodes = {"n1"}});
              constexpr std::size_t lives = 40;
              for (std::size_t life = 0; life < lives; ++life) {
                life == 0 ? cluster.processes->start_all() : cluster.processes->start("n1");
                EXPECT_EQ(cluster.processes->await_exit("n1", std::chrono::seconds(60)), "exit status 3");
              }
              EXPECT_THAT(cluster.processes->exits(), SizeIs(lives));
              EXPECT_THAT(unexpected_exits(cluster), SizeIs(0));
            }));
}

TEST(NodeProcessesInSandbox, ACrashLoopKillsANodeAfterEachStartKnowsWhetherItWasReadyAndLeavesItRunning) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  for_every_user([] {
    using std::chrono::milliseconds;
    const Network network(2);
    FakeCluster cluster(network.nodes());
    NodeProcesses& nodes = *cluster.processes;
    const auto processes = nemesis::make_process_injector(nodes);
    const auto loops = nemesis::make_crash_loop_injector(nodes, *processes);
    cluster.start();
    EXPECT_EQ(nodes.ready_since("n1"), std::nullopt) << "nobody watches";
    const auto wait_for = [&](const std::function<bool()>& seen) {
      EXPECT_TRUE(await([&] { return loops->go_on(), seen(); }));
    };
    const nemesis::CrashLoop fault{.selector = {},
                                   .times = 2,
                                   .alive = {milliseconds(1), milliseconds(1)},
                                   .down = {milliseconds(1), milliseconds(1)}};
    loops->inject(1, fault, {.nodes = {"n1"}});
    wait_for([&] { return nodes.processes("n1").size() == 1; });
    EXPECT_TRUE(await([&] { return nodes.ready_since("n1").has_value(); }));
    wait_for([&] { return nodes.processes("n1").empty(); });  // killed when it was ready
    EXPECT_EQ(nodes.ready_since("n1"), std::nullopt);
    wait_for([&] { return nodes.exits().size() == 3; });  // the first kill, and two after a start
    wait_for([&] { return nodes.processes("n1").size() == 1; });
    const nemesis::Evidence healed = loops->heal(1);
    EXPECT_TRUE(healed.effect);
    EXPECT_THAT(healed.counts, ::testing::Contains(::testing::Key("killed_when_ready")));
    EXPECT_THAT(healed.counts, ::testing::Contains(::testing::Pair("nodes_started", 3)));
    EXPECT_THAT(healed.note, ::testing::HasSubstr("n1 was killed after a start 2 times"));
    nodes.await_ready(std::chrono::seconds(60));
    EXPECT_THAT(unexpected_exits(cluster), SizeIs(0));
  });
}

TEST(NodeProcessesInSandbox, ANodeThatStarvesIsSeenToStandStillAndAnswersAgainWhenItHeals) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  for_every_user([] {
    const Network network(2);
    FakeCluster cluster(network.nodes());
    const auto processes = nemesis::make_process_injector(*cluster.processes);
    cluster.start();
    const pid_t child = (cluster.tell("n1", "/child"), cluster.processes->processes("n1").back());
    processes->inject(1, nemesis::Starve{}, {.nodes = {"n1"}});
    EXPECT_TRUE(await([&] { return nemesis::state_of(child) == nemesis::ProcessState::stopped; }));
    EXPECT_EQ(cluster.tell("n1", "/status").status, 200) << "late, but it answers";
    std::this_thread::sleep_for(std::chrono::milliseconds(200));  // four periods
    const nemesis::Evidence healed = processes->heal(1);
    EXPECT_TRUE(healed.effect) << healed.note;
    EXPECT_EQ(healed.counts.at(0).first, "stops");
    for (const pid_t pid : cluster.processes->processes("n1"))
      EXPECT_EQ(nemesis::state_of(pid), nemesis::ProcessState::running);
    EXPECT_EQ(cluster.tell("n1", "/status").status, 200);
  });
}

TEST(NodeProcessesInSandbox, AWipedNodeComesBackWithWhatIsMadeForItsFirstStartAndNothingElse) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  for_every_user([] {
    const Network network(3);
    Target target = fake_target();
    target.files.push_back({.path = "${data}/made", .text = "for ${node}"});
    FakeCluster cluster(network.nodes(), target, true);
    const auto processes = nemesis::make_process_injector(*cluster.processes);
    const auto disks = nemesis::make_disk_injector(*cluster.processes, *processes);
    cluster.start();
    for (const char* node : {"n1", "n2", "n3"}) {
      cluster.tell(node, "/append/safe");
      cluster.tell(node, "/sync");
    }
    const nemesis::CorruptFile wipe{.selector = {}, .kind = nemesis::CorruptKind::wipe};
    const nemesis::Evidence evidence = disks->inject(1, wipe, {.nodes = {"n1", "n2"}});
    EXPECT_TRUE(evidence.effect);
    EXPECT_THAT(evidence.counts, ::testing::Contains(::testing::Pair("folders_wiped", 1)));
    EXPECT_THAT(evidence.note, ::testing::HasSubstr("n1: its data folder was emptied of 2 files and folders"));
    EXPECT_THAT(evidence.note, ::testing::HasSubstr("n2 is spared")) << "one of three is a minority";
    disks->heal(1);
    cluster.processes->await_ready(std::chrono::seconds(60));
    EXPECT_EQ(file_of(cluster, "n1"), "");
    EXPECT_TRUE(std::filesystem::exists(cluster.processes->data_folder("n1") / "made"));
    EXPECT_EQ(file_of(cluster, "n2"), "safe");
    EXPECT_THAT(unexpected_exits(cluster), SizeIs(0));
  });
}

// A roll through nodes that keep their data and answer in between, and back.
void upgrade_nodes() {
  Target target = fake_target();
  target.environment = {{"PACE", "1"}};
  target.upgrade = OtherVersion{.binary = {}, .words = {"as-${node}"}, .environment = {{"PACE", "2"}}};
  const Network network(3);
  FakeCluster cluster(network.nodes(), target);
  cluster.start();
  for (const char* node : {"n1", "n2", "n3"}) cluster.tell(node, std::string("/append/") + node);
  const auto seen = [&](const std::string& node) {
    const auto program = nemesis::program_of(cluster.processes->processes(node).at(0));
    EXPECT_TRUE(program);
    return fmt::format("{} {}", fmt::join(program->words.begin() + 2, program->words.end(), " "),
                       std::ranges::count(program->settings, "PACE=2"));
  };
  const auto processes = nemesis::make_process_injector(*cluster.processes);
  const auto upgrades = nemesis::make_upgrade_injector(*cluster.processes, *processes);
  const nemesis::Evidence injected = upgrades->inject(1, nemesis::Upgrade{}, {.nodes = {"n1", "n3"}});
  EXPECT_TRUE(injected.effect);
  EXPECT_THAT(injected.note,
              ::testing::HasSubstr("n3 runs the other version: with as-n3, with PACE=2, without PACE=1"));
  EXPECT_EQ(seen("n1"), "as-n1 1");
  EXPECT_EQ(seen("n2"), " 0");
  EXPECT_EQ(seen("n3"), "as-n3 1");
  EXPECT_EQ(cluster.tell("n3", "/host").body, "n3") << "it is ready";
  EXPECT_EQ(file_of(cluster, "n3"), "n3") << "and keeps its data";
  EXPECT_THAT(upgrades->heal(1).counts, ::testing::Contains(::testing::Pair("nodes_turned_back", 2)));
  for (const char* node : {"n1", "n2", "n3"}) EXPECT_EQ(seen(node), " 0");
  EXPECT_THAT(unexpected_exits(cluster), SizeIs(0));
}

TEST(NodeProcessesInSandbox, ARollTurnsNodesIntoTheOtherVersionAndBack) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  for_every_user(upgrade_nodes);
}

TEST(NodeProcessesInSandbox, TheOtherVersionMayBeAnotherProgram) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  EXPECT_EQ(
      0, run_inside([] {
        const TemporaryFolder folder;
        std::filesystem::copy_file(FAKE_NODE, folder.path() / "newer");
        Target target = fake_target();
        target.upgrade = OtherVersion{.binary = folder.path() / "newer"};
        const Network network(1);
        FakeCluster cluster(network.nodes(), target);
        cluster.start();
        const auto processes = nemesis::make_process_injector(*cluster.processes);
        const auto upgrades = nemesis::make_upgrade_injector(*cluster.processes, *processes);
        const auto executable = [&] {
          return std::filesystem::path(nemesis::program_of(cluster.processes->processes("n1").at(0)).value().executable)
              .filename();
        };
        EXPECT_EQ(executable(), "fake_node");
        EXPECT_TRUE(upgrades->inject(1, nemesis::Upgrade{}, {.nodes = {"n1"}}).effect);
        EXPECT_EQ(executable(), "newer");
        upgrades->heal(1);
        EXPECT_EQ(executable(), "fake_node");
      }));
}

}  // namespace
}  // namespace ordeal::harness
