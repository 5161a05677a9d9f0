// The client against a server that misbehaves as scripted: what the history would say of it.

#include "harness/clients/raftd_client.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/clients/testing/scripted_server.h"

namespace ordeal::harness {
namespace {

using namespace std::chrono_literals;
using checker::EventType;
using checker::List;
using checker::Nil;
using checker::Value;
using workloads::Operation;

constexpr auto patient = 20s;  // never reached: only ends a test that is broken
constexpr auto hasty = 50ms;   // reached in the tests of time-outs

const Operation read_x{"read", "x", Nil{}};
const Operation write_x{"write", "x", 41};
const Operation cas_x{"cas", "x", List{41, 42}};

// A client and the loop that it needs.
class Asker {
 public:
  explicit Asker(const std::string& address, const std::string& read_mode = "linearizable",
                 std::uint64_t value_bytes = 0)
      : client_(make_client({.address = address, .read_mode = read_mode, .value_bytes = value_bytes}, io_)) {}

  Outcome ask(const Operation& operation, std::chrono::nanoseconds timeout = patient) {
    std::optional<Outcome> result;
    io_.restart();
    boost::asio::co_spawn(io_, client_->invoke(operation, timeout), [&](std::exception_ptr failure, Outcome outcome) {
      if (failure) std::rethrow_exception(failure);
      result = std::move(outcome);
    });
    io_.run();
    return result.value();
  }

 private:
  boost::asio::io_context io_;
  std::unique_ptr<Client> client_;
};

std::string text(const Outcome& outcome) {
  std::string type = outcome.type == EventType::ok ? "ok" : outcome.type == EventType::fail ? "fail" : "info";
  return outcome.error.empty() ? type : type + " " + outcome.error;
}

std::string put_answer(const std::string& fields) {
  return http_answer(200, "{" + fields + "}");
}

struct FailureCase {
  std::string what;
  Script script;
  std::string read, write, cas;
  std::chrono::nanoseconds timeout = patient;
};

std::vector<FailureCase> failure_cases() {
  const ReceiveRequest request;
  const std::string whole = http_answer(200, R"({"key":"x","value":"41","index":9})");
  return {
      {"closes without an answer", {request, Close{}}, "fail closed", "info closed", "info closed"},
      {"resets without an answer", {request, Reset{}}, "fail reset", "info reset", "info reset"},
      {"closes amid the head",
       {request, Send{whole.substr(0, 20)}, Close{}},
       "fail closed",
       "info closed",
       "info closed"},
      {"closes amid the body",
       {request, Send{whole.substr(0, whole.size() - 1)}, Close{}},
       "fail closed",
       "info closed",
       "info closed"},
      {"never answers", {request}, "fail timeout", "info timeout", "info timeout", hasty},
      {"stops amid the body",
       {request, Send{whole.substr(0, whole.size() - 1)}},
       "fail timeout",
       "info timeout",
       "info timeout",
       hasty},
      {"answers no HTTP",
       {request, Send{"\x16\x03\x01 hello\r\n\r\n"}},
       "fail bad-answer",
       "info bad-answer",
       "info bad-answer"},
      {"answers another protocol",
       {request, Send{"SSH-2.0-OpenSSH_9.2\r\n"}},
       "fail bad-answer",
       "info bad-answer",
       "info bad-answer"},
      {"promises a body without bounds",
       {request, Send{"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"}},
       "fail bad-answer",
       "info bad-answer",
       "info bad-answer"},
      {"200 without a body",
       {request, Send{http_answer(200, "")}},
       "fail bad-answer",
       "info bad-answer",
       "info bad-answer"},
      {"200 with cut JSON",
       {request, Send{http_answer(200, R"({"key":"x","value":"41","index":)")}},
       "fail bad-answer",
       "info bad-answer",
       "info bad-answer"},
      {"200 with JSON that is no object",
       {request, Send{http_answer(200, R"(["value","41","index",9])")}},
       "fail bad-answer",
       "info bad-answer",
       "info bad-answer"},
      {"200 with the wrong types",
       {request, Send{http_answer(200, R"({"value":41,"index":"9"})")}},
       "fail bad-answer",
       "info bad-answer",
       "info bad-answer"},
      {"200 with JSON nested without end",
       {request, Send{http_answer(200, std::string(5000, '['))}},
       "fail bad-answer",
       "info bad-answer",
       "info bad-answer"},
      {"200 with bytes that are no text",
       {request, Send{http_answer(200, "\xff\xfe\x01")}},
       "fail bad-answer",
       "info bad-answer",
       "info bad-answer"},
      {"404 that says not_found",
       {request, Send{http_answer(404, R"({"code":"not_found","message":"m","definite":true})")}},
       "ok",
       "fail not_found",
       "fail not_found"},
      {"409 mismatch",
       {request, Send{http_answer(409, R"({"code":"mismatch","message":"m","definite":true,"actual":"7"})")}},
       "fail http-409",
       "fail http-409",
       "fail mismatch"},
      {"definite 503",
       {request, Send{http_answer(503, R"({"code":"no_leader","message":"m","definite":true})")}},
       "fail no_leader",
       "fail no_leader",
       "fail no_leader"},
      {"indefinite 504",
       {request, Send{http_answer(504, R"({"code":"timeout","message":"m","definite":false})")}},
       "fail timeout",
       "info timeout",
       "info timeout"},
      {"500 that is not JSON",
       {request, Send{http_answer(500, "<html>oops</html>")}},
       "fail http-500",
       "info http-500",
       "info http-500"},
      {"500 whose definite is no bool",
       {request, Send{http_answer(500, R"({"code":"c","definite":"true"})")}},
       "fail c",
       "info c",
       "info c"},
      {"an interim answer only",
       {request, Send{"HTTP/1.1 100 Continue\r\n\r\n"}},
       "fail http-100",
       "info http-100",
       "info http-100"},
  };
}

TEST(RaftdClient, SaysHonestlyHowAnOperationEndedWhateverTheServerDoes) {
  for (const FailureCase& c : failure_cases()) {
    SCOPED_TRACE(c.what);
    ScriptedServer reads({c.script}), writes({c.script}), compares({c.script});
    EXPECT_EQ(text(Asker(reads.address()).ask(read_x, c.timeout)), c.read);
    EXPECT_EQ(text(Asker(writes.address()).ask(write_x, c.timeout)), c.write);
    EXPECT_EQ(text(Asker(compares.address()).ask(cas_x, c.timeout)), c.cas);
  }
}

TEST(RaftdClient, SendsWhatTheContractSays) {
  Script three;
  for (int i = 0; i < 3; ++i) {
    three.insert(three.end(), {ReceiveRequest{}, Send{http_answer(200, R"({"value":"1","index":9})")}});
  }
  three.insert(three.end(), {ReceiveRequest{}});
  ScriptedServer server({three});
  Asker asker(server.address(), "local");
  asker.ask({"read", "a b/ü", Nil{}});
  asker.ask({"write", "x", -7});
  asker.ask({"cas", "x", List{Nil{}, std::numeric_limits<std::int64_t>::max()}});
  asker.ask(read_x, hasty);
  std::string host = "Host: " + server.address() + "\r\n";
  std::vector<std::string> expected{
      "GET /kv/a%20b%2F%C3%BC?read=local HTTP/1.1\r\n" + host + "\r\n",
      "PUT /kv/x HTTP/1.1\r\n" + host +
          "Content-Type: application/json\r\nContent-Length: 14\r\n\r\n"
          R"({"value":"-7"})",
      "POST /kv/x/cas HTTP/1.1\r\n" + host +
          "Content-Type: application/json\r\nContent-Length: 47\r\n\r\n"
          R"({"expected":null,"value":"9223372036854775807"})",
      "GET /kv/x?read=local HTTP/1.1\r\n" + host + "\r\n",
  };
  server.wait_until_played(0);
  EXPECT_EQ(server.received(), expected);
}

TEST(RaftdClient, MakesANumberLongByZerosAndReadsItAsTheSame) {
  ScriptedServer server({{ReceiveRequest{}, Send{put_answer(R"("index":9)")}, ReceiveRequest{},
                          Send{http_answer(200, R"({"value":"000041","index":9})")}}});
  Asker asker(server.address(), "linearizable", 6);
  EXPECT_EQ(asker.ask(write_x).type, EventType::ok);
  EXPECT_EQ(asker.ask(read_x).value, Value(41));
  server.wait_until_played(0);
  EXPECT_NE(server.received().front().find(R"({"value":"000041"})"), std::string::npos);
}

TEST(RaftdClient, GivesTheValueThatAReadSawAndTheArgumentOtherwise) {
  struct Case {
    Operation operation;
    std::string answer;
    Outcome outcome;
  };
  const std::string not_found = http_answer(404, R"({"code":"not_found","definite":true})");
  const std::string mismatch = http_answer(409, R"({"code":"mismatch","definite":true,"actual":null})");
  const std::vector<Case> cases{
      {read_x, put_answer(R"("key":"x","value":"41","index":9)"), {EventType::ok, 41, ""}},
      {read_x,
       put_answer(R"("value":"-9223372036854775808")"),
       {EventType::ok, std::numeric_limits<std::int64_t>::min(), ""}},
      {read_x, not_found, {EventType::ok, Nil{}, ""}},
      // Nobody wrote these. That they were read is for the checker to judge, not for the client to hide.
      {read_x, put_answer(R"("value":"041x")"), {EventType::ok, "041x", ""}},
      {read_x, put_answer(R"("value":"")"), {EventType::ok, "", ""}},
      {read_x, put_answer(R"("value":"9223372036854775808")"), {EventType::ok, "9223372036854775808", ""}},
      // An answer about another key is not an answer to this read.
      {read_x, put_answer(R"("key":"y","value":"41","index":9)"), {EventType::fail, Nil{}, "bad-answer"}},
      {write_x, put_answer(R"("index":9)"), {EventType::ok, 41, ""}},
      {cas_x, put_answer(R"("index":9)"), {EventType::ok, List{41, 42}, ""}},
      {cas_x, mismatch, {EventType::fail, List{41, 42}, "mismatch"}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.answer);
    ScriptedServer server({{ReceiveRequest{}, Send{c.answer}}});
    EXPECT_EQ(Asker(server.address()).ask(c.operation), c.outcome);
  }
}

TEST(RaftdClient, UnderstandsAnAnswerInPiecesInChunksOrEndedByTheClose) {
  const std::string chunked =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n{\"inde\r\n5\r\nx\":9}\r\n0\r\n\r\n";
  const std::string open_ended = "HTTP/1.1 200 OK\r\n\r\n{\"index\":9}";
  const std::vector<Script> scripts{
      {ReceiveRequest{}, Send{chunked.substr(0, 60)}, Send{chunked.substr(60)}},
      {ReceiveRequest{}, Send{open_ended.substr(0, 4)}, Send{open_ended.substr(4)}, Close{}},
  };
  for (const Script& script : scripts) {
    ScriptedServer server({script});
    EXPECT_EQ(text(Asker(server.address()).ask(write_x)), "ok");
  }
}

TEST(RaftdClient, FailsWhenTheConnectionIsRefused) {
  RefusingPort port;
  Asker asker(port.address());
  EXPECT_EQ(text(asker.ask(read_x)), "fail refused");
  EXPECT_EQ(text(asker.ask(write_x)), "fail refused");
  EXPECT_EQ(text(asker.ask(cas_x)), "fail refused");
}

TEST(RaftdClient, FailsWhenNoConnectionComesAboutInTime) {
  SilentPort port;
  Asker asker(port.address());
  EXPECT_EQ(text(asker.ask(read_x, hasty)), "fail connect-timeout");
  EXPECT_EQ(text(asker.ask(write_x, hasty)), "fail connect-timeout");
  EXPECT_EQ(text(asker.ask(cas_x, hasty)), "fail connect-timeout");
}

TEST(RaftdClient, KeepsItsConnection) {
  const Send yes{put_answer(R"("index":9)")};
  ScriptedServer server({{ReceiveRequest{}, yes, ReceiveRequest{}, yes, ReceiveRequest{}, yes}});
  Asker asker(server.address());
  EXPECT_EQ(text(asker.ask(write_x)), "ok");
  EXPECT_EQ(text(asker.ask(write_x)), "ok");
  EXPECT_EQ(text(asker.ask(write_x)), "ok");
  EXPECT_EQ(server.scripts_begun(), 1U);
}

TEST(RaftdClient, ReplacesAConnectionThatWasClosedWhileItWasIdle) {
  const Send yes{put_answer(R"("index":9)")};
  ScriptedServer server({{ReceiveRequest{}, yes, Close{}}, {ReceiveRequest{}, yes}});
  Asker asker(server.address());
  EXPECT_EQ(text(asker.ask(write_x)), "ok");
  server.wait_until_played(0);
  EXPECT_EQ(text(asker.ask(write_x)), "ok");
  EXPECT_EQ(server.scripts_begun(), 2U);
}

TEST(RaftdClient, ReplacesAConnectionWhoseAnswerSaidThatItEnds) {
  const Send last{"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 11\r\n\r\n{\"index\":9}"};
  ScriptedServer server({{ReceiveRequest{}, last}, {ReceiveRequest{}, last}});
  Asker asker(server.address());
  EXPECT_EQ(text(asker.ask(write_x)), "ok");
  EXPECT_EQ(text(asker.ask(write_x)), "ok");
  EXPECT_EQ(server.scripts_begun(), 2U);
}

TEST(RaftdClient, DoesNotKnowWhatBecameOfAWriteOnAKeptConnectionThatClosedAfterItLeft) {
  const Send yes{put_answer(R"("index":9)")};
  ScriptedServer server({{ReceiveRequest{}, yes, ReceiveRequest{}, Close{}}, {ReceiveRequest{}, yes}});
  Asker asker(server.address());
  EXPECT_EQ(text(asker.ask(write_x)), "ok");
  EXPECT_EQ(text(asker.ask(write_x)), "info closed");
  EXPECT_EQ(server.scripts_begun(), 1U) << "it must never send a change twice";
  EXPECT_EQ(text(asker.ask(write_x)), "ok");
  EXPECT_EQ(server.received().size(), 3U);
}

TEST(RaftdClient, DoesNotKnowWhatBecameOfAWriteThatTheServerClosedUpon) {
  ScriptedServer server({{Close{}}});
  EXPECT_EQ(Asker(server.address()).ask(write_x).type, EventType::info);
}

TEST(RaftdClient, DoesNotKnowWhatBecameOfAWriteOfWhichOnlyAPartLeft) {
  ScriptedServer resetting({{ReceiveBytes{1000}, Reset{}}}), silent({{ReceiveBytes{1000}}});
  Operation huge{"write", std::string(24 << 20, 'k'), 41};  // more than the buffers between the two hold
  EXPECT_EQ(text(Asker(resetting.address()).ask(huge)), "info reset");
  EXPECT_EQ(text(Asker(silent.address()).ask(huge, 300ms)), "info timeout");
}

TEST(RaftdClient, NeverTakesALateOrStrayAnswerForTheAnswerOfALaterOperation) {
  const std::string stale = http_answer(200, R"({"value":"1"})"), fresh = http_answer(200, R"({"value":"2"})");
  const std::vector<std::vector<Script>> cases{
      {{ReceiveRequest{}, Send{stale + stale}, ReceiveRequest{}}, {ReceiveRequest{}, Send{fresh}}},
      {{ReceiveRequest{}, Send{stale + stale.substr(0, 9)}, ReceiveRequest{}}, {ReceiveRequest{}, Send{fresh}}},
  };
  for (const std::vector<Script>& scripts : cases) {
    ScriptedServer server(scripts);
    Asker asker(server.address());
    EXPECT_EQ(asker.ask(read_x).value, Value(1));
    EXPECT_EQ(asker.ask(read_x).value, Value(2));
  }
  ScriptedServer late({{ReceiveRequest{}}, {ReceiveRequest{}, Send{fresh}}});
  Asker asker(late.address());
  EXPECT_EQ(text(asker.ask(read_x, hasty)), "fail timeout");
  EXPECT_EQ(asker.ask(read_x).value, Value(2)) << "after a time-out the old connection is not used again";
}

TEST(RaftdClient, RefusesAnEndpointThatIsNoAddressAndPort) {
  const std::string cure = "': not an address and a port; write it like 10.77.0.1:8100 or [::1]:8100";
  for (const char* bad : {"", ":", "10.0.0.1", "10.0.0.1:", "10.0.0.1:0", "10.0.0.1:65536", "10.0.0.1:80x", "n1:80",
                          "10.0.0.1:-1", "[::1]", "256.0.0.1:80", "http://10.0.0.1:80"}) {
    try {
      Asker asker(bad);
      ADD_FAILURE() << bad << " was taken";
    } catch (const std::invalid_argument& error) {
      EXPECT_EQ(error.what(), "endpoint '" + std::string(bad) + cure);
    }
  }
  EXPECT_NO_THROW(Asker("[::1]:8100"));
}

}  // namespace
}  // namespace ordeal::harness
