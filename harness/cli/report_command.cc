// `ordeal report RUN`: the summary again, and a fresh report.html, from results.json and the history.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "harness/cli/exit_code.h"
#include "harness/cli/subcommands.h"
#include "harness/config/config_error.h"
#include "harness/report/history_digest.h"
#include "harness/report/results_json.h"
#include "harness/report/summary.h"
#include "harness/run/history_source.h"
#include "harness/run/judge.h"
#include "harness/run/run_folder.h"

namespace ordeal::harness {
namespace {

int report(const std::string& path, bool json) {
  const RunFolder folder{std::filesystem::path(path)};
  if (!std::filesystem::exists(folder.results())) {
    throw ConfigError(fmt::format("{}: no results.json here; judge the run with `ordeal check {}`", path, path));
  }
  const std::string text = read_file(folder.results());
  const Results results = results_from_json(text, folder.results().string());
  HistoryDigest history;
  for_each_event(folder.history(), [&](const checker::Event& event) { history.observe(event); });
  write_reports(results, history, folder);
  if (json) {
    fmt::print("{}\n", text);
  } else {
    fmt::print("{}", to_summary(results, folder.report().string(), ::isatty(STDOUT_FILENO) != 0));
  }
  return static_cast<int>(exit_code_of(results.verdict));
}

}  // namespace

Action declare_report(CLI::App& app) {
  auto path = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  app.add_option("RUN", *path, "a run folder")->required();
  app.add_flag("--json", *json, "print results.json instead of the summary");
  app.footer("Example: ordeal report store/latest\nExit code: that of the run's verdict.");
  return [path, json] { return report(*path, *json); };
}

}  // namespace ordeal::harness
