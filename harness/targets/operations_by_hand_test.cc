#include "harness/targets/operations_by_hand.h"

#include <gmock/gmock.h>

#include "harness/clients/testing/scripted_server.h"
#include "harness/run/testing/register_stub.h"

namespace ordeal::harness {
namespace {

using testing::SizeIs;
using namespace std::chrono_literals;

std::string able(const std::string& /*f*/) {
  return "";
}

std::vector<TriedOperation> of_register(const std::vector<TriedOperation>& tried) {
  std::vector<TriedOperation> found;
  for (const TriedOperation& one : tried) {
    if (one.workload == "register") found.push_back(one);
  }
  return found;
}

TEST(OperationsByHand, AreOneOfEachKindComparedWithWhatMustComeOfThem) {
  const RegisterStub server;
  const std::vector<TriedOperation> expected{{"register", "write 1", "ok"},
                                             {"register", "read", "ok 1"},
                                             {"register", "cas [1, 2]", "ok"},
                                             {"register", "cas [1, 3]", "fail: mismatch"},
                                             {"register", "read", "ok 2"}};
  EXPECT_EQ(of_register(try_operations({.address = server.address()}, able, 60s)), expected);
}

TEST(OperationsByHand, ThatGoWrongSayWhatShouldHaveCome) {
  const RefusingPort nobody;
  const std::vector<TriedOperation> tried = try_operations({.address = nobody.address()}, able, 60s);
  ASSERT_THAT(tried, SizeIs(3));  // the first of each workload
  EXPECT_EQ(tried[0], (TriedOperation{"register", "write 1", "fail: refused", "ok"}));
}

TEST(OperationsByHand, LeaveOutWhatTheClientCannotDo) {
  const RegisterStub server;
  const auto no_cas = [](const std::string& f) { return f == "cas" ? "cannot" : ""; };
  const std::vector<TriedOperation> tried = of_register(try_operations({.address = server.address()}, no_cas, 60s));
  ASSERT_THAT(tried, SizeIs(3));
  EXPECT_EQ(tried[2], (TriedOperation{"register", "cas", "cannot", "", true}));
}

TEST(OperationsByHand, SeeWhenAReadShowsWhatWasNotWritten) {
  const std::string answered = http_answer(200, R"({"index":1})");
  ScriptedServer server({{ReceiveRequest{}, Send{answered}},
                         {ReceiveRequest{}, Send{http_answer(200, R"({"key":"1","value":"7","index":2})")}},
                         {Close{}},
                         {Close{}}});
  const std::vector<TriedOperation> tried = of_register(try_operations({.address = server.address()}, able, 300ms));
  ASSERT_THAT(tried, SizeIs(2));
  EXPECT_EQ(tried[1], (TriedOperation{"register", "read", "ok 7", "ok 1"}));
}

}  // namespace
}  // namespace ordeal::harness
