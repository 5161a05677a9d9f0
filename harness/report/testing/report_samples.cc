// Writes the reports of sample runs into a folder, to be looked at: report_samples FOLDER

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "harness/report/junit.h"
#include "harness/report/report_html.h"
#include "harness/report/results_json.h"
#include "harness/report/summary.h"
#include "harness/report/testing/sample_runs.h"

using ordeal::checker::Verdict;
using ordeal::harness::SampleOptions;
using ordeal::harness::SampleRun;

namespace {

void write(const std::filesystem::path& folder, const SampleOptions& options, const std::string& name) {
  const SampleRun run = ordeal::harness::sample_run(options);
  std::filesystem::create_directories(folder);
  const std::filesystem::path report = folder / (name + ".html");
  std::ofstream(report) << to_html(run.results, ordeal::harness::digest_of(run.history), run.links);
  std::ofstream(folder / (name + ".json")) << to_json(run.results);
  std::ofstream(folder / (name + ".xml")) << to_junit(run.results);
  fmt::print("{}\n", to_summary(run.results, report.string(), true));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: report_samples FOLDER\n");
    return 254;
  }
  write(argv[1], {.verdict = Verdict::valid}, "valid");
  write(argv[1], {.verdict = Verdict::invalid}, "invalid");
  write(argv[1], {.verdict = Verdict::unavailable}, "unavailable");
  write(argv[1], {.verdict = Verdict::unknown}, "unknown");
  write(argv[1], {.load = std::chrono::hours(4), .operations = 250'000, .faults = 2'400}, "night");
  write(argv[1], {.verdict = Verdict::not_exercised, .load = std::chrono::seconds(2), .operations = 40, .faults = 0},
        "not-exercised");
}
