// Templates for the key-value APIs of three systems, tried on a server that speaks all of them, and what patterns make
// of odd answers.

#include "harness/clients/templated_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "harness/clients/http_answer.h"
#include "harness/clients/testing/key_value_server.h"
#include "harness/clients/testing/scripted_server.h"
#include "harness/config/http_section.h"

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

HttpTemplates templates_in(const std::string& yaml) {
  const Node root = parse_document(yaml, "http.yaml");
  return http_templates_of({root, ""});
}

HttpTemplates templates_of(const std::string& system) {
  std::ifstream file(std::filesystem::path(TESTDATA) / (system + ".yaml"));
  return templates_in({std::istreambuf_iterator<char>(file), {}});
}

// A client and the loop that it needs.
class Asker {
 public:
  Asker(const HttpTemplates& templates, const std::string& address, const std::string& read_mode = "linearizable")
      : client_(
            make_client({.client = {ClientKind::http, templates}, .address = address, .read_mode = read_mode}, io_)) {}

  Outcome outcome(const Operation& operation) {
    std::optional<Outcome> result;
    io_.restart();
    boost::asio::co_spawn(io_, client_->invoke(operation, patient), [&](std::exception_ptr failure, Outcome outcome) {
      if (failure) std::rethrow_exception(failure);
      result = std::move(outcome);
    });
    io_.run();
    return result.value();
  }

  std::string ask(const Operation& operation) {
    const Outcome ended = outcome(operation);
    if (ended.type == EventType::ok) return operation.f == "read" ? "ok " + to_string(ended.value) : "ok";
    return (ended.type == EventType::fail ? "fail " : "info ") + ended.error;
  }

 private:
  boost::asio::io_context io_;
  std::unique_ptr<Client> client_;
};

const std::vector<std::string> systems{"etcd-v2", "consul", "rqlite"};

const Operation read_x{"read", "x", Nil{}};
Operation write_x(int value) {
  return {"write", "x", value};
}
Operation cas_x(const checker::Value& expected, int value) {
  return {"cas", "x", List{expected, value}};
}

TEST(TemplatedClient, ReadsWritesAndComparesInEachOfThreeSystems) {
  for (const std::string& system : systems) {
    SCOPED_TRACE(system);
    KeyValueServer server;
    Asker asker(templates_of(system), server.address());
    EXPECT_EQ(asker.ask(read_x), "ok nil");
    EXPECT_EQ(asker.ask(cas_x(1, 2)), "fail mismatch");
    EXPECT_EQ(asker.ask(read_x), "ok nil");
    EXPECT_EQ(asker.ask(cas_x(Nil{}, 3)), "ok");
    EXPECT_EQ(asker.ask(cas_x(Nil{}, 4)), "fail mismatch");
    EXPECT_EQ(asker.ask(read_x), "ok 3");
    EXPECT_EQ(asker.ask(write_x(-5)), "ok");
    EXPECT_EQ(asker.ask(cas_x(3, 6)), "fail mismatch");
    EXPECT_EQ(asker.ask(cas_x(-5, 7)), "ok");
    EXPECT_EQ(asker.ask(read_x), "ok 7");
    EXPECT_EQ(asker.ask({"add", "3", 5}), "ok");
    EXPECT_EQ(asker.ask({"read", "3", Map{{"from", 4}, {"to", 6}}}), "ok [5]");
  }
}

TEST(TemplatedClient, WhatChangedBetweenItsReadAndItsChangeIsNoMismatch) {
  KeyValueServer server;
  Asker asker(templates_of("consul"), server.address());
  EXPECT_EQ(asker.ask(write_x(1)), "ok");
  server.change_after_next_read("x", "2");
  EXPECT_EQ(asker.ask(cas_x(1, 3)), "fail changed-meanwhile");
  EXPECT_EQ(asker.ask(read_x), "ok 2");
}

TEST(TemplatedClient, NeverTakesARefusalForMoreThanTheFileSays) {
  for (const std::string& system : systems) {
    for (const auto& [status, body] : std::vector<std::pair<int, std::string>>{
             {500, "internal error"},
             {503, R"({"errorCode":300})"},
             {409, R"({"code":"mismatch","definite":true})"},
             {404, R"({"code":"not_found"})"},
             {301, ""},
             {400, R"({"results":[{"rows_affected":1}]})"},
         }) {
      SCOPED_TRACE(system + " " + std::to_string(status));
      if (system == "consul" && status == 404) continue;  // there every 404 says that the key is absent
      KeyValueServer server;
      server.answer_always(status, body);
      Asker asker(templates_of(system), server.address());
      EXPECT_THAT(asker.ask(read_x), HasSubstr("fail http-" + std::to_string(status)));
      EXPECT_EQ(asker.ask(write_x(1)), "info http-" + std::to_string(status));
      EXPECT_EQ(asker.ask(cas_x(Nil{}, 1)), "info http-" + std::to_string(status));
    }
  }
}

TEST(TemplatedClient, AnErrorOfSqlWithStatus200IsNoSuccessAndNoMismatch) {
  KeyValueServer server;
  Asker asker(templates_of("rqlite"), server.address());
  for (const std::string body :
       {R"({"results":[{"error":"no such table: kv"}]})", R"({"results":[]})", "{}", "", "[]"}) {
    SCOPED_TRACE(body);
    server.answer_always(200, body);
    EXPECT_THAT(asker.ask(read_x), HasSubstr("fail "));
    EXPECT_THAT(asker.ask(write_x(1)), HasSubstr("info "));
    EXPECT_THAT(asker.ask(cas_x(Nil{}, 1)), HasSubstr("info "));
    EXPECT_THAT(asker.ask(cas_x(1, 2)), HasSubstr("info "));
  }
}

TEST(TemplatedClient, ADefiniteRefusalIsOneBecauseTheFileSaysSo) {
  KeyValueServer server;
  server.answer_always(500, "No cluster leader");
  Asker asker(templates_of("consul"), server.address());
  EXPECT_EQ(asker.ask(read_x), "fail no-leader");
  EXPECT_EQ(asker.ask(write_x(1)), "fail no-leader");
  EXPECT_EQ(asker.ask(cas_x(1, 2)), "fail no-leader");
  EXPECT_EQ(asker.ask(cas_x(Nil{}, 2)), "fail no-leader");
}

TEST(TemplatedClient, AChangeWithoutAnAnswerMayHaveHappened) {
  ScriptedServer writes({{ReceiveRequest{}, Close{}}}), reads({{ReceiveRequest{}, Reset{}}});
  EXPECT_EQ(Asker(templates_of("consul"), writes.address()).ask(write_x(1)), "info closed");
  EXPECT_EQ(Asker(templates_of("consul"), reads.address()).ask(cas_x(1, 2)), "fail reset");  // it was still reading
  RefusingPort nobody;
  EXPECT_EQ(Asker(templates_of("consul"), nobody.address()).ask(write_x(1)), "fail refused");
}

const char* const minimal =
    "read: {url: \"/get/${key}\", value: /v}\n"
    "read-local: {url: \"/old/${key}\", value: /v, headers: {Level: none}}\n"
    "write: {method: POST, url: /set, body: \"${key:base64}=${value:base64}\", headers: {X-Key: \"${key}\"}}\n";

TEST(TemplatedClient, SendsWhatTheTemplatesSay) {
  ScriptedServer server(
      {{ReceiveRequest{}, Send{http_answer(200, "{\"v\":1}")}, ReceiveRequest{}, Send{http_answer(200, "{}")}}});
  Asker asker(templates_in(minimal), server.address(), "local");
  EXPECT_EQ(asker.ask({"read", "a b/", Nil{}}), "ok 1");
  EXPECT_EQ(asker.ask(write_x(42)), "ok");
  EXPECT_THAT(server.received().at(0), HasSubstr("GET /old/a%20b%2F HTTP/1.1"));
  EXPECT_THAT(server.received().at(0), HasSubstr("Level: none"));
  EXPECT_THAT(server.received().at(1), HasSubstr("POST /set HTTP/1.1"));
  EXPECT_THAT(server.received().at(1), HasSubstr("X-Key: x\r\n"));
  EXPECT_THAT(server.received().at(1), HasSubstr("eA===NDI="));
}

TEST(HttpAnswer, AReadIsOkOnlyWhereATextOrAWholeNumberStands) {
  const HttpTemplates templates = templates_in(minimal);
  const auto outcome = [&](const std::string& body) {
    return http_outcome(read_x, templates.reads.at("linearizable"),
                        {.reach = Reach::answered, .transport_error = {}, .status = 200, .body = body});
  };
  EXPECT_EQ(to_string(outcome(R"({"v":"41"})").value), "41");
  EXPECT_EQ(to_string(outcome(R"({"v":41})").value), "41");
  EXPECT_EQ(to_string(outcome(R"({"v":"x"})").value), "\"x\"");
  for (const std::string body : {R"({"v":null})", R"({"v":4.5})", R"({"v":true})", R"({"v":[41]})", R"({"w":41})", "41",
                                 "", "{", R"({"v":99999999999999999999})"}) {
    EXPECT_EQ(outcome(body).type, EventType::fail) << body;
    EXPECT_EQ(outcome(body).error, "bad-answer") << body;
  }
}

}  // namespace
}  // namespace ordeal::harness
