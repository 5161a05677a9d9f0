#include "harness/report/witness_timeline.h"

#include <gtest/gtest.h>

#include <string>

#include "harness/report/testing/sample_runs.h"
#include "harness/report/testing/well_formed.h"
#include "harness/report/witness_text.h"

namespace ordeal::harness {
namespace {

using checker::Event;
using checker::EventType;
using checker::Witness;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// The sample's story after `writes` more writes, one after the other by five processes.
Witness long_story(std::size_t writes) {
  Witness witness = sample_witness();
  for (std::size_t at = 0; at < 2 * writes; ++at) {
    Event event;
    event.index = at;
    event.process = static_cast<checker::Process>(20 + at / 2 % 5);
    event.type = at % 2 == 0 ? EventType::invoke : EventType::ok;
    event.f = "write";
    event.value = static_cast<std::int64_t>(at / 2);
    event.time = std::chrono::seconds(12) + std::chrono::microseconds(900 * at);
    witness.operations.push_back(event);
  }
  return witness;
}

TEST(WitnessTimeline, ADozenOperationsInARowFitThePageSoThatTheImpossibleOneIsSeen) {
  for (const std::size_t writes : {0U, 3U, 7U}) {
    EXPECT_FALSE(contains(witness_timeline(long_story(writes), "w"), "from-end")) << writes;
  }
}

TEST(WitnessTimeline, WhatIsWiderThanThePageOpensAtItsEnd) {
  EXPECT_TRUE(contains(witness_timeline(long_story(25), "w"), "scroll from-end"));
}

TEST(WitnessTimeline, TheImpossibleOperationIsMarkedEvenWhenTheEvidenceLeavesItOut) {
  Witness witness = sample_witness();
  witness.operations.resize(7);
  const std::string html = witness_timeline(witness, "w");
  EXPECT_EQ(why_not_well_formed(html), "");
  EXPECT_TRUE(contains(html, "read → 38 ✗"));
}

TEST(WitnessTimeline, EvidenceWithoutOperationsDrawsNothing) {
  EXPECT_EQ(witness_timeline(Witness{}, "w"), "");
}

// In a document of its own: every text where it belongs, and nothing that a hostile history could smuggle in.
TEST(WitnessSvg, IsAWellFormedDocumentWhateverTheHistoryHolds) {
  const std::string hostile = "</svg><script>alert(1)</script>]]>&\"'\x01\xff";
  Witness witness = sample_witness();
  witness.key = witness.explanation = hostile;
  witness.last_states = {hostile};
  for (Event& event : witness.operations) {
    event.value = hostile;
    event.f = event.node = event.error = hostile;
  }
  const std::string svg = witness_svg(witness);
  EXPECT_EQ(why_not_well_formed(svg), "");
  EXPECT_FALSE(contains(svg, "<script"));
  EXPECT_TRUE(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\""));
  EXPECT_TRUE(contains(svg, "prefers-color-scheme: dark"));
}

TEST(WitnessSvg, OfAWitnessWithoutOperationsIsADocumentStill) {
  EXPECT_EQ(why_not_well_formed(witness_svg(Witness{})), "");
}

TEST(WitnessTimeline, NumbersAnOrderOfAllButTheImpossibleOperation) {
  Witness witness = sample_witness();
  witness.order = {};
  EXPECT_FALSE(contains(witness_timeline(witness, "w"), "class=\"point\""));
  witness.order = {48'210, 48'213, 48'215};
  const std::string html = witness_timeline(witness, "w");
  EXPECT_EQ(why_not_well_formed(html), "");
  EXPECT_TRUE(contains(html, "takes effect as number 3"));
  EXPECT_FALSE(contains(html, "takes effect as number 4"));
  EXPECT_TRUE(contains(html, "The numbered dots"));
}

TEST(WitnessText, KeepsTheOperationsNearestBeforeTheImpossibleOne) {
  const Witness witness = long_story(100);
  checker::History events = evidence(witness);
  EXPECT_EQ(keep_nearest(events, witness, 3), 102U);
  const std::vector<PairedOperation> kept = pair_operations(events);
  ASSERT_EQ(kept.size(), 3U);
  EXPECT_TRUE(is_impossible(kept[2], witness));
  EXPECT_EQ(operation_line(kept[2], true), "  12.049000 s  process 3 at n4   read → 38");
  EXPECT_EQ(operation_line(kept[2], false), "  event 48217  process 3 at n4   read → 38");
}

}  // namespace
}  // namespace ordeal::harness
