#include "harness/report/results_json.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "harness/config/config_error.h"
#include "harness/report/testing/sample_runs.h"

namespace ordeal::harness {
namespace {

using checker::Verdict;

void expect_equal(const Results& a, const Results& b) {
  EXPECT_EQ(a.plan, b.plan);
  EXPECT_EQ(a.target, b.target);
  EXPECT_EQ(a.seed, b.seed);
  EXPECT_EQ(a.started, b.started);
  EXPECT_EQ(a.load_began, b.load_began);
  EXPECT_EQ(a.load_ended, b.load_ended);
  EXPECT_EQ(a.ended, b.ended);
  EXPECT_EQ(a.verdict, b.verdict);
  EXPECT_EQ(a.operations, b.operations);
  EXPECT_EQ(a.errors, b.errors);
  EXPECT_EQ(a.latencies, b.latencies);
  EXPECT_EQ(a.faults, b.faults);
  EXPECT_EQ(a.longest_stall, b.longest_stall);
  EXPECT_EQ(a.exits, b.exits);
  EXPECT_EQ(a.seen_online, b.seen_online);
  EXPECT_EQ(a.frozen, b.frozen);
  EXPECT_EQ(a.repeat_command, b.repeat_command);
  ASSERT_EQ(a.findings.size(), b.findings.size());
  for (std::size_t at = 0; at < a.findings.size(); ++at) {
    const checker::Finding &x = a.findings[at], &y = b.findings[at];
    EXPECT_EQ(x.check, y.check);
    EXPECT_EQ(x.verdict, y.verdict);
    EXPECT_EQ(x.summary, y.summary);
    EXPECT_EQ(x.details, y.details);
    ASSERT_EQ(x.witness.has_value(), y.witness.has_value());
    const checker::Witness u = x.witness.value_or(checker::Witness{}), v = y.witness.value_or(checker::Witness{});
    EXPECT_EQ(u.key, v.key);
    EXPECT_EQ(u.call, v.call);
    EXPECT_EQ(u.completion, v.completion);
    EXPECT_EQ(u.last_states, v.last_states);
    EXPECT_EQ(u.operations, v.operations);
    EXPECT_EQ(u.explanation, v.explanation);
    EXPECT_EQ(u.states, v.states);
    EXPECT_EQ(u.prefix_operations, v.prefix_operations);
    EXPECT_EQ(u.operations_in_all, v.operations_in_all);
    EXPECT_EQ(u.begins, v.begins);
    EXPECT_EQ(u.order, v.order);
    EXPECT_EQ(u.blocks, v.blocks);
    EXPECT_EQ(u.confirmed, v.confirmed);
  }
}

void expect_round_trip(const Results& results) {
  const std::string json = to_json(results);
  const Results again = results_from_json(json, "results.json");
  expect_equal(again, results);
  EXPECT_EQ(to_json(again), json);
}

TEST(ResultsJson, WhatIsWrittenIsReadAgainForEveryVerdict) {
  for (const Verdict verdict :
       {Verdict::valid, Verdict::not_exercised, Verdict::unknown, Verdict::unavailable, Verdict::invalid}) {
    SCOPED_TRACE(checker::to_string(verdict));
    expect_round_trip(sample_run({.verdict = verdict, .operations = 300}).results);
  }
  expect_round_trip(Results{});
}

TEST(ResultsJson, ExtremesSurvive) {
  Results results;
  results.seed = std::numeric_limits<std::uint64_t>::max();
  results.plan = "quote \" backslash \\ newline \n control \x01 ünïcödé 🙂 </script>";
  results.ended = std::chrono::nanoseconds::max();
  results.errors[""] = 1;
  results.errors[std::string("a\0b", 3)] = std::numeric_limits<std::uint64_t>::max();
  checker::Witness witness;
  witness.key = "";
  witness.call.f = "odd";
  checker::Value deep = 1;
  for (int depth = 0; depth < 60; ++depth) deep = checker::List{deep};
  witness.call.value = checker::Map{{"list", checker::List{true, 1.5, std::int64_t{-7}, "x", checker::Nil{}}},
                                    {"deep", deep},
                                    {std::string("nul\0", 4), checker::Map{}}};
  witness.call.process = checker::nemesis_process;
  results.findings.push_back(
      {.check = "c", .verdict = Verdict::invalid, .summary = "", .details = {""}, .witness = witness});
  expect_round_trip(results);
}

TEST(ResultsJson, BytesThatAreNoUtf8AndNumbersThatAreNoneAreWrittenSoThatTheyCanBeRead) {
  Results results;
  results.exits.push_back({.node = "n1", .status = "exit status 1", .last_lines = {"\xff\xfe binary"}});
  checker::Witness witness;
  witness.call.value = std::numeric_limits<double>::quiet_NaN();
  witness.completion.value = std::numeric_limits<double>::infinity();
  results.findings.push_back(
      {.check = "c", .verdict = Verdict::invalid, .summary = "", .details = {}, .witness = witness});
  const Results again = results_from_json(to_json(results), "results.json");
  EXPECT_EQ(again.exits[0].last_lines[0], "�� binary");
  EXPECT_TRUE(again.findings[0].witness->call.value.is_nil());
  EXPECT_TRUE(again.findings[0].witness->completion.value.is_nil());
}

TEST(ResultsJson, KeepsWhatWasSeenWhileTheRunWentOnAndWhatWasFrozenThen) {
  Results results;
  results.seen_online = SeenViolation{
      .time = std::chrono::seconds(3), .check = "set", .summary = "element 7 is lost", .ended_load = false};
  results.frozen.push_back({.node = "n1",
                            .folder = "nodes/n1/frozen",
                            .files = 3,
                            .bytes = 4096,
                            .status = "asked just before it was stopped",
                            .skipped = {"data/log: 300 MiB are more than 256 MiB"}});
  expect_round_trip(results);
}

TEST(ResultsJson, IsLaidOutForPeopleAndDiff) {
  Results results;
  results.plan = "quickstart";
  results.seed = 7;
  results.operations["read"] = {.ok = 2, .fail = 1, .info = 0};
  EXPECT_EQ(to_json(results), R"({
  "verdict": "valid",
  "plan": "quickstart",
  "target": "",
  "seed": 7,
  "started": "",
  "repeat_command": "",
  "load_began_ns": 0,
  "load_ended_ns": 0,
  "ended_ns": 0,
  "findings": [],
  "operations": {"read":{"ok":2,"fail":1,"info":0}},
  "errors": {},
  "latencies_of_ok": {"p50_ns":0,"p99_ns":0,"max_ns":0},
  "longest_stall_ns": 0,
  "faults": {},
  "exits": [],
  "seen_online": null,
  "frozen": []
}
)");
}

std::string complaint(const std::string& json) {
  try {
    results_from_json(json, "store/x/results.json");
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no complaint";
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return at == std::string::npos ? text : text.replace(at, what.size(), by);
}

TEST(ResultsJson, ABadFileIsRefusedWithPlaceAndCure) {
  const std::string good = to_json(sample_run({.verdict = Verdict::invalid, .operations = 300}).results);
  const std::string cure = "; judge the run again with `ordeal check`, or take the file as ordeal wrote it";
  struct Case {
    std::string json, complaint;
  };
  const std::vector<Case> cases = {
      {"", "store/x/results.json: the text ends before its JSON does"},
      {good.substr(0, good.size() / 2), "store/x/results.json: the text ends before its JSON does"},
      {"{\n  \"a\": ?}", "store/x/results.json:2:8: no valid JSON (syntax error)"},
      {"\x7f"
       "ELF\x02\x01",
       "store/x/results.json:1:1: no valid JSON (syntax error)"},
      {good + "x", "store/x/results.json:" + std::to_string(1 + std::count(good.begin(), good.end(), '\n')) +
                       ":1: no valid JSON (text after the end of the JSON)"},
      {"[]", "store/x/results.json: top level: is no object"},
      {"{}", "store/x/results.json: top level: the field `verdict` is missing"},
      {replaced(good, "\"seed\": 7", "\"seed\": -7"), "store/x/results.json: seed: is no whole number from 0"},
      {replaced(good, "\"seed\": 7", "\"seed\": 7, \"seeds\": 7"),
       "store/x/results.json: top level: the field `seeds` is not known"},
      {replaced(good, "\"verdict\": \"invalid\"", "\"verdict\": \"green\""),
       "store/x/results.json: verdict: `green` is no verdict"},
      {replaced(good, "\"check\": \"linearizable\"", "\"check\": 3"),
       "store/x/results.json: findings[0].check: is no text"},
      {replaced(good, "\"type\":\"invoke\"", "\"type\":\"call\""),
       "store/x/results.json: findings[0].witness.call.type: `call` is no type of an event"},
      {replaced(good, "\"load_began_ns\": 14", "\"load_began_ns\": 0.14"),
       "store/x/results.json: load_began_ns: is no whole number of 64 bits"},
      {replaced(good, "\"expected\":true", "\"expected\":1"),
       "store/x/results.json: exits[0].expected: is neither true nor false"},
  };
  for (const Case& c : cases) EXPECT_EQ(complaint(c.json), c.complaint + cure);
}

TEST(ResultsJson, NoCutAndNoChangedByteOfAFileCrashesTheReader) {
  const std::string good = to_json(sample_run({.verdict = Verdict::invalid, .operations = 100}).results);
  for (std::size_t end = 0; end + 1 < good.size(); ++end) ASSERT_NE(complaint(good.substr(0, end)), "no complaint");
  for (std::size_t at = 0; at < good.size(); at += 3) {
    std::string changed = good;
    for (const char byte : {'\0', '"', '9', '}', '\xff'}) {
      changed[at] = byte;
      complaint(changed);
    }
  }
}

}  // namespace
}  // namespace ordeal::harness
