// The operations of the set and the counter, each of which may take several requests: against servers that misbehave as
// scripted.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <vector>

#include "harness/clients/client.h"
#include "harness/clients/testing/scripted_server.h"

namespace ordeal::harness {
namespace {

using namespace std::chrono_literals;
using checker::EventType;
using checker::List;
using checker::Map;
using checker::Value;
using testing::HasSubstr;
using workloads::Operation;

constexpr auto patient = 20s;  // never reached: only ends a test that is broken

// What a client of the first address makes of the operation; the others are for its retries.
Outcome ask(const Operation& operation, std::vector<std::string> addresses,
            std::chrono::nanoseconds timeout = patient) {
  boost::asio::io_context io;
  ClientOptions options{.address = addresses.front()};
  options.retry_at.assign(addresses.begin() + 1, addresses.end());
  const auto client = make_client(options, io);
  std::optional<Outcome> result;
  boost::asio::co_spawn(io, client->invoke(operation, timeout), [&](std::exception_ptr failure, Outcome outcome) {
    if (failure) std::rethrow_exception(failure);
    result = std::move(outcome);
  });
  io.run();
  return result.value();
}

std::string text(const Outcome& outcome) {
  const std::string type = outcome.type == EventType::ok     ? "ok " + to_string(outcome.value)
                           : outcome.type == EventType::fail ? "fail"
                                                             : "info";
  return outcome.error.empty() ? type : type + " " + outcome.error;
}

const ReceiveRequest request;
const Send counted{http_answer(200, R"({"index":9,"value":"17"})")};
const Send counted_again{http_answer(200, R"({"index":12,"value":"18"})")};
const Send no_leader{http_answer(503, R"({"code":"no_leader","message":"m","definite":true})")};
const Send too_late{http_answer(504, R"({"code":"timeout","message":"m","definite":false})")};
const Send unknown{http_answer(409, R"({"code":"unknown_session","message":"m","definite":false})")};
const Send no_number{http_answer(409, R"({"code":"not_a_number","message":"m","definite":true})")};

const Operation increment{"increment", "4", Map{{"delta", 1}, {"session", "7-0"}, {"serial", 3}}};
const Operation twice{"increment", "4", Map{{"delta", 1}, {"session", "7-0"}, {"serial", 3}, {"again", 0}}};

TEST(CounterClient, SendsTheSessionAndTheSerial) {
  ScriptedServer server({{request, counted}});
  EXPECT_EQ(text(ask(increment, {server.address()})), R"(ok {"value": 17, "index": 9})");
  const std::string sent = server.received().at(0);
  for (const char* part : {"POST /kv/4/add HTTP/1.1", "Session: 7-0", "Serial: 3", R"({"delta":1})"}) {
    EXPECT_THAT(sent, HasSubstr(part));
  }
}

struct RetryCase {
  std::string about;
  Script first, second;  // of the client's own node, and of the one that it retries at
  std::string outcome;
};

TEST(CounterClient, SendsAgainUntilItKnows) {
  const std::string seventeen = R"(ok {"value": 17, "index": 9})";
  const std::vector<RetryCase> cases{
      {"closed without an answer", {request, Close{}}, {request, counted}, seventeen},
      {"reset without an answer", {request, Reset{}}, {request, counted}, seventeen},
      {"not known whether in time", {request, too_late}, {request, counted}, seventeen},
      {"an answer that makes no sense", {request, Send{http_answer(200, "{}")}}, {request, counted}, seventeen},
      {"a definite refusal at once", {request, no_leader}, {}, "fail no_leader"},
      {"no number", {request, no_number}, {}, "fail not_a_number"},
      {"the session is forgotten: asking again does not help", {request, unknown}, {}, "info unknown_session"},
      {"a definite refusal of the retry says nothing of the first try",
       {request, too_late, request, counted},
       {request, no_leader},
       seventeen},
      {"a final refusal of the retry leaves it open", {request, Close{}}, {request, unknown}, "info unknown_session"},
  };
  for (const RetryCase& c : cases) {
    SCOPED_TRACE(c.about);
    ScriptedServer first({c.first}), second({c.second});
    EXPECT_EQ(text(ask(increment, {first.address(), second.address()})), c.outcome);
  }
}

TEST(CounterClient, TheSameSerialIsSentAgain) {
  ScriptedServer first({{request, Close{}}}), second({{request, counted}});
  ask(increment, {first.address(), second.address()});
  EXPECT_THAT(second.received().at(0), HasSubstr("Session: 7-0"));
  EXPECT_THAT(second.received().at(0), HasSubstr("Serial: 3"));
}

TEST(CounterClient, GivesUpWhenItsTimeIsOver) {
  ScriptedServer silent({{request}});
  RefusingPort dead;
  const Outcome outcome = ask(increment, {silent.address(), dead.address()}, 40ms);
  EXPECT_EQ(outcome.type, EventType::info) << "the first try may still count";
  EXPECT_EQ(ask(increment, {dead.address()}, 40ms).type, EventType::fail) << "no byte has left";
}

TEST(CounterClient, TellsWhatARetryAfterTheAnswerIsAnswered) {
  const std::string one = R"("value": 17, "index": 9)";
  const std::vector<RetryCase> cases{
      {"the first answer again", {request, counted}, {request, counted}, "ok {" + one + R"(, "again": {)" + one + "}}"},
      {"another answer",
       {request, counted},
       {request, counted_again},
       "ok {" + one + R"(, "again": {"value": 18, "index": 12}})"},
      {"a refusal", {request, counted}, {request, no_leader}, "ok {" + one + "}"},
      {"no answer", {request, counted}, {request, Close{}}, "ok {" + one + "}"},
  };
  for (const RetryCase& c : cases) {
    SCOPED_TRACE(c.about);
    ScriptedServer first({c.first}), second({c.second});
    EXPECT_EQ(text(ask(twice, {first.address(), second.address()})), c.outcome);
  }
}

TEST(SetClient, AnAddIsAWriteOfTheElementsOwnKey) {
  ScriptedServer server({{request, Send{http_answer(200, R"({"index":9})")}}});
  EXPECT_EQ(text(ask({"add", "3", 172}, {server.address()})), "ok 172");
  EXPECT_THAT(server.received().at(0), HasSubstr("PUT /kv/3.172 HTTP/1.1"));
  EXPECT_THAT(server.received().at(0), HasSubstr(R"({"value":"172"})"));
  EXPECT_THAT(server.received().at(0), testing::Not(HasSubstr("Session")));
  ScriptedServer closing({{request, Close{}}});
  EXPECT_EQ(text(ask({"add", "3", 172}, {closing.address()})), "info closed");
}

TEST(SetClient, AReadAsksForEachElementAndGivesThoseThatAreThere) {
  const Operation read{"read", "3", Map{{"from", 7}, {"to", 9}}};
  const Send seven{http_answer(200, R"({"key":"3.7","value":"7","index":4})")};
  const Send absent{http_answer(404, R"({"code":"not_found","message":"m","definite":true})")};
  const Send nine{http_answer(200, R"({"key":"3.9","value":"9","index":5})")};
  struct Case {
    Script script;
    std::string outcome;
  };
  const std::vector<Case> cases{
      {{request, seven, request, absent, request, nine}, "ok [7, 9]"},
      {{request, absent, request, absent, request, absent}, "ok []"},
      {{request, seven, request, no_leader}, "fail no_leader"},
      {{request, seven, request, Close{}}, "fail closed"},
  };
  for (const Case& c : cases) {
    ScriptedServer server({c.script});
    EXPECT_EQ(text(ask(read, {server.address()})), c.outcome);
  }
}

}  // namespace
}  // namespace ordeal::harness
