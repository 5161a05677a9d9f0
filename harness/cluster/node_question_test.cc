#include "harness/cluster/node_question.h"

#include <gmock/gmock.h>

#include <boost/json/parse.hpp>

#include "harness/cluster/cluster_error.h"
#include "harness/cluster/json_field.h"
#include "harness/cluster/testing/fake_cluster.h"

namespace ordeal::harness {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr milliseconds kLong{60'000};  // only ends a test that hangs

class AskedNode : public testing::Test {
 protected:
  AskedNode() : cluster_(loopback_nodes(1)) { cluster_.start(); }

  ProbeAnswer by_command(const std::string& script, milliseconds within = kLong) {
    const Question question{.way = Question::Way::command, .command = {"sh", "-c", script}};
    return ask_and_wait(cluster_.processes->question("n1", question), within);
  }
  ProbeAnswer by_tcp(const std::string& address, const std::string& send, milliseconds within = kLong) {
    const Question question{.way = Question::Way::tcp, .address = address, .send = send};
    return ask_and_wait(cluster_.processes->question("n1", question), within);
  }

  FakeCluster cluster_;
};

TEST_F(AskedNode, AnswersByWhatACommandWritesWhenItEndsWell) {
  const ProbeAnswer answer = by_command("echo ${ip}; echo two >&2");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, loopback_nodes(1)[0].address + "\ntwo\n");
}

TEST_F(AskedNode, OfACommandIsAskedInTheNodesFolder) {
  EXPECT_EQ(by_command("pwd").body, (cluster_.folder.path() / "nodes/n1\n").string());
}

TEST_F(AskedNode, SaysHowACommandFailed) {
  EXPECT_EQ(by_command("echo no such table; exit 3").error, "exit status 3: no such table");
  EXPECT_EQ(by_command("kill -9 $$").error, "signal 9");
  EXPECT_EQ(by_command("exit 3").status, 0);
}

TEST_F(AskedNode, EndsACommandThatHangsAndAllThatItStarted) {
  const ProbeAnswer answer = by_command("echo begun; sleep 1000 & sleep 1000", milliseconds(300));
  EXPECT_EQ(answer.status, 0);
  EXPECT_THAT(answer.error, StartsWith("did not end within 300 ms"));
}

TEST_F(AskedNode, ThatACommandIsNotThereIsSaid) {
  try {
    cluster_.processes->question("n1", {.way = Question::Way::command, .command = {"no-such-program-anywhere"}});
    ADD_FAILURE() << "accepted";
  } catch (const ClusterError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("no-such-program-anywhere is not there"), HasSubstr("install it")));
  }
}

TEST_F(AskedNode, AnswersOverTcp) {
  EXPECT_EQ(by_tcp("${ip}:8100", "").status, 200);
  const ProbeAnswer answer = by_tcp("${ip}:8100", "GET /status HTTP/1.0\r\n\r\n");
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, HasSubstr(R"("role":"follower")"));
}

TEST_F(AskedNode, WhereNobodyListensRefusesOverTcp) {
  const ProbeAnswer answer = by_tcp("${ip}:8101", "");
  EXPECT_EQ(answer.status, 0);
  EXPECT_EQ(answer.error, "connection refused");
  EXPECT_TRUE(answer.refused);
}

TEST_F(AskedNode, ThatIsSilentIsNotWaitedForLongerThanAsked) {
  cluster_.tell("n1", "/hang", milliseconds(200));  // which is not answered either
  EXPECT_EQ(by_tcp("${ip}:8100", "GET /status HTTP/1.0\r\n\r\n", milliseconds(200)).error, "no answer within 200 ms");
}

ProbeAnswer answered(int status, const std::string& body) {
  ProbeAnswer answer;
  answer.status = status;
  answer.body = body;
  return answer;
}

TEST(WhyNot, SaysWhatTheAnswerLacks) {
  const ProbeAnswer answer = answered(204, "mode: leader");
  ProbeAnswer refused;
  refused.error = "connection refused";
  EXPECT_EQ(why_not(answer, 204, ""), "");
  EXPECT_EQ(why_not(answer, 0, ""), "");
  EXPECT_EQ(why_not(answer, 0, "mode: (leader|follower)"), "");
  EXPECT_EQ(why_not(answer, 200, ""), "answered 204 instead of 200: mode: leader");
  EXPECT_EQ(why_not(answer, 204, "^leader"), "answered what does not match ^leader: mode: leader");
  EXPECT_EQ(why_not(answered(500, "x"), 0, ""), "answered 500 instead of 2xx: x");
  EXPECT_EQ(why_not(refused, 0, ""), "connection refused");
}

TEST(FieldOf, FindsByNameOrByPointer) {
  const boost::json::value answer = boost::json::parse(R"({"role":"leader","a":{"b":[{"c":7}]},"x/y":true})");
  const std::pair<const char*, const char*> cases[] = {{"role", "leader"}, {"/role", "leader"}, {"/a/b/0/c", "7"},
                                                       {"x/y", "true"},    {"/a/b/1/c", ""},    {"none", ""},
                                                       {"/none/c", ""},    {"/x~1y", "true"}};
  for (const auto& [name, text] : cases) EXPECT_EQ(as_text(field_of(answer, name)), text) << name;
  EXPECT_EQ(field_of(boost::json::value("text"), "role"), nullptr);
}

}  // namespace
}  // namespace ordeal::harness
