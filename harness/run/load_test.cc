#include "harness/run/load.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
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
using workloads::Operation;

void wait_until(const std::function<bool()>& condition) {
  while (!condition()) std::this_thread::sleep_for(1ms);
}

class LoadTest : public testing::Test {
 protected:
  std::filesystem::path file() const { return folder_.path() / "history.jsonl"; }
  const TemporaryFolder folder_;
};

LoadOptions options_of(const std::vector<std::string>& addresses, int clients) {
  LoadOptions options;
  options.clients = clients;
  options.timeout = 20s;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    options.endpoints.push_back({fmt::format("n{}", i + 1), addresses[i]});
  }
  return options;
}

// Draws from another generator and remembers what it was told.
class Listening : public workloads::Generator {
 public:
  Operation next(Process process) override { return inner_->next(process); }
  void returned(const Event& completion) override {
    inner_->returned(completion);
    told.push_back(completion);
  }
  std::vector<std::string> take_retired_keys() override { return inner_->take_retired_keys(); }
  std::vector<Operation> final_reads() const override { return inner_->final_reads(); }
  Operation probe() const override { return inner_->probe(); }

  History told;

 private:
  std::unique_ptr<Generator> inner_ = workloads::make_register_generator({}, 7);
};

// The first operation is about "held"; every later one about a key of its own. A key is retired as soon as it is drawn.
class OneOperationPerKey : public workloads::Generator {
 public:
  Operation next(Process) override {
    std::string key = drawn_ == 0 ? "held" : fmt::format("k{}", drawn_);
    ++drawn_;
    retired_.push_back(key);
    return {"write", key, drawn_};
  }
  void returned(const Event&) override {}
  std::vector<std::string> take_retired_keys() override { return std::exchange(retired_, {}); }
  std::vector<Operation> final_reads() const override { return {}; }
  Operation probe() const override { return {}; }

 private:
  int drawn_ = 0;
  std::vector<std::string> retired_;
};

// What breaks the rules of event.h in a finished history; empty: nothing.
std::string contract_violation(const History& history) {
  std::set<Process> busy, retired;
  for (const Event& event : history) {
    if (retired.contains(event.process)) return fmt::format("{}: the process was retired", event.index);
    bool is_call = event.type == EventType::invoke;
    if (is_call == busy.contains(event.process)) return fmt::format("{}: call and return in disorder", event.index);
    if (is_call) busy.insert(event.process);
    if (!is_call) busy.erase(event.process);
    if (event.type == EventType::info) retired.insert(event.process);
  }
  return busy.empty() ? "" : fmt::format("process {} never returned", *busy.begin());
}

LoadCounts counted(const History& history) {
  LoadCounts counts;
  for (const Event& event : history) {
    if (event.type == EventType::ok) ++counts.ok;
    if (event.type == EventType::fail) ++counts.fail;
    if (event.type == EventType::info) ++counts.info;
  }
  return counts;
}

TEST_F(LoadTest, TheHistoryObeysTheContractAndTheCountsAreTheHistorys) {
  RegisterStub stub({.forget_every = 7, .refuse_every = 11, .held_key = ""});
  Recorder recorder(file());
  Listening generator;
  Load load(options_of({stub.address()}, 8), generator, recorder);
  load.start();
  wait_until([&] { return load.counts().ok > 500 && load.counts().info > 20; });
  load.stop();

  History history = recorded(recorder);
  EXPECT_EQ(contract_violation(history), "");
  EXPECT_EQ(load.counts(), counted(history));
  EXPECT_EQ(load.counts().open, 0U);
  EXPECT_EQ(load.failure(), nullptr);
  History returns;
  std::copy_if(history.begin(), history.end(), std::back_inserter(returns),
               [](const Event& event) { return event.type != EventType::invoke; });
  EXPECT_EQ(generator.told, returns) << "the generator is told every return, in the order of the history";
  EXPECT_EQ(load.next_process(), 8 + static_cast<Process>(load.counts().info));
}

TEST_F(LoadTest, ProcessNumbersAreTheFirstFreeOnesAndEachInfoTakesANewOne) {
  RegisterStub stub({.forget_every = 1, .refuse_every = 0, .held_key = ""});
  Recorder recorder(file());
  Listening generator;
  LoadOptions options = options_of({stub.address()}, 3);
  options.first_process = 100;
  Load load(options, generator, recorder);
  load.start();
  wait_until([&] { return load.counts().info > 10; });
  load.stop();
  std::set<Process> used;
  for (const Event& event : recorded(recorder)) used.insert(event.process);
  EXPECT_EQ(*used.begin(), 100);
  EXPECT_GE(used.size(), load.counts().info);
  EXPECT_LT(*used.rbegin(), load.next_process());
}

TEST_F(LoadTest, ClientsAreSpreadOverTheNodesAndStayThere) {
  RegisterStub first, second;
  Recorder recorder(file());
  Listening generator;
  Load load(options_of({first.address(), second.address()}, 5), generator, recorder);
  load.start();
  wait_until([&] { return first.requests() > 100 && second.requests() > 100; });
  load.stop();
  std::map<std::string, std::set<Process>> processes;
  for (const Event& event : recorded(recorder)) processes[event.node].insert(event.process);
  std::map<std::string, std::set<Process>> expected{{"n1", {0, 2, 4}}, {"n2", {1, 3}}};
  EXPECT_EQ(processes, expected);
}

TEST_F(LoadTest, AKeyIsRetiredOnlyWhenNoOperationOnItIsOpen) {
  RegisterStub stub({.forget_every = 0, .refuse_every = 0, .held_key = "held"});
  Recorder recorder(file());
  OneOperationPerKey generator;
  Load load(options_of({stub.address()}, 2), generator, recorder);
  load.start();
  std::vector<std::string> keys;
  auto take = [&] {
    for (std::string& key : load.take_retired_keys()) keys.push_back(std::move(key));
    return keys.size();
  };
  wait_until([&] { return take() >= 100; });
  EXPECT_EQ(std::count(keys.begin(), keys.end(), "held"), 0);
  stub.release();
  wait_until([&] { return take() > 0 && std::count(keys.begin(), keys.end(), "held") > 0; });
  load.stop();
  take();
  std::set<std::string> once(keys.begin(), keys.end());
  EXPECT_EQ(once.size(), keys.size()) << "each key is retired once";
  EXPECT_EQ(keys.size(), load.counts().ok);
}

TEST_F(LoadTest, StopWaitsForTheOpenOperationsWhichEndWithinTheirTimeout) {
  RegisterStub stub({.forget_every = 0, .refuse_every = 0, .held_key = "/"});  // holds everything
  Recorder recorder(file());
  Listening generator;
  LoadOptions options = options_of({stub.address()}, 4);
  options.timeout = 100ms;
  Load load(options, generator, recorder);
  load.start();
  wait_until([&] { return load.counts().open == 4; });
  load.stop();
  load.stop();
  EXPECT_EQ(contract_violation(recorded(recorder)), "");
  EXPECT_EQ(load.counts().open, 0U);
}

TEST_F(LoadTest, ARateIsNotExceeded) {
  RegisterStub stub;
  Recorder recorder(file());
  Listening generator;
  LoadOptions options = options_of({stub.address()}, 4);
  options.rate = 200;
  Load load(options, generator, recorder);
  load.start();
  wait_until([&] { return load.counts().ok + load.counts().fail >= 60; });
  load.stop();
  History history = recorded(recorder);
  // 20 ms of missed slots may be made up for, and each of the 4 clients may have one slot in hand.
  std::chrono::nanoseconds took = history.back().time - history.front().time;
  EXPECT_GE(took, 5ms * (60 - 1 - 4 - 4));
}

TEST_F(LoadTest, StopEndsAClientThatWaitsForItsSlot) {
  RegisterStub stub;
  Recorder recorder(file());
  Listening generator;
  LoadOptions options = options_of({stub.address()}, 2);
  options.rate = 1e-6;  // the second slot is eleven days away
  Load load(options, generator, recorder);
  load.start();
  wait_until([&] { return load.counts().ok + load.counts().fail == 1; });
  load.stop();
  EXPECT_EQ(recorded(recorder).size(), 2U);
}

TEST_F(LoadTest, ADeadNodeIsAskedAgainOnlyAfterAPause) {
  RefusingPort dead;
  Recorder recorder(file());
  Listening generator;
  Load load(options_of({dead.address()}, 1), generator, recorder);
  load.start();
  wait_until([&] { return load.counts().fail >= 6; });
  load.stop();
  History history = recorded(recorder);
  EXPECT_EQ(history[1].error, "refused");
  for (std::size_t i = 2; i < history.size(); i += 2) EXPECT_GE(history[i].time - history[i - 1].time, 20ms);
  EXPECT_EQ(load.counts().info, 0U);
}

TEST_F(LoadTest, AFullDiskStopsTheLoadAndSaysWhy) {
  RegisterStub stub;
  Recorder recorder("/dev/full");
  Listening generator;
  Load load(options_of({stub.address()}, 3), generator, recorder);
  load.start();
  wait_until([&] { return load.failure() != nullptr; });
  load.stop();
  EXPECT_THROW(std::rethrow_exception(load.failure()), std::system_error);
  EXPECT_EQ(stub.requests(), 0U) << "nothing may leave whose call is not recorded";
}

TEST_F(LoadTest, ALoadThatNeverStartedStopsAndAWrongAddressIsRefusedAtOnce) {
  Recorder recorder(file());
  Listening generator;
  Load load(options_of({"127.0.0.1:1"}, 3), generator, recorder);
  load.stop();
  EXPECT_EQ(load.counts(), LoadCounts{});
  EXPECT_THROW(Load(options_of({"n1:8100"}, 3), generator, recorder), std::invalid_argument);
}

}  // namespace
}  // namespace ordeal::harness
