#include "harness/clients/adapter_protocol.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace ordeal::harness {
namespace {

using namespace std::chrono_literals;
using checker::EventType;
using checker::List;
using checker::Map;
using checker::Nil;
using checker::Value;

const AdapterPlace place{.node = "n2", .endpoint = "10.77.0.2:6379", .read_mode = "local"};

TEST(AdapterProtocol, WritesEachOperationAsOneLine) {
  const struct {
    workloads::Operation operation;
    const char* fields;
  } table[] = {
      {{"read", "7", Nil{}}, R"("f":"read","key":"7","timeout":1500,"read":"local")"},
      {{"write", "7", Value(41)}, R"("f":"write","key":"7","timeout":1500,"value":41)"},
      {{"cas", "7", List{Nil{}, Value(41)}}, R"("f":"cas","key":"7","timeout":1500,"expected":null,"value":41)"},
      {{"increment", "c", Map{{"delta", 1}, {"session", "7-3"}, {"serial", 2}, {"again", 0}}},
       R"("f":"increment","key":"c","timeout":1500,"delta":1,"serial":2,"session":"7-3")"},
  };
  for (const auto& [operation, fields] : table) {
    const std::string line = call_line(9, place, operation, 1499500us);
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    EXPECT_EQ(boost::json::parse(line),
              boost::json::parse(std::string(R"({"id":9,"node":"n2","endpoint":"10.77.0.2:6379",)") + fields + "}"));
  }
}

TEST(AdapterProtocol, ReadsAnswers) {
  const struct {
    const char* line;
    EventType type;
    std::optional<Value> value;
    const char* error;
  } table[] = {
      {R"({"id":9,"type":"ok"})", EventType::ok, std::nullopt, ""},
      {R"({"id":9,"type":"ok","value":41})", EventType::ok, Value(41), ""},
      {R"({"id":9,"type":"ok","value":"41"})", EventType::ok, Value(41), ""},
      {R"({"id":9,"type":"ok","value":null,"more":[]})", EventType::ok, Value(Nil{}), ""},
      {R"({"id":9,"type":"ok","value":"x"})", EventType::ok, Value("x"), ""},
      {R"({"id":9,"type":"ok","value":[1]})", EventType::ok, Value("[1]"), ""},
      {R"({"id":9,"type":"fail","error":"mismatch"})", EventType::fail, std::nullopt, "mismatch"},
      {R"({"id":9,"type":"info"})", EventType::info, std::nullopt, "unexplained"},
  };
  for (const auto& [line, type, value, error] : table) {
    const auto parsed = parse_answer(line);
    const auto* answer = std::get_if<AdapterAnswer>(&parsed);
    ASSERT_NE(answer, nullptr) << line;
    EXPECT_EQ(answer->id, 9) << line;
    EXPECT_EQ(answer->type, type) << line;
    EXPECT_EQ(answer->value, value) << line;
    EXPECT_EQ(answer->error, error) << line;
  }
}

TEST(AdapterProtocol, SaysWhatIsWrongWithALine) {
  const struct {
    const char* line;
    const char* wrong;
  } answers[] = {
      {"", "it is no JSON object"},
      {"hello", "it is no JSON object"},
      {"[9]", "it is no JSON object"},
      {R"({"type":"ok"})", "its field \"id\" is no number"},
      {R"({"id":"9","type":"ok"})", "its field \"id\" is no number"},
      {R"({"id":9,"type":"yes"})", "its field \"type\" is none of ok, fail and info"},
  };
  for (const auto& [line, wrong] : answers) EXPECT_EQ(std::get<std::string>(parse_answer(line)), wrong) << line;
  const struct {
    const char* line;
    const char* wrong;
  } introductions[] = {
      {"redis adapter 1.0", "it is no JSON object"},
      {"{}", "it has no field \"protocol\""},
      {R"({"protocol":2,"operations":["read"],"reads":["local"]})", "it speaks protocol 2, and ordeal speaks 1"},
      {R"({"protocol":1})", "its field \"operations\" names none"},
      {R"({"protocol":1,"operations":["read"]})", "its field \"reads\" names none"},
  };
  for (const auto& [line, wrong] : introductions) EXPECT_EQ(std::get<std::string>(parse_abilities(line)), wrong);
}

TEST(AdapterProtocol, SaysWhatAPlanMisses) {
  const AdapterAbilities able{.operations = {"read", "write"}, .reads = {"linearizable"}};
  const workloads::RegisterSpec no_cas{.cas_share = 0};
  EXPECT_EQ(what_is_missing(able, no_cas), "");
  EXPECT_EQ(what_is_missing(able, workloads::SetSpec{}), "");
  EXPECT_EQ(what_is_missing(able, workloads::RegisterSpec{}),
            "workload register asks for the operation cas, and the adapter supports read, write");
  EXPECT_EQ(what_is_missing(able, workloads::CounterSpec{}),
            "workload counter asks for the operation increment, and the adapter supports read, write");
  EXPECT_EQ(what_is_missing(able, workloads::RegisterSpec{.read = "lease", .cas_share = 0}),
            "reads are asked for as lease, and the adapter supports linearizable");
  const AdapterAbilities stale{.operations = {"read", "write"}, .reads = {"local"}};
  EXPECT_EQ(what_is_missing(stale, workloads::RegisterSpec{.read = "local", .cas_share = 0}),
            "reads are asked for as linearizable, and the adapter supports local");
}

}  // namespace
}  // namespace ordeal::harness
