// report.html: one file that opens offline, without a server or a second file, and explains a run. Pure; any thread.
//
// The order is that of a reader's questions: the verdict; what each check found; the witness as a timeline of the few
// operations that matter; the run on one time axis (faults, throughput, latencies); tables; how to repeat it. The file
// stays below 2 MB however long the history is, since operations are drawn as quantiles per slice of time. Everything
// that comes from the target, the plan or the history is escaped.

#pragma once

#include <string>

#include "harness/report/history_digest.h"
#include "harness/report/results.h"

namespace ordeal::harness {

// What the page shows or links besides the results. Paths are relative to the folder of report.html; an empty one is
// not linked.
struct ReportLinks {
  std::string plan_yaml;  // the text of plan.yaml itself
  std::string plan = "plan.yaml";
  std::string schedule = "schedule.jsonl";
  std::string history = "history.jsonl";
  std::string results = "results.json";
  std::string log = "ordeal.log";
  std::string nodes = "nodes";  // nodes/n1/stderr.log
};

std::string to_html(const Results& results, const HistoryDigest& history, const ReportLinks& links);

}  // namespace ordeal::harness
