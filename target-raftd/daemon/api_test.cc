#include "target-raftd/daemon/api.h"

#include <gmock/gmock.h>

#include <boost/json.hpp>

namespace raftd::daemon {
namespace {

// "status code definite", of any answer that is an error.
std::string summary(const HttpResponse& response) {
  const boost::json::object body = boost::json::parse(response.body).as_object();
  return std::to_string(response.status) + " " + std::string(body.at("code").as_string()) +
         (body.at("definite").as_bool() ? " definite" : " indefinite");
}

std::string refusal(const HttpRequest& request) {
  const Call call = parse_call(request);
  const auto* refused = std::get_if<HttpResponse>(&call);
  return refused == nullptr ? "accepted" : summary(*refused);
}

TEST(Api, BadRequestsAreRefusedDefinitelyWithACode) {
  const std::string value = R"({"value":"v"})";
  const std::string long_value = R"({"value":")" + std::string(max_value_bytes + 1, 'x') + R"("})";
  struct Case {
    HttpRequest request;
    std::string expected;
  };
  const std::vector<Case> cases = {
      {{"GET", "/", {}, {}, ""}, "404 unknown_path definite"},
      {{"GET", "/kv", {}, {}, ""}, "404 unknown_path definite"},
      {{"GET", "/kv/a/b", {}, {}, ""}, "404 unknown_path definite"},
      {{"GET", "/kv/a/cas/", {}, {}, ""}, "404 unknown_path definite"},
      {{"GET", "/status/x", {}, {}, ""}, "404 unknown_path definite"},
      {{"POST", "/status", {}, {}, ""}, "405 wrong_method definite"},
      {{"POST", "/kv/k", {}, {}, value}, "405 wrong_method definite"},
      {{"HEAD", "/kv/k", {}, {}, ""}, "405 wrong_method definite"},
      {{"GET", "/kv/k/cas", {}, {}, ""}, "405 wrong_method definite"},
      {{"GET", "/kv/", {}, {}, ""}, "400 bad_key definite"},
      {{"GET", "/kv/%", {}, {}, ""}, "400 bad_key definite"},
      {{"GET", "/kv/%4", {}, {}, ""}, "400 bad_key definite"},
      {{"GET", "/kv/%zz", {}, {}, ""}, "400 bad_key definite"},
      {{"GET", "/kv/%ff", {}, {}, ""}, "400 bad_key definite"},
      {{"GET", "/kv/%c0%80", {}, {}, ""}, "400 bad_key definite"},
      {{"GET", "/kv/%ed%a0%80", {}, {}, ""}, "400 bad_key definite"},
      {{"GET", "/kv/" + std::string(max_key_bytes + 1, 'k'), {}, {}, ""}, "400 bad_key definite"},
      {{"GET", "/kv/k?read=stale", {}, {}, ""}, "400 unsupported definite"},
      {{"GET", "/kv/k?read=", {}, {}, ""}, "400 unsupported definite"},
      {{"GET", "/kv/k?raed=local", {}, {}, ""}, "400 unsupported definite"},
      {{"PUT", "/kv/k?ttl=5", {}, {}, value}, "400 unsupported definite"},
      {{"PUT", "/kv/k", {}, {}, ""}, "400 bad_body definite"},
      {{"PUT", "/kv/k", {}, {}, "v"}, "400 bad_body definite"},
      {{"PUT", "/kv/k", {}, {}, "[]"}, "400 bad_body definite"},
      {{"PUT", "/kv/k", {}, {}, "{}"}, "400 bad_body definite"},
      {{"PUT", "/kv/k", {}, {}, R"({"value":1})"}, "400 bad_body definite"},
      {{"PUT", "/kv/k", {}, {}, R"({"value":null})"}, "400 bad_body definite"},
      {{"PUT", "/kv/k", {}, {}, R"({"value":"v","ttl":5})"}, "400 bad_body definite"},
      {{"PUT", "/kv/k", {}, {}, R"({"value":"v"} x)"}, "400 bad_body definite"},
      {{"PUT", "/kv/k", {}, {}, "{\"value\":\"\xff\"}"}, "400 bad_body definite"},
      {{"PUT", "/kv/k", {}, {}, std::string(100'000, '[')}, "400 bad_body definite"},
      {{"PUT", "/kv/k", {}, {}, long_value}, "413 too_large definite"},
      {{"POST", "/kv/k/cas", {}, {}, value}, "400 bad_body definite"},
      {{"POST", "/kv/k/cas", {}, {}, R"({"expected":1,"value":"v"})"}, "400 bad_body definite"},
      {{"POST", "/kv/k/cas", {}, {}, R"({"expected":"1"})"}, "400 bad_body definite"},
      {{"GET", "/kv/k/add", {}, {}, ""}, "405 wrong_method definite"},
      {{"POST", "/kv/k/add", {}, {}, R"({"delta":"1"})"}, "400 bad_body definite"},
      {{"POST", "/kv/k/add", {}, {}, R"({"delta":1.5})"}, "400 bad_body definite"},
      {{"POST", "/kv/k/add", {}, {}, R"({"delta":9223372036854775808})"}, "400 bad_body definite"},
      {{"GET", "/txn", {}, {}, ""}, "405 wrong_method definite"},
      {{"POST", "/txn", {}, {}, "[]"}, "400 bad_body definite"},
      {{"POST", "/txn", {}, {}, R"({"compares":[]})"}, "400 bad_body definite"},
      {{"POST", "/txn", {}, {}, R"({"compare":{}})"}, "400 bad_body definite"},
      {{"POST", "/txn", {}, {}, R"({"compare":[1]})"}, "400 bad_body definite"},
      {{"POST", "/txn", {}, {}, R"({"compare":[{"key":"k"}]})"}, "400 bad_body definite"},
      {{"POST", "/txn", {}, {}, R"({"compare":[{"key":"k","absent":false}]})"}, "400 bad_body definite"},
      {{"POST", "/txn", {}, {}, R"({"compare":[{"key":"k","value":"v","absent":true}]})"}, "400 bad_body definite"},
      {{"POST", "/txn", {}, {}, R"({"compare":[{"value":"v","absent":true}]})"}, "400 bad_body definite"},
      {{"POST", "/txn", {}, {}, R"({"compare":[{"key":"k","modified":-1}]})"}, "400 bad_body definite"},
      {{"POST", "/txn", {}, {}, R"({"compare":[{"key":"","version":1}]})"}, "400 bad_key definite"},
      {{"POST", "/txn", {}, {}, R"({"then":[{}]})"}, "400 bad_body definite"},
      {{"POST", "/txn", {}, {}, R"({"then":[{"put":{"key":"k"}}]})"}, "400 bad_body definite"},
      {{"POST", "/txn", {}, {}, R"({"then":[{"get":{"key":"k","value":"v"}}]})"}, "400 bad_body definite"},
      {{"POST", "/txn", {}, {}, R"({"then":[{"add":{"key":"k"}}]})"}, "400 bad_body definite"},
      {{"POST", "/txn?x", {}, {}, "{}"}, "400 unsupported definite"},
      {{"GET", "/members", {}, {}, ""}, "405 wrong_method definite"},
      {{"POST", "/members", {}, {}, R"({"id":0,"address":"a:1"})"}, "400 bad_body definite"},
      {{"POST", "/members", {}, {}, R"({"id":4,"address":"a"})"}, "400 bad_body definite"},
      {{"POST", "/members", {}, {}, R"({"id":4})"}, "400 bad_body definite"},
      {{"DELETE", "/members/x", {}, {}, ""}, "404 unknown_path definite"},
      {{"DELETE", "/members/0", {}, {}, ""}, "404 unknown_path definite"},
      {{"PUT", "/members/4", {}, {}, ""}, "405 wrong_method definite"},
      {{"POST", "/members/4/demote", {}, {}, ""}, "404 unknown_path definite"},
      {{"GET", "/leader", {}, {}, ""}, "405 wrong_method definite"},
      {{"POST", "/leader", {}, {}, R"({"to":2})"}, "400 bad_body definite"},
      {{"POST", "/metrics", {}, {}, ""}, "405 wrong_method definite"},
      {{"PUT", "/kv/k", "s", {}, value}, "400 bad_session definite"},
      {{"PUT", "/kv/k", {}, "1", value}, "400 bad_session definite"},
      {{"PUT", "/kv/k", "s", "0", value}, "400 bad_session definite"},
      {{"PUT", "/kv/k", "s", "-1", value}, "400 bad_session definite"},
      {{"PUT", "/kv/k", "s", "1x", value}, "400 bad_session definite"},
      {{"PUT", "/kv/k", "s", "18446744073709551616", value}, "400 bad_session definite"},
      {{"PUT", "/kv/k", "", "1", value}, "400 bad_session definite"},
      {{"PUT", "/kv/k", std::string(max_session_bytes + 1, 's'), "1", value}, "400 bad_session definite"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.request.method + " " + one.request.target.substr(0, 40) + " " + one.request.body.substr(0, 40));
    EXPECT_EQ(refusal(one.request), one.expected);
  }
}

TEST(Api, GoodWritesBecomeCommands) {
  struct Case {
    HttpRequest request;
    kv::Command command;
  };
  const std::vector<Case> cases = {
      {{"PUT", "/kv/k", {}, {}, R"({"value":"v"})"}, {{}, kv::Put{"k", "v"}}},
      {{"PUT", "/kv/k", "s", "3", R"({"value":""})"}, {kv::SessionSerial{"s", 3}, kv::Put{"k", ""}}},
      {{"PUT", "/kv/a%2Fb", {}, {}, R"({"value":"v"})"}, {{}, kv::Put{"a/b", "v"}}},
      {{"PUT", "/kv/cas", {}, {}, R"({"value":"v"})"}, {{}, kv::Put{"cas", "v"}}},
      {{"DELETE", "/kv/k", {}, {}, ""}, {{}, kv::Delete{"k"}}},
      {{"POST", "/kv/k/cas", {}, {}, R"({"expected":"1","value":"2"})"}, {{}, kv::CompareAndSet{"k", "1", "2"}}},
      {{"POST", "/kv/k/cas", {}, {}, R"({"expected":null,"value":"2"})"}, {{}, kv::CompareAndSet{"k", {}, "2"}}},
      {{"POST", "/kv/k/add", {}, {}, R"({"delta":-3})"}, {{}, kv::Add{"k", -3}}},
      {{"POST", "/txn", "s", "2", "{}"}, {kv::SessionSerial{"s", 2}, kv::Txn{}}},
      {{"POST",
        "/txn",
        {},
        {},
        R"({"compare":[{"key":"a","value":"v"},{"key":"b","absent":true},{"key":"c","modified":7},{"key":"d","version":0}],
            "then":[{"put":{"key":"k","value":"w"}},{"delete":{"key":"k"}}],"else":[{"get":{"key":"k"}}]})"},
       {{},
        kv::Txn{{{"a", kv::Compare::Holds{"v"}},
                 {"b", kv::Compare::Absent{}},
                 {"c", kv::Compare::Modified{7}},
                 {"d", kv::Compare::Version{0}}},
                {kv::Put{"k", "w"}, kv::Delete{"k"}},
                {kv::Get{"k"}}}}},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.request.target);
    const Call call = parse_call(one.request);
    ASSERT_TRUE(std::holds_alternative<WriteCall>(call));
    EXPECT_EQ(std::get<WriteCall>(call).command, one.command);
  }
}

TEST(Api, ReadsAreLinearizableUnlessTheClientAsksForAnotherLevel) {
  for (const auto& [query, level] : std::map<std::string, ReadLevel>{{"", ReadLevel::linearizable},
                                                                     {"?read=linearizable", ReadLevel::linearizable},
                                                                     {"?read=lease", ReadLevel::lease},
                                                                     {"?read=follower", ReadLevel::follower},
                                                                     {"?read=local", ReadLevel::local}}) {
    SCOPED_TRACE(query);
    const Call call = parse_call({"GET", "/kv/k" + query, {}, {}, ""});
    ASSERT_TRUE(std::holds_alternative<ReadCall>(call));
    EXPECT_EQ(std::get<ReadCall>(call).key, "k");
    EXPECT_EQ(std::get<ReadCall>(call).level, level);
  }
}

TEST(Api, ChangesOfTheClusterBecomeTypedCalls) {
  const auto change = [](const char* method, const char* target, const char* body) {
    return std::get<ChangeCall>(parse_call({method, target, {}, {}, body})).change;
  };
  EXPECT_EQ(change("POST", "/members", R"({"id":4,"address":"h:1"})"),
            raft::MembershipChange(raft::AddLearner{4, "h:1"}));
  EXPECT_EQ(change("POST", "/members/4/promote", ""), raft::MembershipChange(raft::Promote{4}));
  EXPECT_EQ(change("DELETE", "/members/4", ""), raft::MembershipChange(raft::Remove{4}));
  EXPECT_EQ(std::get<TransferCall>(parse_call({"POST", "/leader", {}, {}, R"({"id":2})"})).to, 2U);
}

TEST(Api, AnswersCarryWhatTheClientAskedFor) {
  EXPECT_EQ(answer(kv::Result{.index = 7}).body, R"({"index":7})");
  EXPECT_EQ(answer(kv::Result{.index = 7, .sum = -2}).body, R"({"index":7,"value":"-2"})");
  EXPECT_EQ(answer(ReadCall{"k"}, kv::Value{"v", 5, 7, 2}).body,
            R"({"key":"k","value":"v","index":7,"created":5,"modified":7,"version":2})");
  const kv::Result txn{.index = 9, .txn = kv::TxnResult{true, {std::nullopt, kv::Value{"v", 5, 7, 2}}}};
  EXPECT_EQ(answer(txn).body,
            R"({"succeeded":true,"index":9,"results":[null,{"value":"v","created":5,"modified":7,"version":2}]})");
  EXPECT_EQ(answer_transfer(2, 2, 5), (HttpResponse{200, R"({"leader":2,"term":5})"}));
}

TEST(Api, EveryErrorSaysWhetherTheRequestCertainlyDidNotHappen) {
  const std::vector<std::pair<HttpResponse, std::string>> cases = {
      {answer(ReadCall{"k"}, {}), "404 not_found definite"},
      {answer(kv::Result{.code = kv::Code::mismatch, .index = 7}), "409 mismatch definite"},
      {answer(kv::Result{.code = kv::Code::stale_serial, .index = 7}), "409 stale_serial indefinite"},
      {answer(kv::Result{.code = kv::Code::unknown_session, .index = 7}), "409 unknown_session indefinite"},
      {answer(kv::Result{.code = kv::Code::not_a_number, .index = 7}), "409 not_a_number definite"},
      {answer(Failure::handing_over), "503 handing_over definite"},
      {answer(raft::ChangeRefusal::not_leader, 3), "503 not_leader definite"},
      {answer(raft::ChangeRefusal::change_pending, 3), "409 change_pending definite"},
      {answer(raft::ChangeRefusal::retired, 3), "409 retired definite"},
      {answer(raft::ChangeRefusal::learner_behind, 3), "409 learner_behind definite"},
      {answer(raft::ChangeRefusal::unknown_member, 3), "404 unknown_member definite"},
      {answer(raft::TransferRefusal::leads_already, 3), "409 leads_already definite"},
      {answer_transfer(2, 1, 5), "504 transfer_failed indefinite"},
      {answer(Failure::no_leader), "503 no_leader definite"},
      {answer(Failure::superseded), "503 superseded definite"},
      {answer(Failure::overloaded), "503 overloaded definite"},
      {answer(Failure::read_timeout), "504 timeout definite"},
      {answer(Failure::write_timeout), "504 timeout indefinite"},
  };
  for (const auto& [response, expected] : cases) EXPECT_EQ(summary(response), expected);
}

}  // namespace
}  // namespace raftd::daemon
