#include "harness/clients/adapter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <fstream>
#include <future>

#include "harness/clients/adapter_client.h"
#include "harness/clients/adapter_program.h"
#include "harness/cluster/testing/temporary_folder.h"

namespace ordeal::harness {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using checker::EventType;
using checker::List;
using checker::Map;
using checker::Nil;
using checker::Value;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using workloads::Operation;

constexpr auto patient = 60s;  // of calls that are answered

class AdapterTest : public testing::Test {
 protected:
  static AdapterSpec spec(std::vector<std::string> mistakes) {
    AdapterSpec spec{.command = {"python3", TEST_ADAPTER}, .log = {}};
    for (std::string& mistake : mistakes) spec.command.push_back(std::move(mistake));
    return spec;
  }

  void start(AdapterSpec of) {
    adapter_ = std::make_shared<Adapter>(std::move(of));
    abilities_ = adapter_->start();
  }

  // All at once, from one thread.
  std::vector<Outcome> invoke(const std::vector<Operation>& operations, std::chrono::nanoseconds timeout = patient) {
    AdapterClient client(adapter_, {"n1", "127.0.0.1:1", "linearizable"});
    asio::io_context io{1};
    std::vector<std::future<Outcome>> futures;
    for (const Operation& one : operations) {
      futures.push_back(asio::co_spawn(io, client.invoke(one, timeout), asio::use_future));
    }
    io.run();
    std::vector<Outcome> outcomes;
    for (auto& future : futures) outcomes.push_back(future.get());
    return outcomes;
  }

  Outcome invoke(const Operation& operation, std::chrono::nanoseconds timeout = patient) {
    return invoke(std::vector{operation}, timeout).front();
  }

  std::shared_ptr<Adapter> adapter_;
  AdapterAbilities abilities_;
};

TEST_F(AdapterTest, DoesTheOperationsOfARegister) {
  start(spec({"alone"}));
  EXPECT_THAT(abilities_.operations, ElementsAre("read", "write", "cas", "increment"));
  EXPECT_EQ(invoke({"read", "7", Nil{}}), (Outcome{EventType::ok, Nil{}, ""}));
  EXPECT_EQ(invoke({"write", "7", Value(41)}), (Outcome{EventType::ok, Value(41), ""}));
  EXPECT_EQ(invoke({"read", "7", Nil{}}), (Outcome{EventType::ok, Value(41), ""}));
  EXPECT_EQ(invoke({"cas", "7", List{Value(41), Value(42)}}).type, EventType::ok);
  EXPECT_EQ(invoke({"cas", "7", List{Value(41), Value(43)}}),
            (Outcome{EventType::fail, List{Value(41), Value(43)}, "mismatch"}));
  EXPECT_EQ(invoke({"increment", "c", Map{{"delta", 2}, {"session", "1"}, {"serial", 1}}}),
            (Outcome{EventType::ok, Map{{"value", 2}, {"index", 2}}, ""}));
  EXPECT_THAT(adapter_->remarks(), IsEmpty());
}

TEST_F(AdapterTest, KeepsEachElementOfASetUnderAKeyOfItsOwn) {
  start(spec({"alone"}));
  EXPECT_EQ(invoke({"add", "3", Value(172)}), (Outcome{EventType::ok, Value(172), ""}));
  EXPECT_EQ(invoke({"read", "3.172", Nil{}}).value, Value(172));
  EXPECT_EQ(invoke({"read", "3", Map{{"from", 171}, {"to", 173}}}), (Outcome{EventType::ok, List{Value(172)}, ""}));
}

TEST_F(AdapterTest, HasManyCallsUnderWayAtOnce) {
  start(spec({"alone"}));
  std::vector<Operation> writes;
  for (int i = 0; i < 300; ++i) writes.push_back({"write", std::to_string(i), Value(i)});
  for (const Outcome& outcome : invoke(writes)) EXPECT_EQ(outcome.type, EventType::ok) << outcome.error;
}

TEST_F(AdapterTest, SilenceSaysNothingAboutAChange) {
  start(spec({"alone"}));
  EXPECT_EQ(invoke({"write", "silent", Value(1)}, 100ms), (Outcome{EventType::info, Value(1), "timeout"}));
  EXPECT_EQ(invoke({"read", "silent", Nil{}}, 100ms), (Outcome{EventType::fail, Nil{}, "timeout"}));
}

TEST_F(AdapterTest, ALateAnswerIsIgnoredAndNoMistake) {
  start(spec({"alone"}));
  EXPECT_EQ(invoke({"write", "late", Value(1)}, 100ms).error, "timeout");
  while (adapter_->remarks().empty()) invoke({"read", "7", Nil{}});
  EXPECT_THAT(adapter_->remarks(), ElementsAre(HasSubstr("1 answers came too late")));
}

TEST_F(AdapterTest, WhatItSaysBesideAnswersIsIgnoredAndTold) {
  start(spec({"alone"}));
  for (const char* key : {"twice", "strange", "rubbish"}) {
    EXPECT_EQ(invoke({"write", key, Value(1)}).type, EventType::ok) << key;
  }
  EXPECT_EQ(invoke({"read", "7", Nil{}}).type, EventType::ok);  // what was written before it has been read by now
  EXPECT_THAT(
      adapter_->remarks(),
      ElementsAre(HasSubstr("3 lines were ignored: 1 are no answers, 1 answer what nobody asked, 1 answer twice; "
                            "the first was a second answer to one call: {\"id\": 1,")));
}

TEST_F(AdapterTest, IsStartedAgainWhenItEndsAndItsCallsAreIndeterminate) {
  const TemporaryFolder folder;
  AdapterSpec kept = spec({"alone"});
  kept.log = folder.path() / "adapter.log";
  start(kept);
  for (int life = 1; life <= 7; ++life) {  // more often than an adapter that never answers may end
    EXPECT_EQ(invoke({"read", "7", Nil{}}).type, EventType::ok) << life;
    const auto outcomes =
        invoke({{"read", "silent", Nil{}}, {"write", "silent", Value(1)}, {"write", "crash", Value(2)}});
    EXPECT_EQ(outcomes[0], (Outcome{EventType::fail, Nil{}, "adapter-ended"}));
    EXPECT_EQ(outcomes[1], (Outcome{EventType::info, Value(1), "adapter-ended"}));
    EXPECT_EQ(outcomes[2], (Outcome{EventType::info, Value(2), "adapter-ended"}));
  }
  EXPECT_EQ(invoke({"read", "7", Nil{}}).type, EventType::ok);
  EXPECT_EQ(adapter_->failure(), nullptr);
  EXPECT_THAT(adapter_->remarks(), ElementsAre(HasSubstr("ended by itself and was started again, 7 times")));
  std::ifstream log(kept.log);
  const std::string text{std::istreambuf_iterator<char>(log), {}};
  EXPECT_THAT(text, HasSubstr("this is how it ends"));
  EXPECT_THAT(text, HasSubstr("--- ordeal: the adapter ended: exit status 3"));
}

TEST_F(AdapterTest, OneThatEndsAgainAndAgainWithoutAnAnswerIsAFailure) {
  start(spec({"short-lived"}));
  while (!adapter_->failure()) {
    EXPECT_EQ(invoke({"read", "7", Nil{}}, 50ms).type, EventType::fail);
  }
  try {
    std::rethrow_exception(adapter_->failure());
  } catch (const AdapterError& error) {
    EXPECT_THAT(error.what(), HasSubstr("short-lived: ended 5 times in a row without an answer, the last time so: "
                                        "exit status 4"));
  }
  EXPECT_EQ(invoke({"write", "7", Value(1)}, 10ms), (Outcome{EventType::fail, Value(1), "adapter-busy"}));
}

TEST_F(AdapterTest, OneThatDoesNotIntroduceItselfIsRefusedWithAReason) {
  const struct {
    std::vector<std::string> command;
    const char* message;
  } table[] = {
      {{"/nowhere/adapter"}, "/nowhere/adapter: cannot be started: No such file or directory"},
      {{"python3", TEST_ADAPTER, "dumb"}, "dumb: did not introduce itself within 1000 ms"},
      {{"python3", TEST_ADAPTER, "future"}, "it speaks protocol 99, and ordeal speaks 1"},
      {{"python3", TEST_ADAPTER, "chatty"},
       "its first line does not introduce it: it is no JSON object: starting up..."},
      {{"sh", "-c", "echo it lacks a module >&2; exit 7"},
       "ended before it introduced itself (exit status 7); see configs/targets/adapters/README.md\n  | --- ordeal: "},
      {{"sh", "-c", "echo it lacks a module >&2; exit 7"}, "\n  | it lacks a module"},
  };
  for (const auto& [command, message] : table) {
    Adapter adapter({.command = command, .log = {}, .introduced_within = command.back() == "dumb" ? 1000ms : 60000ms});
    try {
      adapter.start();
      ADD_FAILURE() << message;
    } catch (const AdapterError& error) {
      EXPECT_THAT(error.what(), HasSubstr(message));
    }
  }
}

TEST(AdapterOutcome, AccusesNobodyOfWhatAnAdapterDidNotSay) {
  const Operation read{"read", "7", Nil{}}, write{"write", "7", Value(1)}, cas{"cas", "7", List{Value(1), Value(2)}},
      increment{"increment", "7", Nil{}};
  const auto answered = [](EventType type, const std::string& error, std::optional<Value> value = std::nullopt) {
    return AdapterReply{AdapterReply::Reach::answered,
                        {.id = 1, .type = type, .value = std::move(value), .index = {}, .error = error}};
  };
  const struct {
    const Operation& operation;
    AdapterReply reply;
    EventType type;
    const char* error;
  } table[] = {
      {read, {AdapterReply::Reach::unsent, {}}, EventType::fail, "adapter-busy"},
      {write, {AdapterReply::Reach::unsent, {}}, EventType::fail, "adapter-busy"},
      {cas, {AdapterReply::Reach::silent, {}}, EventType::info, "timeout"},
      {increment, {AdapterReply::Reach::lost, {}}, EventType::info, "adapter-ended"},
      {read, answered(EventType::ok, ""), EventType::fail, "bad-answer"},
      {read, answered(EventType::info, "timeout"), EventType::fail, "timeout"},
      {write, answered(EventType::info, "timeout"), EventType::info, "timeout"},
      {write, answered(EventType::fail, "refused"), EventType::fail, "refused"},
      {write, answered(EventType::fail, "mismatch"), EventType::info, "bad-answer"},
      {cas, answered(EventType::fail, "mismatch"), EventType::fail, "mismatch"},
      {cas, answered(EventType::info, "mismatch"), EventType::info, "bad-answer"},
      {increment, answered(EventType::ok, ""), EventType::info, "bad-answer"},
      {increment, answered(EventType::ok, "", Value("x")), EventType::info, "bad-answer"},
      {increment, answered(EventType::ok, "", Value(3)), EventType::ok, ""},
  };
  for (const auto& [operation, reply, type, error] : table) {
    const Outcome outcome = outcome_of(operation, reply);
    EXPECT_EQ(outcome.type, type) << operation.f << " " << error;
    EXPECT_EQ(outcome.error, error) << operation.f;
  }
}

}  // namespace
}  // namespace ordeal::harness
