#include "harness/config/plan.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>
#include <random>

#include "harness/config/config_error.h"
#include "nemesis/plan/names.h"

namespace ordeal::harness {
namespace {

namespace fs = std::filesystem;

using nemesis::EventKind;
using nemesis::PartitionKind;
using nemesis::Place;
using nemesis::Target;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::IsEmpty;

const fs::path testdata = TESTDATA;

std::string refusal(const std::function<void()>& read) {
  try {
    read();
    return "accepted";
  } catch (const ConfigError& error) {
    return error.what();
  }
}

Plan named(const std::string& name) {
  Plan plan;
  plan.name = name;
  return plan;
}

TEST(Plan, NeedsNothingButAName) {
  EXPECT_EQ(load_plan(testdata / "plan_minimal.good.yaml", {}), named("minimal"));
}

TEST(Plan, ChecksAllThatJudgeItsWorkloadUnlessItSaysWhich) {
  const Plan plan = load_plan(testdata / "plan_counter.good.yaml", {});
  EXPECT_EQ(plan.workload, workloads::WorkloadSpec(workloads::CounterSpec{
                               .keys = 2, .operations_per_session = 7, .read_share = 0, .again_percent = 0}));
  EXPECT_EQ(plan.checks, (std::vector<std::string>{"counter", "liveness", "availability", "log-alarms", "status"}));
}

TEST(Plan, SaysEverythingThatItsFileSays) {
  Plan expected = named("full-1.0_x");
  expected.target = "./targets/my raft.yaml";
  expected.nodes = 7;
  expected.duration = seconds(90);
  expected.seed = 18446744073709551615U;
  expected.clients = 3;
  expected.rate = 1500.5;
  expected.timeout = milliseconds(1500);
  expected.spares = 2;
  expected.pin = "n7";
  expected.workload = workloads::RegisterSpec{2, 50, "local", 1, 0, 3, 2};
  expected.nemesis = {
      .interval = seconds(10),
      .lasting = {seconds(2), seconds(2)},
      .at_once = 7,
      .faults = {
          {nemesis::KillSpec{{{Target::one},
                              {Target::minority},
                              {Target::majority},
                              {Target::minority_third},
                              {Target::leader},
                              {Target::followers},
                              {Target::all},
                              {Target::named, {"n1", "n7"}}}},
           nemesis::DurationRange{seconds(1), seconds(2)}},
          {nemesis::StopSpec{{{Target::named, {"n2"}}}}},
          {nemesis::PauseSpec{}, nemesis::DurationRange{milliseconds(200), seconds(5)}},
          {nemesis::PartitionSpec{{PartitionKind::isolate_one, PartitionKind::isolate_leader, PartitionKind::halves,
                                   PartitionKind::minority_third, PartitionKind::majorities_ring, PartitionKind::bridge,
                                   PartitionKind::one_way, PartitionKind::random_graph},
                                  nemesis::Scope::clients}},
          {nemesis::PartitionSpec{
              {PartitionKind::partial, PartitionKind::leader_bridge, PartitionKind::leader_edge, PartitionKind::graph},
              nemesis::Scope::nodes,
              {1, 4398046511103}}},
          {nemesis::KillSpec{}},
          {nemesis::KillSpec{{{Target::one}},
                             {10, {milliseconds(1), milliseconds(20)}, {milliseconds(1), milliseconds(80)}}}},
          {nemesis::KillSpec{{{Target::event}, {Target::leader}}},
           {},
           nemesis::Trigger{.events = {{.kind = EventKind::fsync, .count = 3, .at = Place::leader, .text = "wal/0"}},
                            .hold = milliseconds(20),
                            .within = seconds(2)}},
          {nemesis::TransferSpec{}, nemesis::DurationRange{seconds(1), seconds(1)},
           nemesis::Trigger{.events = {{.kind = EventKind::elected},
                                       {.kind = EventKind::acknowledged, .count = 40},
                                       {.kind = EventKind::append, .count = 2}}}},
          {nemesis::PartitionSpec{},
           {},
           nemesis::Trigger{
               .events = {{.kind = EventKind::line, .at = Place::follower, .text = "took \"a\" \\ snapshot"}}}},
          {nemesis::StopSpec{{{Target::event}}},
           {},
           nemesis::Trigger{.events = {{.kind = EventKind::behind, .count = 100, .at = Place::named, .node = "n2"}}}},
          {nemesis::DiskFullSpec{{{Target::event}}}, {}, nemesis::Trigger{.events = {{.kind = EventKind::synced}}}},
          {nemesis::PauseSpec{{{Target::leader}},
                              {90, {milliseconds(10), milliseconds(20)}, {milliseconds(1), milliseconds(2)}}}},
          {nemesis::PartitionSpec{}},
          {nemesis::TransferSpec{}, nemesis::DurationRange{seconds(1), seconds(1)}},
          {nemesis::MembershipSpec{{nemesis::MembershipKind::add, nemesis::MembershipKind::remove_follower,
                                    nemesis::MembershipKind::remove_leader, nemesis::MembershipKind::remove_two,
                                    nemesis::MembershipKind::replace, nemesis::MembershipKind::promote},
                                   5}},
          {nemesis::MembershipSpec{}},
          {nemesis::PowerFailureSpec{{{Target::all}, {Target::named, {"n1"}}}, nemesis::Torn::yes},
           nemesis::DurationRange{milliseconds(300), milliseconds(300)}},
          {nemesis::PowerFailureSpec{}},
          {nemesis::IoErrorSpec{
              {{Target::leader}}, {nemesis::DiskCall::fsync, nemesis::DiskCall::rename}, {nemesis::DiskError::enospc}}},
          {nemesis::SlowDiskSpec{{{Target::minority}}, {milliseconds(5), milliseconds(900)}}},
          {nemesis::DiskFullSpec{{{Target::followers}}}},
          {nemesis::PacketsSpec{
               {nemesis::PacketKind::delay, nemesis::PacketKind::loss, nemesis::PacketKind::duplicate,
                nemesis::PacketKind::reorder, nemesis::PacketKind::corrupt, nemesis::PacketKind::corrupt_payload,
                nemesis::PacketKind::rate, nemesis::PacketKind::reset, nemesis::PacketKind::late},
               {nemesis::LinkChoice::all, nemesis::LinkChoice::one_link, nemesis::LinkChoice::one_node,
                nemesis::LinkChoice::leader, nemesis::LinkChoice::from_leader, nemesis::LinkChoice::to_leader,
                nemesis::LinkChoice::random},
               nemesis::Scope::peers,
               {milliseconds(75), milliseconds(50), nemesis::Distribution::pareto, 0, 50, 10, 500, milliseconds(250)}},
           nemesis::DurationRange{seconds(1), seconds(3)}},
          {nemesis::PacketsSpec{}},
          {nemesis::ClockSpec{{nemesis::ClockKind::strobe, nemesis::ClockKind::drift},
                              {nemesis::ClockFace::both, nemesis::ClockFace::wall},
                              {{Target::leader}},
                              {milliseconds(4), seconds(262)},
                              {milliseconds(2), milliseconds(2)},
                              10'000,
                              1'250'000},
           nemesis::DurationRange{seconds(3), seconds(3)}},
          {nemesis::ClockSpec{}},
          {nemesis::UpgradeSpec{{{Target::all}, {Target::named, {"n2"}}}, true},
           nemesis::DurationRange{seconds(1), seconds(1)}},
          {nemesis::UpgradeSpec{}},
          {nemesis::CorruptFileSpec{{{Target::minority}}, {nemesis::CorruptKind::truncate}, true}},
          {nemesis::CrashLoopSpec{
              {{Target::one}}, 3, 3, {milliseconds(1), milliseconds(80)}, {milliseconds(5), milliseconds(5)}}},
          {nemesis::CrashLoopSpec{}},
          {nemesis::StarveSpec{{{Target::minority}}, 40, {milliseconds(10), seconds(2)}}},
          {nemesis::StarveSpec{}},
          {nemesis::CorruptFileSpec{{{Target::one}, {Target::leader}}, {nemesis::CorruptKind::wipe}}}}};
  expected.knobs = {{"timing", "fast"}, {"snapshots", "often"}};
  expected.checks = {"liveness", "linearizable"};
  expected.recovery_within = seconds(5);
  expected.check_time_limit = std::chrono::hours(1);
  expected.check_memory_limit = std::size_t{512} << 20;
  EXPECT_EQ(load_plan(testdata / "plan_full.good.yaml", {}), expected);
}

TEST(Plan, WithoutFaultsInjectsNothing) {
  for (const std::string file : {"plan_without_nemesis.good.yaml", "plan_without_faults.good.yaml"}) {
    const Plan plan = load_plan(testdata / file, {});
    EXPECT_THAT(plan.nemesis.faults, IsEmpty()) << file;
    EXPECT_THAT(plan.pin, IsEmpty()) << file;
  }
}

TEST(Plan, IsChangedByOverrides) {
  const auto read = [](const std::vector<std::string>& overrides) {
    return parse_plan(
        "name: x\nnodes: 5\nworkload: {mix: {read: 5}}\nnemesis:\n  faults:\n    - kill: {targets: [one]}\n",
        "plan.yaml", overrides);
  };
  EXPECT_EQ(read({"nodes=3"}).nodes, 3);
  EXPECT_EQ(read({"nodes=3", "nodes=4"}).nodes, 4);
  EXPECT_EQ(read({"name=y"}).name, "y");
  EXPECT_EQ(read({"seed=9"}).seed, 9U);
  EXPECT_EQ(read({"pin=n5"}).pin, "n5");
  EXPECT_EQ(read({"pin="}).pin, "");
  EXPECT_EQ(std::get<workloads::RegisterSpec>(read({"workload.mix.read=9"}).workload).read_share, 9);
  EXPECT_EQ(std::get<workloads::RegisterSpec>(read({"workload.mix.read=9"}).workload).write_share, 4);
  EXPECT_EQ(workloads::read_mode_of(read({"workload.read=local"}).workload), "local");
  EXPECT_EQ(read({"nemesis.at-once=2"}).nemesis.at_once, 2);
  EXPECT_EQ(read({"nemesis.lasting=1s..2s"}).nemesis.lasting.most, seconds(2));
  EXPECT_EQ(read({"check.time-limit=1s"}).check_time_limit, seconds(1));
  EXPECT_EQ(read({"checks=[liveness]"}).checks, std::vector<std::string>{"liveness"});
  EXPECT_THAT(read({"nemesis.faults=[]"}).nemesis.faults, IsEmpty());
  EXPECT_THAT(read({"nemesis="}).nemesis.faults, IsEmpty());
  const std::vector<nemesis::FaultSpec> kill_leader{{nemesis::KillSpec{{{Target::leader}}}}};
  EXPECT_EQ(read({"nemesis.faults=[{kill: {targets: [leader]}}]"}).nemesis.faults, kill_leader);
  EXPECT_EQ(read({"nemesis.faults.0.kill.targets=[leader]"}).nemesis.faults, kill_leader);
  EXPECT_EQ(read({"nemesis.faults.0.kill.targets.0=leader"}).nemesis.faults, kill_leader);
}

TEST(Plan, NamesTheOverrideThatIsWrong) {
  const std::string yaml = "name: x\nnodes: 5\nnemesis:\n  faults:\n    - kill: {targets: [one]}\n";
  const std::vector<std::pair<std::string, std::string>> cases{
      {"nodes", "--set nodes: has no =; write --set path=value, such as nodes=3"},
      {"=3", "--set =3: a part of the path is empty; write --set path=value, such as nodes=3"},
      {"workload..keys=3",
       "--set workload..keys=3: a part of the path is empty; write --set path=value, such as nodes=3"},
      {"workload.=3", "--set workload.=3: a part of the path is empty; write --set path=value, such as nodes=3"},
      {"nodes=0", "--set nodes=0: nodes: 0 is out of range; write one from 1 to 250"},
      {"nodes=", "--set nodes=: nodes: nothing is not a whole number; write one from 1 to 250"},
      {"nodse=3", "--set nodse=3: nodse: is an unknown key; did you mean nodes?"},
      {"workload.mx.read=9", "--set workload.mx.read=9: workload.mx: is an unknown key; did you mean mix?"},
      {"nemesis.at_once=1", "--set nemesis.at_once=1: nemesis.at_once: is an unknown key; did you mean at-once?"},
      {"nodes.n1=3", "--set nodes.n1=3: nodes: is \"5\", which has no parts; set it as a whole"},
      {"nemesis.faults.1.kill=",
       "--set nemesis.faults.1.kill=: nemesis.faults: is a list without an item \"1\"; write a number from 0 to 0"},
      {"nemesis.faults.x=kill",
       "--set nemesis.faults.x=kill: nemesis.faults: is a list without an item \"x\"; write a number from 0 to 0"},
      {"nemesis.faults.-1=kill",
       "--set nemesis.faults.-1=kill: nemesis.faults: is a list without an item \"-1\"; write a number from 0 to 0"},
      {"checks=[liveness",
       "--set checks=[liveness: is no YAML: end of sequence flow not found; check quotes, brackets and indentation "
       "here"},
      {"nemesis.faults=[{kill: {targets: [leadr]}}]",
       "--set nemesis.faults=[{kill: {targets: [leadr]}}]: nemesis.faults[0].kill.targets[0]: unknown target "
       "\"leadr\"; did you mean leader?"},
      {"duration=-5s",
       "--set duration=-5s: duration: \"-5s\" is negative; write a duration such as 200ms, 60s or 1m30s"},
      {"name=\xff", "--set name=\\xff: byte 0xff is not UTF-8; save the file as UTF-8 text"},
      {"a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a=1",
       "--set a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a=1: the path is too deep; write one such as workload.mix.read"},
  };
  for (const auto& [override, expected] : cases) {
    EXPECT_EQ(refusal([&, &set = override] { parse_plan(yaml, "plan.yaml", {set}); }), expected);
  }
}

TEST(Plan, ThatCannotBeReadSaysWhatWasLookedFor) {
  const fs::path folder = testdata;
  const auto message = [](const fs::path& file) { return refusal([&] { load_plan(file, {}); }); };
  EXPECT_EQ(message(""), "the path of the plan is empty; give the path of a plan");
  EXPECT_EQ(message(folder), folder.string() + ": is a folder; give the path of a plan in it");
  EXPECT_EQ(message(folder / "plan_minimal.god.yaml"),
            fmt::format("{0}/plan_minimal.god.yaml: no such file; did you mean {0}/plan_minimal.good.yaml?",
                        folder.string()));
  EXPECT_EQ(message("/nowhere/at/all.yaml"),
            "/nowhere/at/all.yaml: no such file; looked for /nowhere/at/all.yaml; give the path of a plan, such as "
            "configs/quickstart.yaml");
  const std::string far = "/nowhere/" + std::string(200, 'x') + "/plan.yaml";
  EXPECT_TRUE(message(far).starts_with(far + ": no such file; ")) << "a path that was cut names nothing";
  EXPECT_EQ(message("/dev/zero"), "/dev/zero: is larger than 1 MiB; a plan is a short YAML text");
  EXPECT_EQ(message(folder / "plan_full.good.yaml" / "x"),
            fmt::format("{0}/plan_full.good.yaml/x: no such file; looked for {0}/plan_full.good.yaml/x; give the path "
                        "of a plan, such as configs/quickstart.yaml",
                        folder.string()));
}

// Draws plans all over the place, as long as they are allowed.
class RandomPlan {
 public:
  explicit RandomPlan(std::uint64_t seed) : engine_(seed) {}

  Plan draw() {
    Plan plan = named(word("abcXYZ019-_.", "n"));
    plan.target = word("ab/. :#'\"\\{}[]$\t\xc3\xa9", "t");
    plan.nodes = number(1, engine_() % 20 == 0 ? 250 : 9);
    plan.duration = duration() + seconds(60);
    if (coin()) plan.seed = engine_();
    plan.clients = number(1, 10'000);
    plan.rate = coin() ? 0 : static_cast<double>(engine_() >> 11) / 1e6;
    plan.timeout = duration();
    if (coin()) plan.pin = node(plan.nodes);
    plan.workload = workload();
    plan.nemesis = nemesis(plan.nodes);
    plan.checks = coin() ? std::vector<std::string>{"log-alarms"} : std::vector<std::string>{"liveness", "status"};
    plan.availability_within = duration();
    plan.recovery_within = duration();
    plan.check_time_limit = duration();
    plan.check_memory_limit = 1 + (engine_() >> (2 + engine_() % 60));
    return plan;
  }

 private:
  workloads::WorkloadSpec workload() {
    const std::string read = coin() ? "local" : "lease";
    switch (number(0, 2)) {
      case 0:
        return workloads::SetSpec{number(1, 99), read, number(1, 9), number(0, 9)};
      case 1:
        return workloads::CounterSpec{number(1, 99), number(1, 999), number(1, 99), read,
                                      number(1, 9),  number(0, 9),   number(0, 100)};
      default:
        return workloads::RegisterSpec{number(1, 99), number(1, 999), read, number(0, 9),
                                       number(0, 9),  number(1, 9),   0};
    }
  }

  bool coin() { return engine_() % 2 == 0; }
  int number(int least, int most) {
    return least + static_cast<int>(engine_() % static_cast<unsigned>(most - least + 1));
  }
  // Up to a minute, of any granularity.
  std::chrono::nanoseconds duration() {
    constexpr std::int64_t units[]{1, 1'000, 1'000'000, 1'000'000'000};
    return std::chrono::nanoseconds(number(1, 60) * units[engine_() % 4]);
  }
  nemesis::DurationRange range() {
    const auto least = duration();
    return {least, coin() ? least : least + duration()};
  }
  std::string word(std::string_view letters, std::string text) {
    for (int left = number(0, 12); left > 0; --left) {
      const char c = letters[engine_() % letters.size()];
      text += static_cast<unsigned char>(c) < 0x80 ? std::string(1, c) : "\xc3\xa9";
    }
    return text;
  }
  std::string node(int nodes) { return fmt::format("n{}", number(1, nodes)); }

  std::vector<nemesis::Selector> selectors(int nodes) {
    std::vector<nemesis::Selector> drawn{{Target::all}};
    for (int left = number(0, 4); left > 0; --left) {
      if (coin()) {
        drawn.push_back({Target::named, {node(nodes), node(nodes)}});
      } else {
        drawn.push_back({nemesis::targets()[engine_() % nemesis::targets().size()].value});
      }
    }
    return drawn;
  }

  nemesis::ClockSpec clock(int nodes) {
    nemesis::ClockSpec spec{
        .clocks = {nemesis::ClockFace::wall}, .targets = selectors(nodes), .by = range(), .period = range()};
    spec.least_rate_ppm = number(10'000, 1'000'000);
    spec.most_rate_ppm = number(1'000'000, 100'000'000);
    return spec;
  }

  nemesis::NemesisSpec nemesis(int nodes) {
    nemesis::NemesisSpec spec{seconds(number(1, 100)), range(), number(1, nodes), {}};
    for (int left = number(0, 5); left > 0; --left) {
      nemesis::FaultSpec fault;
      switch (engine_() % 14) {
        case 0:
          fault.what =
              coin() ? nemesis::KillSpec{selectors(nodes)}
                     : nemesis::KillSpec{selectors(nodes),
                                         {7, {milliseconds(1), milliseconds(2)}, {milliseconds(3), milliseconds(90)}}};
          break;
        case 1:
          fault.what = nemesis::StopSpec{selectors(nodes)};
          break;
        case 2:
          fault.what = nemesis::PauseSpec{selectors(nodes)};
          break;
        case 3:
          fault.what = nemesis::TransferSpec{};
          fault.lasting = range();
          break;
        case 4:
          fault.what = nemesis::MembershipSpec{{nemesis::MembershipKind::promote}, number(1, nodes)};
          break;
        case 5:
          fault.what = nemesis::PowerFailureSpec{selectors(nodes), nemesis::torn_kinds()[engine_() % 3].value};
          break;
        case 6:
          fault.what = nemesis::IoErrorSpec{selectors(nodes), {nemesis::DiskCall::rename}, {nemesis::DiskError::eio}};
          break;
        case 7:
          fault.what =
              nemesis::SlowDiskSpec{selectors(nodes), {milliseconds(number(1, 400)), milliseconds(number(400, 900))}};
          break;
        case 10:
          fault.what = nemesis::CorruptFileSpec{selectors(nodes), {nemesis::CorruptKind::truncate}, coin()};
          break;
        case 11:
          fault.what = nemesis::CrashLoopSpec{selectors(nodes), number(1, 4), number(4, 100)};
          break;
        case 12:
          fault.what = nemesis::StarveSpec{selectors(nodes), number(1, 90), {milliseconds(10), milliseconds(90)}};
          break;
        case 8:
          fault.what = nemesis::DiskFullSpec{selectors(nodes)};
          break;
        case 9:
          fault.what = clock(nodes);
          break;
        default:
          fault.what = nemesis::PartitionSpec{{PartitionKind::halves, PartitionKind::one_way}};
          break;
      }
      if (coin()) fault.lasting = range();
      spec.faults.push_back(fault);
    }
    if (!spec.faults.empty()) spec.faults.push_back({nemesis::KillSpec{}});  // a partition strikes nobody on one node
    return spec;
  }

  std::mt19937_64 engine_;
};

TEST(Plan, WrittenAsYamlReadsBackAsTheSamePlan) {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    const Plan plan = RandomPlan(seed).draw();
    const std::string yaml = to_yaml(plan);
    SCOPED_TRACE(fmt::format("seed {}:\n{}", seed, yaml));
    ASSERT_EQ(parse_plan(yaml, "plan.yaml", {}), plan);
  }
}

TEST(Plan, WrittenAsYamlSpellsOutEveryDefault) {
  EXPECT_EQ(to_yaml(named("x")), R"(name: x
target: raftd
nodes: 5
spares: 0
duration: 1m
clients: 10
rate: 0
timeout: 2s
pin: ""
workload:
  name: register
  keys: 5
  operations-per-key: 300
  read: linearizable
  mix: {read: 5, write: 4, cas: 1}
  readers: 0
nemesis:
  interval: 5s
  lasting: 1s..8s
  at-once: 1
  faults: []
knobs: {}
checks: [linearizable, liveness, availability, log-alarms, status]
availability: {within: 10s}
recovery: {within: 20s}
check: {time-limit: 5m, memory-limit: 4GiB}
)");
}

TEST(Plan, OfTheQuickstartInjectsEveryKindOfFaultThatNeedsNothingOfTheTarget) {
  const Plan plan = load_plan(fs::path(CONFIGS) / "quickstart.yaml", {});
  EXPECT_EQ(plan.nodes, 5);
  EXPECT_EQ(plan.duration, seconds(60));
  EXPECT_EQ(plan.nemesis.faults.size(), 4U)
      << "transfer and membership are the target's to know, packets need more of the kernel";
}

}  // namespace
}  // namespace ordeal::harness
