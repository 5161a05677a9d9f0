#include "harness/report/report_html.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "harness/report/testing/sample_runs.h"
#include "harness/report/testing/well_formed.h"

namespace ordeal::harness {
namespace {

using checker::Event;
using checker::Verdict;

// A page is too long to be printed by a failing matcher.
bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string html_of(const SampleRun& run) {
  return to_html(run.results, digest_of(run.history), run.links);
}

void expect_sound(const std::string& html) {
  EXPECT_EQ(why_not_well_formed(html), "");
  EXPECT_LT(html.size(), 2'000'000U);
  for (const char* forbidden : {"<script", "http:", "https:", "url(", "@import", "\"nan\"", "\"inf\"", "\"-nan\""}) {
    EXPECT_FALSE(contains(html, forbidden)) << forbidden;
  }
}

TEST(ReportHtml, HoldsTheVerdictItsMeaningAndEveryFinding) {
  struct Case {
    Verdict verdict;
    std::string headline;
  };
  const std::vector<Case> cases = {{Verdict::valid, "<h1>VALID</h1>"},
                                   {Verdict::not_exercised, "<h1>NOT EXERCISED</h1>"},
                                   {Verdict::unknown, "<h1>UNKNOWN</h1>"},
                                   {Verdict::unavailable, "<h1>UNAVAILABLE</h1>"},
                                   {Verdict::invalid, "<h1>INVALID</h1>"}};
  for (const Case& c : cases) {
    const SampleRun run = sample_run({.verdict = c.verdict, .operations = 2'000});
    const std::string html = html_of(run);
    expect_sound(html);
    EXPECT_TRUE(contains(html, c.headline)) << c.headline;
    for (const checker::Finding& finding : run.results.findings)
      EXPECT_TRUE(contains(html, finding.summary)) << finding.summary;
    for (const auto& [fault, counts] : run.results.faults) EXPECT_TRUE(contains(html, fault)) << fault;
    EXPECT_TRUE(contains(html, run.results.repeat_command)) << run.results.repeat_command;
    EXPECT_TRUE(contains(html, "operations-per-key: 300")) << "operations-per-key: 300";
  }
}

TEST(ReportHtml, TheWorstFindingComesFirst) {
  const std::string html = html_of(sample_run({.verdict = Verdict::unavailable, .operations = 100}));
  EXPECT_LT(html.find("n4 served no linearizable read"), html.find("All 611 keys"));
}

TEST(ReportHtml, TheWitnessShowsEachOperationWhatWasPossibleAndTheFaultsMeanwhile) {
  const std::string html = html_of(sample_run({.verdict = Verdict::invalid}));
  for (const char* part :
       {"write 38 → ok", "cas 38 to 41 → ok", "read → 41", "write 40 → no return", "read → 38 ✗", "it is a stale read.",
        "The value was 41: process 5 had read 41", "+8.81 ms: impossible from here on",
        "Faults active meanwhile: pause one", "linearizable violated", "class=\"bar culprit\""}) {
    EXPECT_TRUE(contains(html, part)) << part;
  }
}

TEST(ReportHtml, AnUnexpectedExitLinksTheNodesLogsAndShowsItsLastLines) {
  const std::string html = html_of(sample_run({.verdict = Verdict::unavailable, .operations = 100}));
  EXPECT_TRUE(contains(html, "<a href=\"nodes/n4/stderr.log\">")) << "<a href=\"nodes/n4/stderr.log\">";
  EXPECT_TRUE(contains(html, "Assertion `index &lt;= last_index()&#39; failed."))
      << "Assertion `index &lt;= last_index()&#39; failed.";
  EXPECT_TRUE(contains(html, "n4: signal 6")) << "n4: signal 6";
}

TEST(ReportHtml, HostileTextStaysTextEverywhere) {
  const std::string hostile = "<script>alert(1)</script>]]>\"'&\x01\xff";
  SampleRun run = sample_run({.verdict = Verdict::invalid, .operations = 100});
  Results& results = run.results;
  results.plan = results.target = results.started = results.repeat_command = hostile;
  for (checker::Finding& finding : results.findings) {
    finding.check = finding.summary = hostile;
    finding.details = {hostile};
  }
  checker::Witness& witness = *results.findings[0].witness;
  witness.key = witness.explanation = hostile;
  witness.last_states = {hostile};
  for (Event& event : witness.operations) event.f = event.error = event.node = hostile;
  for (Event& event : witness.operations) event.value = checker::List{hostile, checker::Map{{hostile, hostile}}};
  for (Event& event : run.history) {
    event.f = event.error = event.node = hostile;
    event.key = hostile;
    if (event.value.find("id") == nullptr) continue;
    event.value = checker::Map{
        {"id", *event.value.find("id")},   {"phase", *event.value.find("phase")},          {"fault", hostile},
        {"nodes", checker::List{hostile}}, {"evidence", checker::Map{{hostile, hostile}}}, {"note", hostile}};
  }
  count_history(run.history, results);
  results.exits.push_back({.node = hostile, .expected = false, .status = hostile, .last_lines = {hostile}});
  run.links = {.plan_yaml = hostile,
               .plan = hostile,
               .schedule = hostile,
               .history = hostile,
               .results = hostile,
               .log = hostile,
               .nodes = hostile};
  const std::string html = html_of(run);
  expect_sound(html);
  EXPECT_FALSE(contains(html, "]]>")) << "]]>";
  EXPECT_TRUE(contains(html, "&lt;script&gt;")) << "&lt;script&gt;";
}

TEST(ReportHtml, AlmostNothingIsAPageToo) {
  Event lonely;
  lonely.f = "read";
  lonely.time = std::chrono::milliseconds(3);
  Results one;
  count_history({lonely}, one);
  Event untimed = lonely;
  untimed.time = {};
  struct Case {
    Results results;
    checker::History history;
  };
  for (const Case& c : std::vector<Case>{{{}, {}}, {one, {lonely}}, {one, {untimed}}, {one, {}}}) {
    const std::string html = to_html(c.results, digest_of(c.history), {});
    expect_sound(html);
    EXPECT_TRUE(contains(html, "No check was asked for.")) << "No check was asked for.";
  }
}

TEST(ReportHtml, AHistoryWithoutNemesisSaysSo) {
  const std::string html = html_of(sample_run({.operations = 200, .faults = 0}));
  expect_sound(html);
  EXPECT_TRUE(contains(html, "faults: none")) << "faults: none";
  EXPECT_FALSE(contains(html, "Every single fault")) << "Every single fault";
}

TEST(ReportHtml, HalfAMillionEventsAndThousandsOfFaultsAreASmallFile) {
  const SampleRun run =
      sample_run({.verdict = Verdict::invalid, .load = std::chrono::hours(4), .operations = 300'000, .faults = 3'000});
  ASSERT_GE(run.history.size(), 500'000U);
  const std::string html = html_of(run);
  expect_sound(html);
  EXPECT_LT(html.size(), 500'000U);
}

TEST(ReportHtml, EvidenceOfThousandsOfOperationsIsCutToThoseNearTheImpossibleOne) {
  SampleRun run = sample_run({.verdict = Verdict::invalid, .operations = 100});
  checker::Witness& witness = *run.results.findings[0].witness;
  const checker::History story = witness.operations;
  witness.operations.clear();
  for (std::uint64_t at = 0; at < 40'000; ++at) {
    Event event = story[at % 2];
    event.index = at;
    witness.operations.push_back(event);
  }
  witness.operations.insert(witness.operations.end(), story.begin(), story.end());
  const std::string html = html_of(run);
  expect_sound(html);
  EXPECT_LT(html.size(), 200'000U);
  EXPECT_TRUE(contains(html, "read → 38 ✗")) << "read → 38 ✗";
  EXPECT_TRUE(contains(html, "19,975 operations are left out")) << "19,975 operations are left out";
}

TEST(ReportHtml, EvidenceWithoutTimesIsOrderedByEvent) {
  SampleRun run = sample_run({.verdict = Verdict::invalid, .operations = 100});
  checker::Witness& witness = *run.results.findings[0].witness;
  for (Event& event : witness.operations) event.time = {};
  witness.call.time = witness.completion.time = {};
  const std::string html = html_of(run);
  expect_sound(html);
  EXPECT_TRUE(contains(html, "The history has no times")) << html.size();
  EXPECT_TRUE(contains(html, "event 48210")) << "event 48210";
  EXPECT_TRUE(contains(html, "event 48218: impossible from here on")) << "event 48218: impossible from here on";
}

TEST(ReportHtml, TheSameRunGivesTheSamePage) {
  EXPECT_EQ(html_of(sample_run({.operations = 500})), html_of(sample_run({.operations = 500})));
}

}  // namespace
}  // namespace ordeal::harness
