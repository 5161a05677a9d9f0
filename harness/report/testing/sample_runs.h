// Runs that never happened, but might have: for tests of the reports, and for looking at them. Only tests link this.

#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "checker/event.h"
#include "checker/verdict.h"
#include "harness/report/report_html.h"
#include "harness/report/results.h"

namespace ordeal::harness {

struct SampleRun {
  Results results;
  checker::History history;
  ReportLinks links;
};

struct SampleOptions {
  checker::Verdict verdict = checker::Verdict::valid;
  std::chrono::seconds load{60};
  std::size_t operations = 20'000;
  std::size_t faults = 14;
};

// The same options give the same run, byte for byte.
SampleRun sample_run(const SampleOptions& options);

// A small violation by hand: process 3 reads a value that was overwritten before.
checker::Witness sample_witness();

}  // namespace ordeal::harness
