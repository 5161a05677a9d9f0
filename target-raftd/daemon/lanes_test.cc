#include "target-raftd/daemon/lanes.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace raftd::daemon {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Writes down what was performed.
struct Recorder {
  std::vector<std::string> performed;
  std::uint64_t jobs = 0;

  Lanes lanes{{.store =
                   [this](const LogWriter::Job& job) {
                     note(fmt::format("store {}{}{}", job.write.entries.size(), job.install ? " install" : "",
                                      job.write.hard_state ? " hard state" : ""));
                     return ++jobs;
                   },
               .durable = [this](raft::LogPosition position) { note(fmt::format("durable {}", position.index)); },
               .send = [this](const raft::Envelope& envelope) { note(fmt::format("send {}", envelope.peer)); },
               .install = [this](raft::LogPosition position,
                                 const kv::Store&) { note(fmt::format("install {}", position.index)); },
               .apply = [this](const raft::Entry& entry) { note(fmt::format("apply {}", entry.index)); },
               .ready = [this](raft::ReadyRead read) { note(fmt::format("ready {}", read.read)); },
               .refuse = [this](raft::ReadId read) { note(fmt::format("refuse {}", read)); }}};

  void admit(const std::function<void(raft::Effects&)>& fill) {
    raft::Effects effects;
    fill(effects);
    lanes.admit(std::move(effects));
  }
  void note(std::string what) { performed.push_back(std::move(what)); }
  std::vector<std::string> take() { return std::exchange(performed, {}); }
};

raft::Entry entry(raft::Index index) {
  return {.term = 1, .index = index, .kind = raft::EntryKind::no_op, .command = ""};
}
raft::Envelope to(raft::NodeId peer) {
  return {.peer = peer, .message = raft::TimeoutNow{}};
}

TEST(Lanes, WhatIsCommittedIsAppliedWhileTheDiskIsBusy) {
  Recorder recorder;
  recorder.admit([](raft::Effects& effects) {
    effects.messages_at_once = {to(2)};
    effects.entries = {entry(8)};
    effects.messages = {to(3)};
  });
  recorder.admit([](raft::Effects& effects) {
    effects.committed = {entry(8)};
    effects.ready_reads = {{.read = 5, .read_index = 8}};
  });
  EXPECT_THAT(recorder.take(), ElementsAre("send 2", "store 1", "apply 8", "ready 5"));
  recorder.lanes.done(1, nullptr);
  EXPECT_THAT(recorder.take(), ElementsAre("durable 8", "send 3"));
}

TEST(Lanes, NothingOfATermLeavesBeforeTheTermIsDurable) {
  Recorder recorder;
  recorder.admit([](raft::Effects& effects) {
    effects.messages_at_once = {to(2)};
    effects.hard_state = raft::HardState{.current_term = 2};
  });
  recorder.admit([](raft::Effects& effects) {
    effects.messages_at_once = {to(3)};
    effects.messages = {to(4)};
  });
  EXPECT_THAT(recorder.take(), ElementsAre("store 0 hard state"));
  recorder.lanes.done(1, nullptr);
  EXPECT_THAT(recorder.take(), ElementsAre("send 2", "send 3", "send 4"));
  recorder.admit([](raft::Effects& effects) {
    effects.messages_at_once = {to(2)};
    effects.messages = {to(3)};
  });
  EXPECT_THAT(recorder.take(), ElementsAre("send 2", "send 3"));
}

TEST(Lanes, MessagesOfTheDisksLaneKeepTheirOrder) {
  Recorder recorder;
  recorder.admit([](raft::Effects& effects) {
    effects.entries = {entry(1)};
    effects.messages = {to(2)};
  });
  recorder.admit([](raft::Effects& effects) { effects.messages = {to(3)}; });
  recorder.admit([](raft::Effects& effects) {
    effects.entries = {entry(2)};
    effects.messages = {to(4)};
  });
  recorder.take();
  recorder.lanes.done(1, nullptr);
  EXPECT_THAT(recorder.take(), ElementsAre("durable 1", "send 2", "send 3"));
  recorder.lanes.done(2, nullptr);
  EXPECT_THAT(recorder.take(), ElementsAre("durable 2", "send 4"));
}

TEST(Lanes, AfterAnInstallTheStateMachineWaitsForTheDisk) {
  Recorder recorder;
  recorder.admit([](raft::Effects& effects) {
    effects.install = raft::Snapshot{.meta = {.position = {1, 7}}};
    effects.messages = {to(2)};
  });
  recorder.admit([](raft::Effects& effects) {
    effects.committed = {entry(8)};
    effects.refused_reads = {6};
  });
  EXPECT_THAT(recorder.take(), ElementsAre("store 0 install"));
  EXPECT_TRUE(recorder.lanes.installing());
  recorder.lanes.done(1, std::make_unique<kv::Store>());
  EXPECT_THAT(recorder.take(), ElementsAre("durable 7", "send 2", "install 7", "apply 8", "refuse 6"));
  EXPECT_FALSE(recorder.lanes.installing());
  EXPECT_THAT(recorder.take(), IsEmpty());
}

}  // namespace
}  // namespace raftd::daemon
