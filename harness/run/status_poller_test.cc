#include "harness/run/status_poller.h"

#include <gtest/gtest.h>

#include <thread>

#include "checker/status/status_check.h"
#include "harness/clients/testing/scripted_server.h"
#include "harness/cluster/testing/temporary_folder.h"
#include "harness/run/testing/recorded_history.h"

namespace ordeal::harness {
namespace {

using namespace std::chrono_literals;

const char* const status =
    R"({"id":2,"role":"leader","term":7,"leader":2,"commit_index":210,"applied_index":209,"state_hash":"91ab","keys":3})";

TEST(StatusEvent, KeepsWhatTheCheckNeeds) {
  const auto event = status_event("n2", 1, status);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->f, checker::status_observation);
  EXPECT_EQ(event->process, checker::nemesis_process);
  EXPECT_EQ(event->value, checker::Value(checker::Map{{"node", "n2"},
                                                      {"life", 1},
                                                      {"server", 2},
                                                      {"role", "leader"},
                                                      {"term", 7},
                                                      {"commit", 210},
                                                      {"applied", 209},
                                                      {"hash", "91ab"}}));
}

TEST(StatusEvent, LeavesOutWhatIsNotSaidAndWhatIsNoStatus) {
  EXPECT_EQ(status_event("n1", 0, R"({"term":"7","role":3})")->value,
            checker::Value(checker::Map{{"node", "n1"}, {"life", 0}}));
  for (const char* body : {"", "[]", "7", "{\"term\":", "leader"}) EXPECT_FALSE(status_event("n1", 0, body)) << body;
}

class StatusPollerTest : public testing::Test {
 protected:
  const TemporaryFolder folder_;
  Recorder recorder_{folder_.path() / "history.jsonl"};
};

TEST_F(StatusPollerTest, AsksAgainAndAgainOnOneConnection) {
  const ReceiveRequest request;
  const std::string answer = http_answer(200, status);
  ScriptedServer server({{request, Send{answer}, request, Send{answer}, request}});
  StatusPoller poller("/status", recorder_);
  poller.start({{"n2", server.address()}});
  server.wait_until_played(0);
  poller.stop();
  EXPECT_EQ(recorded(recorder_).size(), 2U);
  EXPECT_EQ(server.received().front().substr(0, 19), "GET /status HTTP/1.");
  EXPECT_EQ(poller.failure(), nullptr);
}

TEST_F(StatusPollerTest, DropsTheAnswerOfANodeThatEndedMeanwhile) {
  const ReceiveRequest request;
  const std::string answer = http_answer(200, status);
  // The node ends when its question has arrived and before the rest of the answer is sent.
  ScriptedServer server({{request, Send{answer}, request, Send{answer.substr(0, 20)}, ReceiveBytes{1}}});
  StatusPoller poller("/status", recorder_);
  poller.node_ended("n2");
  poller.start({{"n2", server.address()}});
  while (server.received().size() < 2) std::this_thread::sleep_for(1ms);
  poller.node_ended("n2");
  poller.stop();
  const checker::History history = recorded(recorder_);
  ASSERT_EQ(history.size(), 1U);
  EXPECT_EQ(*history[0].value.find("life"), checker::Value(1));
}

TEST_F(StatusPollerTest, SkipsWhatIsNoAnswer) {
  RefusingPort dead;
  ScriptedServer server({{ReceiveRequest{}, Send{http_answer(503, "{}")}, ReceiveRequest{}}});
  StatusPoller poller("/status", recorder_);
  poller.start({{"n1", dead.address()}, {"n2", server.address()}});
  server.wait_until_played(0);
  poller.stop();
  EXPECT_TRUE(recorded(recorder_).empty());
}

TEST_F(StatusPollerTest, RemembersTheLastAnswerOfTheLifeThatGoesOn) {
  const ReceiveRequest request;
  ScriptedServer server({{request, Send{http_answer(200, status)}, request}});
  StatusPoller poller("/status", recorder_);
  EXPECT_FALSE(poller.last_answer("n2"));
  poller.start({{"n2", server.address()}});
  server.wait_until_played(0);
  const auto answer = poller.last_answer("n2");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, status);
  EXPECT_EQ(answer->time, recorded(recorder_).front().time);
  poller.node_ended("n2");
  EXPECT_FALSE(poller.last_answer("n2"));
}

TEST_F(StatusPollerTest, AskedOnceSaysOfEachNodeWhatItAnsweredOrWhyItDidNot) {
  const ReceiveRequest request;
  ScriptedServer well({{request, Send{http_answer(200, status)}}});
  ScriptedServer refusing({{request, Send{http_answer(503, "{}")}}});
  ScriptedServer silent({{request}});
  const RefusingPort down;
  const auto answers =
      ask_status({{"n1", well.address()}, {"n2", refusing.address()}, {"n3", silent.address()}, {"n4", down.address()}},
                 "/status", 200ms, recorder_);
  ASSERT_EQ(answers.size(), 4U);
  EXPECT_EQ(answers[0].node, "n1");
  EXPECT_EQ(answers[0].body, status);
  EXPECT_GT(answers[0].time, 0ns);
  for (std::size_t i = 1; i < answers.size(); ++i) EXPECT_EQ(answers[i].body, "") << i;
  EXPECT_EQ(answers[1].how, "HTTP status 503");
  EXPECT_EQ(answers[2].how, "timeout");
  EXPECT_EQ(answers[3].how, "refused");
}

}  // namespace
}  // namespace ordeal::harness
