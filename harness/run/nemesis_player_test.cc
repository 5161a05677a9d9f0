#include "harness/run/nemesis_player.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "harness/cluster/testing/temporary_folder.h"
#include "harness/run/run_events.h"
#include "harness/run/testing/recorded_history.h"

namespace ordeal::harness {
namespace {

using namespace std::chrono_literals;
using nemesis::Evidence;

// Three nodes that exist only by name; n2 leads once it is told to.
class NamedCluster final : public nemesis::Cluster {
 public:
  std::vector<nemesis::Node> nodes() const override { return {"n1", "n2", "n3"}; }
  std::optional<nemesis::Node> leader() const override {
    const std::lock_guard lock(mutex_);
    ++asked_;
    was_asked_.notify_all();
    return leader_;
  }
  std::string address(const nemesis::Node&) const override { return ""; }
  int network_namespace(const nemesis::Node&) const override { return -1; }
  std::filesystem::path data_folder(const nemesis::Node&) const override { return {}; }
  std::vector<pid_t> processes(const nemesis::Node& node) const override {
    const std::lock_guard lock(mutex_);
    return down_.contains(node) ? std::vector<pid_t>{} : std::vector<pid_t>{1};
  }
  std::vector<std::filesystem::path> outputs(const nemesis::Node& node) const override {
    return folder.empty() ? std::vector<std::filesystem::path>{} : std::vector{folder / (node + ".log")};
  }
  void expect_exit(const nemesis::Node&) override {}
  std::optional<std::string> await_exit(const nemesis::Node&, std::chrono::milliseconds) override { return {}; }
  void start(const nemesis::Node&) override {}

  std::filesystem::path folder{};  // of the nodes' output

  void elect(const nemesis::Node& node) {
    const std::lock_guard lock(mutex_);
    leader_ = node;
  }
  void take_down(nemesis::Nodes nodes) {
    const std::lock_guard lock(mutex_);
    down_ = std::move(nodes);
  }
  void await_asked(int times) {
    std::unique_lock lock(mutex_);
    was_asked_.wait(lock, [&] { return asked_ >= times; });
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable was_asked_;
  mutable int asked_ = 0;
  std::optional<nemesis::Node> leader_;
  nemesis::Nodes down_;
};

// Writes down what it is told to do.
class Scribe final : public nemesis::Injector {
 public:
  explicit Scribe(bool refuses = false) : refuses_(refuses) {}

  Evidence inject(std::uint64_t id, const nemesis::Fault& fault, const nemesis::Aim& aim) override {
    if (refuses_) throw std::runtime_error("iptables-restore: no such module");
    std::string line = "inject " + std::to_string(id) + " " + nemesis::to_string(fault);
    for (const nemesis::Node& node : aim.nodes) line += " " + node;
    write(line);
    return {.effect = true, .counts = {}, .note = ""};
  }
  Evidence heal(std::uint64_t id) override {
    write("heal " + std::to_string(id));
    return {.effect = true, .counts = {{"processes", 1}}, .note = ""};
  }

  void await_lines(std::size_t count) {
    std::unique_lock lock(mutex_);
    written_.wait(lock, [&] { return lines_.size() >= count; });
  }
  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  void write(std::string line) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
    written_.notify_all();
  }

  const bool refuses_;
  mutable std::mutex mutex_;
  std::condition_variable written_;
  std::vector<std::string> lines_;
};

class Nemesis : public testing::Test {
 protected:
  // A player whose process injector is `scribe_`.
  std::unique_ptr<NemesisPlayer> player(nemesis::Schedule schedule, bool refuses = false) {
    auto scribe = std::make_unique<Scribe>(refuses);
    scribe_ = scribe.get();
    return std::make_unique<NemesisPlayer>(
        std::move(schedule), cluster_, Injectors{.processes = std::move(scribe), .links = std::make_unique<Scribe>()},
        recorder_, [](const std::string&) {});
  }

  static nemesis::ScheduledFault pause(std::uint64_t id, nemesis::Selector selector, std::chrono::nanoseconds at,
                                       std::chrono::nanoseconds lasting) {
    return {.id = id, .at = at, .lasting = lasting, .fault = nemesis::Pause{std::move(selector)}, .draw = 0};
  }
  static nemesis::ScheduledFault waiting(std::uint64_t id, nemesis::Selector selector,
                                         std::vector<nemesis::Event> events, std::chrono::nanoseconds within) {
    nemesis::ScheduledFault fault = pause(id, std::move(selector), 0ms, 1h);
    fault.when = nemesis::Trigger{.events = std::move(events), .within = within};
    return fault;
  }
  static std::string note_of(const checker::Event& event) {
    const checker::Value* note = event.value.find("note");
    return note == nullptr ? "" : *note->get_if<std::string>();
  }
  void acknowledge(const std::string& f, checker::Process process) {
    checker::Event event{.process = process, .type = checker::EventType::invoke, .f = f, .key = "1"};
    recorder_.record(event);
    event.type = checker::EventType::ok;
    recorder_.record(event);
  }
  static nemesis::Selector named(const nemesis::Node& node) {
    return {.target = nemesis::Target::named, .named = {node}};
  }

  TemporaryFolder folder_;
  NamedCluster cluster_;
  Recorder recorder_{folder_.path() / "history.jsonl"};
  Scribe* scribe_ = nullptr;  // lives in the player
};

// Wants to be called again every millisecond, and counts.
class Looper final : public nemesis::Injector {
 public:
  explicit Looper(std::atomic<int>& calls) : calls_(calls) {}
  Evidence inject(std::uint64_t, const nemesis::Fault&, const nemesis::Aim&) override { return {}; }
  Evidence heal(std::uint64_t) override { return {}; }
  std::chrono::steady_clock::time_point go_on() override {
    ++calls_;
    return std::chrono::steady_clock::now() + 1ms;
  }

 private:
  std::atomic<int>& calls_;
};

TEST_F(Nemesis, WhatAFaultDoesByAndByIsDoneInTimeAndRestsWhileAllNodesAreFrozen) {
  std::atomic<int> calls = 0;
  const auto wait_for_more = [&] {
    for (const int before = calls; calls < before + 10;) std::this_thread::sleep_for(1ms);
  };
  nemesis::ScheduledFault fault = pause(1, named("n1"), 0ms, 1h);
  fault.fault = nemesis::CrashLoop{};
  NemesisPlayer player({fault}, cluster_,
                       Injectors{.processes = std::make_unique<Scribe>(),
                                 .links = std::make_unique<Scribe>(),
                                 .crash_loops = std::make_unique<Looper>(calls)},
                       recorder_, [](const std::string&) {});
  player.start();
  wait_for_more();
  player.freeze_all([&](const Evidence&) {
    const int before = calls;
    std::this_thread::sleep_for(30ms);
    EXPECT_EQ(calls, before);
  });
  wait_for_more();
  player.finish();
}

TEST_F(Nemesis, InjectsAndHealsOverlappingFaultsInTheOrderOfTheirTimes) {
  const auto player_ = player({pause(1, named("n1"), 1ms, 60ms), pause(2, named("n2"), 10ms, 10ms)});
  player_->start();
  scribe_->await_lines(4);
  EXPECT_EQ(scribe_->lines(),
            (std::vector<std::string>{"inject 1 pause [n1] n1", "inject 2 pause [n2] n2", "heal 2", "heal 1"}));
}

TEST_F(Nemesis, HealsEverythingAtOnceWhenItMustFinish) {
  const auto player_ =
      player({pause(1, named("n1"), 0ms, 1h), pause(2, named("n2"), 0ms, 2h), pause(3, named("n3"), 1h, 1h)});
  player_->start();
  scribe_->await_lines(2);
  player_->finish();
  EXPECT_EQ(scribe_->lines(),
            (std::vector<std::string>{"inject 1 pause [n1] n1", "inject 2 pause [n2] n2", "heal 1", "heal 2"}));
  EXPECT_TRUE(player_->active().empty());
  EXPECT_FALSE(player_->failure());
}

TEST_F(Nemesis, WaitsForALeaderWhenTheFaultNeedsOne) {
  const auto player_ = player({pause(1, {.target = nemesis::Target::leader, .named = {}}, 0ms, 1h)});
  player_->start();
  cluster_.await_asked(2);
  cluster_.elect("n2");
  scribe_->await_lines(1);
  EXPECT_EQ(scribe_->lines().front(), "inject 1 pause leader n2");
}

TEST_F(Nemesis, ChoosesARunningNodeWhenAnyOneWillDo) {
  cluster_.take_down({"n1", "n3"});
  nemesis::Schedule schedule;
  for (std::uint64_t id = 1; id <= 8; ++id) {
    schedule.push_back(pause(id, {.target = nemesis::Target::one, .named = {}}, std::chrono::milliseconds(id), 1h));
    schedule.back().draw = id << 50;
  }
  const auto player_ = player(std::move(schedule));
  player_->start();
  scribe_->await_lines(8);
  for (const std::string& line : scribe_->lines()) EXPECT_TRUE(line.ends_with("pause one n2")) << line;
}

TEST_F(Nemesis, RecordsAFaultThatFoundNobodyToStrike) {
  const auto player_ =
      player({pause(1, {.target = nemesis::Target::leader, .named = {}}, 0ms, 2ms), pause(2, named("n1"), 5ms, 1h)});
  player_->start();
  scribe_->await_lines(1);
  player_->finish();
  const checker::History history = recorded(recorder_);
  ASSERT_EQ(history.size(), 3u) << "the one that struck nobody, and the other's injection and healing";
  EXPECT_EQ(*history[0].value.find("effect"), checker::Value(false));
  EXPECT_EQ(*history[0].value.find("note"), checker::Value("nobody was known to lead"));
}

TEST_F(Nemesis, RestsWhileAllNodesAreFrozen) {
  cluster_.elect("n2");
  const auto player_ = player({pause(1, {.target = nemesis::Target::leader, .named = {}}, 0ms, 1h)});
  player_->freeze_all([&](const Evidence& stopped) {
    EXPECT_TRUE(stopped.effect);
    player_->start();
    cluster_.await_asked(1);  // the fault is about to be injected
    EXPECT_EQ(scribe_->lines(), std::vector<std::string>{"inject 0 pause all n1 n2 n3"});
  });
  scribe_->await_lines(3);
  EXPECT_EQ(scribe_->lines(),
            (std::vector<std::string>{"inject 0 pause all n1 n2 n3", "heal 0", "inject 1 pause leader n2"}));
}

TEST_F(Nemesis, LetsFrozenNodesGoOnWhateverHappensMeanwhile) {
  const auto player_ = player({});
  EXPECT_THROW(player_->freeze_all([](const Evidence&) { throw std::runtime_error("full"); }), std::runtime_error);
  EXPECT_EQ(scribe_->lines(), (std::vector<std::string>{"inject 0 pause all n1 n2 n3", "heal 0"}));
}

TEST_F(Nemesis, AFaultThatWaitsForAnEventStrikesWhereItIsSeen) {
  cluster_.elect("n1");
  const nemesis::Selector where{.target = nemesis::Target::event, .named = {}};
  const auto player_ = player({waiting(1, where, {{.kind = nemesis::EventKind::elected}}, 1h)});
  player_->start();
  cluster_.await_asked(3);
  EXPECT_TRUE(scribe_->lines().empty()) << "n1 led before";
  cluster_.elect("n3");
  scribe_->await_lines(1);
  player_->finish();
  EXPECT_EQ(scribe_->lines(), (std::vector<std::string>{"inject 1 pause event n3", "heal 1"}));
  for (const checker::Event& event : recorded(recorder_)) {
    EXPECT_EQ(note_of(event).find("the event (elected 1) was seen at "), 0U) << note_of(event);
    EXPECT_NE(note_of(event).find(" s at n3"), std::string::npos) << note_of(event);
  }
}

TEST_F(Nemesis, EventsThatComeOneAfterTheOtherAreCountedFromTheOneBefore) {
  cluster_.folder = folder_.path();
  const auto player_ = player({waiting(
      1, named("n2"),
      {{.kind = nemesis::EventKind::acknowledged, .count = 2}, {.kind = nemesis::EventKind::line, .text = "snapshot"}},
      1h)});
  std::ofstream log(folder_.path() / "n3.log");
  log << "a snapshot of long ago\n" << std::flush;
  player_->start();
  acknowledge("read", 1);
  // Again and again, since nobody says when they are waited for.
  for (checker::Process process = 2; scribe_->lines().empty(); ++process) {
    acknowledge("write", process);
    log << "made a snapshot\n" << std::flush;
    std::this_thread::sleep_for(1ms);
  }
  player_->finish();
  EXPECT_EQ(scribe_->lines().front(), "inject 1 pause [n2] n2");
}

TEST_F(Nemesis, OtherFaultsGoOnWhileOneWaitsAndAnEventThatNeverCameIsNoFault) {
  const auto player_ = player({waiting(1, named("n1"), {{.kind = nemesis::EventKind::acknowledged}}, 20ms),
                               waiting(2, named("n1"), {{.kind = nemesis::EventKind::elected}}, 1h),
                               pause(3, named("n2"), 1ms, 2ms), pause(4, named("n3"), 50ms, 1ms)});
  player_->start();
  scribe_->await_lines(4);
  player_->finish();
  EXPECT_EQ(scribe_->lines(),
            (std::vector<std::string>{"inject 3 pause [n2] n2", "heal 3", "inject 4 pause [n3] n3", "heal 4"}));
  std::vector<std::string> notes;
  for (const checker::Event& event : recorded(recorder_)) {
    if (note_of(event).empty()) continue;
    notes.push_back(note_of(event));
    EXPECT_EQ(*event.value.find("effect"), checker::Value(false));
  }
  EXPECT_EQ(notes, (std::vector<std::string>{"the event (acknowledged 1) never came within 20 ms",
                                             "the event (elected 1) never came before the load ended"}));
}

TEST_F(Nemesis, HandsOnWhyTheMachineRefused) {
  const auto player_ = player({pause(1, named("n1"), 0ms, 1h)}, /*refuses=*/true);
  player_->start();
  while (!player_->failure()) std::this_thread::yield();
  EXPECT_THROW(std::rethrow_exception(player_->failure()), std::runtime_error);
}

}  // namespace
}  // namespace ordeal::harness
