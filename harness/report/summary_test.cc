#include "harness/report/summary.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "harness/report/terminal_text.h"
#include "harness/report/testing/sample_runs.h"

namespace ordeal::harness {
namespace {

using checker::Finding;
using checker::Verdict;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

Results quickstart(Verdict verdict) {
  Results results;
  results.plan = "quickstart";
  results.target = "raftd";
  results.seed = 7;
  results.started = "2026-03-14T02:00:00Z";
  results.load_began = milliseconds(800);
  results.load_ended = milliseconds(60'800);
  results.verdict = verdict;
  results.operations = {{"read", {.ok = 90'210, .fail = 1'204, .info = 0}},
                        {"write", {.ok = 72'004, .fail = 310, .info = 87}},
                        {"cas", {.ok = 11'002, .fail = 6'998, .info = 12}}};
  results.errors = {{"timeout", 699}, {"mismatch", 6'950}, {"connection refused", 962}};
  results.latencies = {.p50 = microseconds(2'410), .p99 = microseconds(41'300), .max = milliseconds(1'980)};
  results.faults = {{"kill leader", {.injected = 4, .with_effect = 4}},
                    {"partition isolate-leader", {.injected = 3, .with_effect = 2}}};
  results.longest_stall = milliseconds(1'310);
  results.repeat_command = "ordeal run configs/quickstart.yaml --seed 7";
  return results;
}

Finding liveness() {
  return {.check = "liveness",
          .verdict = Verdict::valid,
          .summary = "Every node served a linearizable read within 1.2 s of the healing.",
          .details = {},
          .witness = {}};
}

TEST(Summary, OfAValidRun) {
  Results results = quickstart(Verdict::valid);
  results.findings = {{.check = "linearizable",
                       .verdict = Verdict::valid,
                       .summary = "All 611 keys are linearizable.",
                       .details = {"not shown"},
                       .witness = {}},
                      liveness()};
  EXPECT_EQ(to_summary(results, "store/quickstart/latest/report.html", false), R"(
VALID  Everything that was asked was decided, and it holds.

  valid  linearizable  All 611 keys are linearizable.
  valid  liveness      Every node served a linearizable read within 1.2 s of the healing.

run          quickstart on raftd, 2026-03-14T02:00:00Z, 60 s of load
seed         7

operations                 total            ok        fail        info
  cas                     18,012        11,002       6,998          12
  read                    91,414        90,210       1,204           0
  write                   72,401        72,004         310          87
  all                    181,827       173,216       8,512          99
latency      p50 2.41 ms   p99 41.3 ms   max 1.98 s
no progress  for 1.31 s at the longest
errors       mismatch 6,950, connection refused 962, timeout 699

faults                                injected   with effect
  kill leader                                4             4
  partition isolate-leader                   3             2   1 without

report       store/quickstart/latest/report.html
repeat       ordeal run configs/quickstart.yaml --seed 7
exit code    0
)");
}

TEST(Summary, OfAnInvalidRunTellsWhatWasImpossibleAndWhy) {
  Results results = quickstart(Verdict::invalid);
  results.findings = {liveness(),
                      {.check = "linearizable",
                       .verdict = Verdict::invalid,
                       .summary = "Key 7: process 3 read 38, which had been overwritten before the read began.",
                       .details = {},
                       .witness = sample_witness()}};
  EXPECT_EQ(to_summary(results, "store/quickstart/latest/report.html", false), R"(
INVALID  The target broke a safety promise; the evidence is below.

  invalid  linearizable  Key 7: process 3 read 38, which had been overwritten before the read
                         began.

    Process 3 asked n4 for key 7 and was told 38. But 38 had been replaced by 41 (the cas of
    process 2, confirmed 3.1 ms before this read began), and process 5 had already seen 41. No
    order of these operations that respects who finished before whom lets this read return 38:
    it is a stale read.

    The operations that matter on key 7:
        12.041060 s  process 1 at n2   write 38 → ok
        12.043010 s  process 16 at n1  write 40 → no return
        12.044100 s  process 2 at n3   cas 38 to 41 → ok
        12.046400 s  process 5 at n3   read → 41
    ✗   12.049000 s  process 3 at n4   read → 38  ← impossible

    What was still possible just before, and why it does not help:
      - The value was 41: process 5 had read 41, and nothing has written 38 again since. A read
        of 38 is impossible.
      - The value was 40, if the write of process 16, whose fate is unknown, took effect after
        that. A read of 38 is impossible there too.

  valid    liveness      Every node served a linearizable read within 1.2 s of the healing.

run          quickstart on raftd, 2026-03-14T02:00:00Z, 60 s of load
seed         7

operations                 total            ok        fail        info
  cas                     18,012        11,002       6,998          12
  read                    91,414        90,210       1,204           0
  write                   72,401        72,004         310          87
  all                    181,827       173,216       8,512          99
latency      p50 2.41 ms   p99 41.3 ms   max 1.98 s
no progress  for 1.31 s at the longest
errors       mismatch 6,950, connection refused 962, timeout 699

faults                                injected   with effect
  kill leader                                4             4
  partition isolate-leader                   3             2   1 without

report       store/quickstart/latest/report.html
repeat       ordeal run configs/quickstart.yaml --seed 7
exit code    1
)");
}

TEST(Summary, OfAnUnavailableRunNamesTheNodeAndHowItDied) {
  Results results = quickstart(Verdict::unavailable);
  results.findings = {{.check = "liveness",
                       .verdict = Verdict::unavailable,
                       .summary = "n4 served no linearizable read within 20 s after everything was healed.",
                       .details = {"n4 refused each of 97 connections."},
                       .witness = {}}};
  results.faults.clear();
  results.errors.clear();
  results.exits = {{.node = "n2", .time = seconds(9), .expected = true, .status = "signal 9", .last_lines = {}},
                   {.node = "n4",
                    .time = seconds(31),
                    .expected = false,
                    .status = "signal 6",
                    .last_lines = {"became follower of n2", "\x1b[31mAssertion `index <= last_index()' failed."}}};
  EXPECT_EQ(to_summary(results, "store/quickstart/latest/report.html", false), R"(
UNAVAILABLE  No safety violation, but no progress when there should have been.

  unavailable  liveness  n4 served no linearizable read within 20 s after everything was healed.
                         n4 refused each of 97 connections.

run          quickstart on raftd, 2026-03-14T02:00:00Z, 60 s of load
seed         7

operations                 total            ok        fail        info
  cas                     18,012        11,002       6,998          12
  read                    91,414        90,210       1,204           0
  write                   72,401        72,004         310          87
  all                    181,827       173,216       8,512          99
latency      p50 2.41 ms   p99 41.3 ms   max 1.98 s
no progress  for 1.31 s at the longest

faults       none was injected

1 node exit that no fault asked for
  n4 after 31 s: signal 6
    | became follower of n2
    | \x1b[31mAssertion `index <= last_index()' failed.

report       store/quickstart/latest/report.html
repeat       ordeal run configs/quickstart.yaml --seed 7
exit code    1
)");
}

// A history judged by itself: no run, no report.
TEST(Summary, WithoutARunSaysOnlyWhatIsKnown) {
  Results results;
  results.verdict = Verdict::unknown;
  results.findings = {{.check = "linearizable",
                       .verdict = Verdict::unknown,
                       .summary = "The search ran for 5 minutes, its bound, and came to no answer.",
                       .details = {"a", "b", "c", "d", "e", "f"},
                       .witness = {}}};
  EXPECT_EQ(to_summary(results, "", false), R"(
UNKNOWN  A check hit its bound of time or memory before it came to an answer.

  unknown  linearizable  The search ran for 5 minutes, its bound, and came to no answer.
                         a
                         b
                         c
                         d
                         (2 more)

exit code    2
)");
}

std::string without_colours(std::string text) {
  for (std::size_t at = text.find('\x1b'); at != std::string::npos; at = text.find('\x1b')) {
    text.erase(at, text.find('m', at) - at + 1);
  }
  return text;
}

TEST(Summary, ColourChangesNothingButColour) {
  for (const Verdict verdict :
       {Verdict::valid, Verdict::not_exercised, Verdict::unknown, Verdict::unavailable, Verdict::invalid}) {
    const Results results = sample_run({.verdict = verdict, .operations = 300}).results;
    const std::string plain = to_summary(results, "r", false), coloured = to_summary(results, "r", true);
    EXPECT_EQ(plain.find('\x1b'), std::string::npos);
    EXPECT_NE(coloured.find('\x1b'), std::string::npos);
    EXPECT_EQ(without_colours(coloured), plain);
  }
}

TEST(Summary, StaysNarrowAndFreeOfControlCharactersWhateverTheTargetSays) {
  const std::string hostile = "\x1b]0;title\a" + std::string(500, 'x') + "\n\xff";
  Results results = sample_run({.verdict = Verdict::invalid, .operations = 300}).results;
  results.operations[hostile] = {};
  results.errors[hostile] = 3;
  results.faults[hostile] = {};
  results.exits.push_back({.node = "n1", .expected = false, .status = "signal 6", .last_lines = {hostile}});
  results.findings[0].witness->key = hostile;
  results.findings[0].witness->operations[0].value = hostile;
  results.findings[0].witness->operations[0].f = hostile;
  results.findings[0].witness->operations[7].node = hostile;
  std::istringstream lines(to_summary(results, "r", false));
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(columns_of(line), 96U) << line;
    EXPECT_EQ(printable(line), line);
    EXPECT_FALSE(line.ends_with(' ')) << line;
  }
}

}  // namespace
}  // namespace ordeal::harness
