#include "harness/run/recovery.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "harness/clients/testing/scripted_server.h"
#include "harness/cluster/testing/temporary_folder.h"
#include "harness/run/testing/recorded_history.h"
#include "harness/run/testing/register_stub.h"

namespace ordeal::harness {
namespace {

using namespace std::chrono_literals;
using checker::Event;
using checker::EventType;
using checker::History;
using checker::Process;

constexpr auto patient = 60s;  // never reached: only ends a test that is broken

class RecoveryTest : public testing::Test {
 protected:
  const TemporaryFolder folder_;
  Recorder recorder_{folder_.path() / "history.jsonl"};
};

AskOptions options_of(std::vector<Endpoint> endpoints) {
  AskOptions options;
  options.endpoints = std::move(endpoints);
  options.first_process = 17;
  return options;
}

workloads::Operation read_of(const std::string& key) {
  return {"read", key, checker::Nil{}};
}

std::map<std::string, std::set<Process>> processes_by_node(const History& history) {
  std::map<std::string, std::set<Process>> processes;
  for (const Event& event : history) processes[event.node].insert(event.process);
  return processes;
}

TEST_F(RecoveryTest, EveryNodeThatAnswersAReadHasRecoveredAndItsReadIsInTheHistory) {
  RegisterStub first, second;
  AskOptions options = options_of({{"n1", first.address()}, {"n2", second.address()}});
  RecoveryReport report = await_recovery(options, read_of("x"), patient, recorder_);
  EXPECT_TRUE(report.recovered());
  EXPECT_EQ(report.next_process, 19);
  ASSERT_EQ(report.nodes.size(), 2U);
  EXPECT_EQ(report.nodes[0].node, "n1");
  EXPECT_EQ(report.nodes[1].node, "n2");
  EXPECT_EQ(report.nodes[1].attempts, 1U);
  EXPECT_EQ(report.nodes[1].last_error, "");
  History history = recorded(recorder_);
  EXPECT_EQ(history.size(), 4U);
  std::map<std::string, std::set<Process>> expected{{"n1", {17}}, {"n2", {18}}};
  EXPECT_EQ(processes_by_node(history), expected);
  EXPECT_EQ(history[0].f, "read");
  EXPECT_EQ(history[0].key, "x");
}

TEST_F(RecoveryTest, ANodeThatDoesNotAnswerWithinTheBoundIsNamedWithItsLastAnswer) {
  RegisterStub healthy, stuck;
  RefusingPort dead;
  SilentPort silent;
  stuck.set_serving(false);
  AskOptions options = options_of(
      {{"n1", healthy.address()}, {"n2", dead.address()}, {"n3", silent.address()}, {"n4", stuck.address()}});
  RecoveryReport report = await_recovery(options, read_of("x"), 500ms, recorder_);
  EXPECT_FALSE(report.recovered());
  EXPECT_TRUE(report.nodes[0].after.has_value());
  EXPECT_FALSE(report.nodes[1].after.has_value());
  EXPECT_EQ(report.nodes[1].last_error, "refused");
  EXPECT_GT(report.nodes[1].attempts, 1U);
  EXPECT_FALSE(report.nodes[2].after.has_value());
  EXPECT_EQ(report.nodes[2].last_error, "connect-timeout")
      << "the bound holds though the time-out of a request is longer";
  EXPECT_FALSE(report.nodes[3].after.has_value());
  EXPECT_EQ(report.nodes[3].last_error, "no_leader");
}

TEST_F(RecoveryTest, AReadThatTheBoundCutShortDoesNotHideWhatTheNodeAnsweredBefore) {
  const std::string no_leader = http_answer(503, R"({"code":"no_leader","message":"m","definite":true})");
  ScriptedServer server({{ReceiveRequest{}, Send{no_leader}, ReceiveRequest{}}});
  RecoveryReport report = await_recovery(options_of({{"n1", server.address()}}), read_of("x"), 500ms, recorder_);
  EXPECT_EQ(report.nodes[0].attempts, 2U);
  EXPECT_EQ(recorded(recorder_).back().error, "timeout");
  EXPECT_EQ(report.nodes[0].last_error, "no_leader");
}

TEST_F(RecoveryTest, ANodeThatServesAgainLaterHasRecovered) {
  RegisterStub late;
  late.set_serving(false);
  std::thread repairer([&] {
    while (late.requests() < 3) std::this_thread::sleep_for(1ms);
    late.set_serving(true);
  });
  RecoveryReport report = await_recovery(options_of({{"n1", late.address()}}), read_of("x"), patient, recorder_);
  repairer.join();
  EXPECT_TRUE(report.recovered());
  EXPECT_GT(report.nodes[0].attempts, 3U);
  EXPECT_EQ(report.nodes[0].last_error, "no_leader");
  EXPECT_EQ(report.next_process, 18) << "a failed read is known not to have happened: its process goes on";
}

TEST_F(RecoveryTest, AFinalReadIsMadeOfEachKeyOnceSpreadOverTheNodes) {
  RegisterStub first, second;
  AskOptions options = options_of({{"n1", first.address()}, {"n2", second.address()}});
  std::vector<std::string> keys;
  for (int i = 0; i < 20; ++i) keys.push_back(std::to_string(i));
  std::vector<workloads::Operation> wanted;
  for (const std::string& key : keys) wanted.push_back(read_of(key));
  FinalReads reads = final_reads(options, wanted, recorder_);
  EXPECT_TRUE(reads.undone.empty());
  EXPECT_EQ(reads.next_process, 25);
  std::multiset<std::string> read;
  for (const Event& event : recorded(recorder_)) {
    if (event.type == EventType::ok) read.insert(*event.key);
  }
  EXPECT_EQ(read, std::multiset<std::string>(keys.begin(), keys.end()));
  EXPECT_GT(first.requests(), 0U);
  EXPECT_GT(second.requests(), 0U);
}

TEST_F(RecoveryTest, AFinalReadThatFailsIsTriedAgainAtTheNextNode) {
  RefusingPort dead;
  RegisterStub healthy;
  AskOptions options = options_of({{"n1", dead.address()}, {"n2", healthy.address()}});
  EXPECT_TRUE(final_reads(options, {read_of("a"), read_of("b"), read_of("c")}, recorder_).undone.empty());
  EXPECT_EQ(healthy.requests(), 3U);
}

TEST_F(RecoveryTest, AKeyThatNoNodeReadsIsReported) {
  RefusingPort dead;
  AskOptions options = options_of({{"n1", dead.address()}});
  EXPECT_EQ(final_reads(options, {read_of("a")}, recorder_).undone.size(), 1U);
  EXPECT_TRUE(final_reads(options, {}, recorder_).undone.empty());
}

TEST_F(RecoveryTest, WhatTheRecorderThrowsIsThrownOnAndAWrongAddressIsRefused) {
  RegisterStub stub;
  Recorder full("/dev/full");
  AskOptions options = options_of({{"n1", stub.address()}, {"n2", stub.address()}});
  EXPECT_THROW(await_recovery(options, read_of("x"), patient, full), std::system_error);
  EXPECT_THROW(final_reads(options, {read_of("x")}, full), std::system_error);
  EXPECT_THROW(await_recovery(options_of({{"n1", "n1:80"}}), read_of("x"), patient, full), std::invalid_argument);
}

}  // namespace
}  // namespace ordeal::harness
