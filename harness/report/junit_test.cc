#include "harness/report/junit.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "harness/report/testing/sample_runs.h"
#include "harness/report/testing/well_formed.h"

namespace ordeal::harness {
namespace {

using checker::Verdict;

// A page is too long to be printed by a failing matcher.
bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Junit, TheSuiteIsGreenExactlyWhenTheVerdictIsValid) {
  struct Case {
    Verdict verdict;
    std::string counts, element;
  };
  const std::vector<Case> cases = {
      {Verdict::valid, "tests=\"3\" failures=\"0\" errors=\"0\" skipped=\"0\"", "<system-out>All 611 keys"},
      {Verdict::invalid, "tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"0\"", "<failure type=\"invalid\""},
      {Verdict::unavailable, "tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"0\"", "<failure type=\"unavailable\""},
      {Verdict::unknown, "tests=\"3\" failures=\"0\" errors=\"1\" skipped=\"0\"", "<error type=\"unknown\""},
      {Verdict::not_exercised, "tests=\"4\" failures=\"0\" errors=\"1\" skipped=\"0\"",
       "<error type=\"not-exercised\""}};
  for (const Case& c : cases) {
    const std::string xml = to_junit(sample_run({.verdict = c.verdict, .operations = 100}).results);
    EXPECT_EQ(why_not_well_formed(xml), "");
    EXPECT_TRUE(contains(xml, c.counts)) << c.counts;
    EXPECT_TRUE(contains(xml, c.element)) << c.element;
  }
}

TEST(Junit, AVerdictThatNoFindingCarriesIsATestCaseOfItsOwn) {
  Results results;
  results.verdict = Verdict::not_exercised;
  const std::string xml = to_junit(results);
  EXPECT_EQ(why_not_well_formed(xml), "");
  EXPECT_TRUE(contains(xml, "tests=\"1\" failures=\"0\" errors=\"1\"")) << "tests=\"1\" failures=\"0\" errors=\"1\"";
  EXPECT_TRUE(contains(xml, "name=\"verdict\"")) << "name=\"verdict\"";
}

TEST(Junit, AFailureHoldsTheEvidenceAndTheCommandThatRepeatsIt) {
  const std::string xml = to_junit(sample_run({.verdict = Verdict::invalid, .operations = 100}).results);
  EXPECT_TRUE(contains(xml, "message=\"Key 7: process 3 read 38, which had been overwritten before the read began.\""));
  EXPECT_TRUE(contains(xml, "✗   12.049000 s  process 3 at n4   read → 38\n"))
      << "✗   12.049000 s  process 3 at n4   read → 38\n";
  EXPECT_TRUE(contains(xml, "it is a stale read.")) << "it is a stale read.";
  EXPECT_TRUE(contains(xml, "repeat: ordeal run configs/quickstart.yaml --seed 7"))
      << "repeat: ordeal run configs/quickstart.yaml --seed 7";
}

TEST(Junit, HostileTextStaysText) {
  Results results;
  const std::string hostile = "]]></failure><script>&\"'\x01\xff\x1b[31m";
  results.plan = results.target = results.started = results.repeat_command = hostile;
  results.verdict = Verdict::invalid;
  results.findings.push_back({.check = hostile,
                              .verdict = Verdict::invalid,
                              .summary = hostile,
                              .details = {hostile},
                              .witness = sample_witness()});
  results.findings[0].witness->operations[0].value = hostile;
  results.findings[0].witness->operations[0].node = hostile;
  results.findings[0].witness->explanation = hostile;
  const std::string xml = to_junit(results);
  EXPECT_EQ(why_not_well_formed(xml), "");
  EXPECT_FALSE(contains(xml, "<script>")) << "<script>";
  EXPECT_FALSE(contains(xml, "]]>")) << "]]>";
}

}  // namespace
}  // namespace ordeal::harness
