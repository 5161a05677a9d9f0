#include "harness/run/online_check.h"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "checker/formats/history_reader.h"
#include "harness/cluster/testing/temporary_folder.h"
#include "harness/run/status_poller.h"

namespace ordeal::harness {
namespace {

using namespace std::chrono_literals;
using checker::Event;
using checker::EventType;
using checker::List;
using checker::Value;

class OnlineCheckTest : public testing::Test {
 protected:
  void operation(const char* f, const Value& argument, const Value& result) {
    Event event;
    event.process = 1;
    event.f = f;
    event.key = "0";
    event.value = argument;
    recorder_.record(event);
    event.type = EventType::ok;
    event.value = result;
    recorder_.record(event);
  }

  // What `check` says when it has seen the whole history.
  checker::Finding violation_by(const std::string& check) {
    OnlineCheck online(recorder_, {.checks = {check}, .linearizable = {}});
    while (!online.violation()) {
      online.look({"0"});
      std::this_thread::sleep_for(1ms);
    }
    return *online.violation();
  }

  const TemporaryFolder folder_;
  Recorder recorder_{folder_.path() / "history.jsonl"};
};

TEST_F(OnlineCheckTest, SeesALostElement) {
  operation("add", 7, 7);
  operation("read", {}, List{});
  EXPECT_EQ(violation_by("set").summary, "element 7 was added to set 0 and is lost");
}

TEST_F(OnlineCheckTest, SeesAnIncrementThatCountsTwice) {
  operation("increment", 1, 2);
  EXPECT_EQ(violation_by("counter").check, "counter");
}

TEST_F(OnlineCheckTest, SeesTwoLeadersOfATerm) {
  recorder_.record(*status_event("n1", 0, R"({"role":"leader","term":4})"));
  recorder_.record(*status_event("n2", 0, R"({"role":"leader","term":4})"));
  EXPECT_EQ(violation_by("status").summary, "n1 and n2 both lead in term 4");
}

TEST_F(OnlineCheckTest, SeesARegisterOutOfOrderWhileItsKeyIsStillInUse) {
  operation("write", 1, 1);
  operation("read", {}, 2);
  OnlineCheck online(recorder_, {.checks = {"linearizable"}, .linearizable = {}});
  while (!online.violation()) {
    online.look({});
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_EQ(online.violation()->verdict, checker::Verdict::invalid);
  EXPECT_TRUE(online.violation()->witness) << online.violation()->summary;
}

TEST_F(OnlineCheckTest, SearchesARegisterWithAValueThatWasWrittenTwiceWhenItsKeyHasRetired) {
  operation("write", 1, 1);
  operation("write", 1, 1);
  operation("read", {}, 2);
  EXPECT_EQ(violation_by("linearizable").verdict, checker::Verdict::invalid);
}

TEST_F(OnlineCheckTest, SeesARegisterOutOfOrderAlsoWhenItKeepsNoEvents) {
  for (int i = 1; i < 50; ++i) operation("write", i, i);
  operation("read", {}, 7);
  OnlineCheck online(recorder_, {.checks = {"linearizable"}, .linearizable = {}, .most_events = 20});
  while (!online.violation()) {
    online.look({});
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_EQ(online.violation()->summary, "not linearizable: key 0, at event 99");
}

TEST_F(OnlineCheckTest, HandsOnWhyItCannotReadTheHistory) {
  std::ofstream(recorder_.file(), std::ios::app) << "no event\n";
  OnlineCheck online(recorder_, {.checks = {"linearizable"}, .linearizable = {}});
  while (!online.failure()) {
    online.look({});
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_THROW(std::rethrow_exception(online.failure()), checker::FormatError);
}

TEST_F(OnlineCheckTest, CountsTheOperationsThatItHasJudged) {
  operation("add", 7, 7);
  operation("read", {}, List{7});
  OnlineCheck online(recorder_, {.checks = {"set", "status"}, .linearizable = {}});
  online.look({});
  while (online.checked() < 2) std::this_thread::sleep_for(1ms);
  EXPECT_FALSE(online.violation());
}

}  // namespace
}  // namespace ordeal::harness
