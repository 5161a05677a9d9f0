// The client of etcd against a server that misbehaves as scripted: what the history would say of it.

#include "harness/clients/etcd_client.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <vector>

#include "harness/clients/etcd_answer.h"
#include "harness/clients/testing/scripted_server.h"

namespace ordeal::harness {
namespace {

using namespace std::chrono_literals;
using checker::EventType;
using checker::List;
using checker::Map;
using checker::Nil;
using testing::HasSubstr;
using workloads::Operation;

constexpr auto patient = 20s;  // never reached: only ends a test that is broken

const Operation read_x{"read", "x", Nil{}};
const Operation write_x{"write", "x", 41};
const Operation cas_x{"cas", "x", List{41, 42}};

std::string text(const Outcome& outcome) {
  std::string type = outcome.type == EventType::ok ? "ok" : outcome.type == EventType::fail ? "fail" : "info";
  return outcome.error.empty() ? type : type + " " + outcome.error;
}

HttpAnswer answered(int status, const std::string& body) {
  return {.reach = Reach::answered, .transport_error = {}, .status = status, .body = body};
}

std::string outcome_of(const Operation& operation, int status, const std::string& body) {
  return text(etcd_outcome(operation, answered(status, body)));
}

struct ErrorCase {
  int status;
  std::string message, name;
  std::string change;  // what a write and a cas are
};

TEST(EtcdAnswer, ARefusalIsDefiniteOnlyWhereEtcdNeverProposedTheChange) {
  const std::vector<ErrorCase> cases{
      {503, "etcdserver: no leader", "no-leader", "fail"},
      {429, "etcdserver: too many requests", "too-many-requests", "fail"},
      {503, "etcdserver: not capable", "not-capable", "fail"},
      {503, "etcdserver: rpc not supported for learner", "learner", "fail"},
      {400, "etcdserver: key is not provided", "bad-request", "fail"},
      {400, "etcdserver: too many operations in txn request", "bad-request", "fail"},
      {400, "etcdserver: duplicate key given in txn request", "bad-request", "fail"},
      {400, "etcdserver: request is too large", "bad-request", "fail"},
      {500, "raft proposal dropped", "dropped", "fail"},
      {503, "etcdserver: request timed out", "etcd-timeout", "info"},
      {503, "etcdserver: request timed out, possibly due to previous leader failure", "etcd-timeout-leader-failure",
       "info"},
      {503, "etcdserver: request timed out, possibly due to connection lost", "etcd-timeout-connection-lost", "info"},
      {503, "etcdserver: request timed out, waiting for the applied index took too long", "etcd-timeout-applied-index",
       "info"},
      {503, "etcdserver: leader changed", "leader-changed", "info"},
      {503, "etcdserver: server stopped", "stopped", "info"},
      {429, "etcdserver: mvcc: database space exceeded", "no-space", "info"},
      // Nobody looked these up, so they prove nothing.
      {500, "etcdserver: corrupt cluster", "etcdserver: corrupt cluster", "info"},
      {503, "transport is closing", "transport is closing", "info"},
      {500, "raft: stopped", "raft: stopped", "info"},
      {504, "context deadline exceeded", "context deadline exceeded", "info"},
      {503, "etcdserver: no leader yet", "etcdserver: no leader yet", "info"},
  };
  for (const ErrorCase& c : cases) {
    SCOPED_TRACE(c.message);
    const std::string body = fmt::format(R"({{"error":"{0}","message":"{0}","code":14}})", c.message);
    EXPECT_EQ(outcome_of(read_x, c.status, body), "fail " + c.name);
    EXPECT_EQ(outcome_of(write_x, c.status, body), c.change + " " + c.name);
    EXPECT_EQ(outcome_of(cas_x, c.status, body), c.change + " " + c.name);
  }
}

TEST(EtcdAnswer, AnErrorWithoutAMessageProvesNothing) {
  for (const char* body : {"", "Not Found\n", "[]", R"({"message":14})", R"({"error":"etcdserver: no leader"})", "{"}) {
    SCOPED_TRACE(body);
    EXPECT_EQ(outcome_of(read_x, 404, body), "fail http-404");
    EXPECT_EQ(outcome_of(write_x, 404, body), "info http-404");
    EXPECT_EQ(outcome_of(cas_x, 404, body), "info http-404");
  }
}

TEST(EtcdAnswer, NoMessageMayPassForAMismatch) {
  EXPECT_EQ(outcome_of(cas_x, 409, R"({"message":"mismatch"})"), "info http-409");
}

struct SuccessCase {
  std::string body;
  std::string read, write, cas;
};

TEST(EtcdAnswer, A200MeansWhatItsBodySays) {
  const std::string header = R"({"header":{"revision":"9","raft_term":"2"})";
  const std::vector<SuccessCase> cases{
      {header + "}", "ok", "ok", "fail mismatch"},
      {header + R"(,"succeeded":true,"responses":[{}]})", "ok", "ok", "ok"},
      {header + R"(,"succeeded":false})", "ok", "ok", "fail mismatch"},
      {header + R"(,"kvs":[{"key":"eA==","value":"NDE="}],"count":"1"})", "ok", "ok", "fail mismatch"},
      // Another key than was asked for, several, or what is no base64.
      {header + R"(,"kvs":[{"key":"eQ==","value":"NDE="}]})", "fail bad-answer", "ok", "fail mismatch"},
      {header + R"(,"kvs":[{"value":"NDE="}]})", "fail bad-answer", "ok", "fail mismatch"},
      {header + R"(,"kvs":[{"key":"eA=="},{"key":"eQ=="}]})", "fail bad-answer", "ok", "fail mismatch"},
      {header + R"(,"kvs":[{"key":"eA==","value":"41"}]})", "fail bad-answer", "ok", "fail mismatch"},
      {header + R"(,"kvs":[{"key":"eA==","value":41}]})", "fail bad-answer", "ok", "fail mismatch"},
      {header + R"(,"kvs":["eA=="]})", "fail bad-answer", "ok", "fail mismatch"},
      {header + R"(,"kvs":{}})", "fail bad-answer", "ok", "fail mismatch"},
      // Without the revision it is no answer of etcd.
      {"{}", "fail bad-answer", "info bad-answer", "info bad-answer"},
      {R"({"succeeded":true})", "fail bad-answer", "info bad-answer", "info bad-answer"},
      {R"({"header":{"revision":9}})", "fail bad-answer", "info bad-answer", "info bad-answer"},
      {R"({"header":[]})", "fail bad-answer", "info bad-answer", "info bad-answer"},
      {header, "fail bad-answer", "info bad-answer", "info bad-answer"},
      {"", "fail bad-answer", "info bad-answer", "info bad-answer"},
      {"[1]", "fail bad-answer", "info bad-answer", "info bad-answer"},
  };
  for (const SuccessCase& c : cases) {
    SCOPED_TRACE(c.body);
    EXPECT_EQ(outcome_of(read_x, 200, c.body), c.read);
    EXPECT_EQ(outcome_of(write_x, 200, c.body), c.write);
    EXPECT_EQ(outcome_of(cas_x, 200, c.body), c.cas);
  }
}

TEST(EtcdAnswer, AReadSeesTheValueOrNil) {
  const auto seen = [](const std::string& fields) {
    return to_string(etcd_outcome(read_x, answered(200, R"({"header":{"revision":"9"})" + fields + "}")).value);
  };
  EXPECT_EQ(seen(""), "nil");
  EXPECT_EQ(seen(R"(,"kvs":[{"key":"eA==","value":"NDE="}])"), "41");
  EXPECT_EQ(seen(R"(,"kvs":[{"key":"eA==","value":"LTc="}])"), "-7");
  EXPECT_EQ(seen(R"(,"kvs":[{"key":"eA==","value":"YWI="}])"), "\"ab\"");
  EXPECT_EQ(seen(R"(,"kvs":[{"key":"eA=="}])"), "\"\"");
}

// A client and the loop that it needs.
class Asker {
 public:
  explicit Asker(const std::string& address, const std::string& read_mode = "linearizable")
      : client_(make_client({.client = {ClientKind::etcd_v3}, .address = address, .read_mode = read_mode}, io_)) {}

  Outcome ask(const Operation& operation) {
    std::optional<Outcome> result;
    io_.restart();
    boost::asio::co_spawn(io_, client_->invoke(operation, patient), [&](std::exception_ptr failure, Outcome outcome) {
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

Script answers(int count, const std::string& body) {
  Script script;
  for (int i = 0; i < count; ++i) script.insert(script.end(), {ReceiveRequest{}, Send{http_answer(200, body)}});
  return script;
}

TEST(EtcdClient, SendsWhatTheGatewayUnderstands) {
  ScriptedServer server({answers(4, R"({"header":{"revision":"9"}})")});
  Asker asker(server.address());
  asker.ask(read_x);
  asker.ask({"write", "x", -7});
  asker.ask(cas_x);
  asker.ask({"cas", "x", List{Nil{}, 42}});
  const std::vector<std::string> sent = server.received();
  EXPECT_THAT(sent.at(0), HasSubstr("POST /v3/kv/range HTTP/1.1"));
  EXPECT_THAT(sent[0], HasSubstr(R"({"key":"eA=="})"));
  EXPECT_THAT(sent.at(1), HasSubstr("POST /v3/kv/put HTTP/1.1"));
  EXPECT_THAT(sent[1], HasSubstr(R"({"key":"eA==","value":"LTc="})"));
  EXPECT_THAT(sent.at(2), HasSubstr("POST /v3/kv/txn HTTP/1.1"));
  EXPECT_THAT(sent[2], HasSubstr(R"({"compare":[{"key":"eA==","target":"VALUE","result":"EQUAL","value":"NDE="}],)"
                                 R"("success":[{"request_put":{"key":"eA==","value":"NDI="}}]})"));
  EXPECT_THAT(sent.at(3), HasSubstr(R"({"key":"eA==","target":"VERSION","result":"EQUAL","version":"0"})"));
}

TEST(EtcdClient, AsksForSerializableReadsOnlyWhereAnOldAnswerWillDo) {
  for (const std::string mode : {"linearizable", "follower", "local"}) {
    SCOPED_TRACE(mode);
    ScriptedServer server({answers(1, R"({"header":{"revision":"9"}})")});
    Asker(server.address(), mode).ask(read_x);
    const bool asks = server.received().at(0).find(R"({"key":"eA==","serializable":true})") != std::string::npos;
    EXPECT_EQ(asks, mode == "local");
  }
}

TEST(EtcdClient, KeepsEachElementOfASetUnderAKeyOfItsOwn) {
  const std::string there = R"({"header":{"revision":"9"},"kvs":[{"key":"My41","value":"NQ=="}]})";
  const std::string absent = R"({"header":{"revision":"9"}})";
  ScriptedServer server({{ReceiveRequest{}, Send{http_answer(200, absent)}, ReceiveRequest{},
                          Send{http_answer(200, there)}, ReceiveRequest{}, Send{http_answer(200, absent)}}});
  Asker asker(server.address());
  EXPECT_EQ(text(asker.ask({"add", "3", 5})), "ok");
  const Outcome read = asker.ask({"read", "3", Map{{"from", 5}, {"to", 6}}});
  EXPECT_EQ(to_string(read.value), "[5]");
  EXPECT_THAT(server.received().at(0), HasSubstr(R"({"key":"My41","value":"NQ=="})"));
  EXPECT_THAT(server.received().at(2), HasSubstr(R"({"key":"My42"})"));
}

TEST(EtcdClient, AChangeWithoutAnAnswerMayHaveHappened) {
  ScriptedServer reads({{ReceiveRequest{}, Close{}}}), writes({{ReceiveRequest{}, Reset{}}});
  EXPECT_EQ(text(Asker(reads.address()).ask(read_x)), "fail closed");
  EXPECT_EQ(text(Asker(writes.address()).ask(cas_x)), "info reset");
  RefusingPort nobody;
  EXPECT_EQ(text(Asker(nobody.address()).ask(write_x)), "fail refused");
}

}  // namespace
}  // namespace ordeal::harness
