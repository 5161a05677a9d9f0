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
      {{"GET", "/kv/k?read=lease", {}, {}, ""}, "400 unsupported definite"},
      {{"GET", "/kv/k?read=follower", {}, {}, ""}, "400 unsupported definite"},
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
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.request.target);
    const Call call = parse_call(one.request);
    ASSERT_TRUE(std::holds_alternative<WriteCall>(call));
    EXPECT_EQ(std::get<WriteCall>(call).command, one.command);
  }
}

TEST(Api, ReadsAreLinearizableUnlessTheClientAsksForLocal) {
  for (const auto& [query, local] :
       std::map<std::string, bool>{{"", false}, {"?read=linearizable", false}, {"?read=local", true}}) {
    SCOPED_TRACE(query);
    const Call call = parse_call({"GET", "/kv/k" + query, {}, {}, ""});
    ASSERT_TRUE(std::holds_alternative<ReadCall>(call));
    EXPECT_EQ(std::get<ReadCall>(call).key, "k");
    EXPECT_EQ(std::get<ReadCall>(call).local, local);
  }
}

TEST(Api, EveryAnswerSaysWhetherTheRequestCertainlyDidNotHappen) {
  EXPECT_EQ(answer(kv::Result{.code = kv::Code::done, .index = 7, .actual = {}}),
            (HttpResponse{200, R"({"index":7})"}));
  EXPECT_EQ(answer(ReadCall{"k", false}, kv::Store::Value{"v", 7}),
            (HttpResponse{200, R"({"key":"k","value":"v","index":7})"}));
  const std::vector<std::pair<HttpResponse, std::string>> cases = {
      {answer(ReadCall{"k", false}, {}), "404 not_found definite"},
      {answer(kv::Result{.code = kv::Code::mismatch, .index = 7, .actual = {}}), "409 mismatch definite"},
      {answer(kv::Result{.code = kv::Code::stale_serial, .index = 7, .actual = {}}), "409 stale_serial indefinite"},
      {answer(kv::Result{.code = kv::Code::unknown_session, .index = 7, .actual = {}}),
       "409 unknown_session indefinite"},
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
