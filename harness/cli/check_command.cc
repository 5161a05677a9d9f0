// `ordeal check HISTORY|RUN`: judges a history, or everything that a run folder holds, without a cluster.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <string>

#include "checker/linearizable.h"
#include "harness/check/machine.h"
#include "harness/cli/check_history.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/subcommands.h"
#include "harness/config/config_error.h"
#include "harness/report/results_json.h"
#include "harness/report/summary.h"
#include "harness/run/judge.h"
#include "harness/run/run_folder.h"

namespace ordeal::harness {
namespace {

// CLI11's own check names the largest number that there is, and no unit.
CLI::Validator above_zero(const std::string& wanted) {
  const auto complaint = [wanted](const std::string& text) -> std::string {
    double number = 0;
    if (CLI::detail::lexical_cast(text, number) && number > 0) return "";
    return fmt::format("`{}` is not {}", text, wanted);
  };
  return CLI::Validator(complaint, "POSITIVE");
}

int check_run(const CheckFlags& flags) {
  const RunFolder folder{std::filesystem::path(flags.path)};
  for (const auto& file : {folder.plan(), folder.target(), folder.history()}) {
    if (std::filesystem::exists(file)) continue;
    throw ConfigError(fmt::format("{}: this is no run folder, {} is missing; pass a folder of the store, or a history",
                                  flags.path, file.filename().string()));
  }
  const Plan plan = load_plan(folder.plan(), {});
  const Target target = parse_target(read_file(folder.target()), folder.target().string());
  const Judgement judged = judge({.plan = plan, .target = target, .folder = folder, .progress = {}});
  const Results& results = judged.results;
  for (const std::string& warning : judged.warnings) fmt::print(stderr, "ordeal: warning: {}\n", warning);
  write_reports(results, judged.history, folder);
  if (flags.json) {
    fmt::print("{}\n", to_json(results));
  } else {
    fmt::print("{}", to_summary(results, folder.report().string(), ::isatty(STDOUT_FILENO) != 0));
  }
  require_agreement(results, folder);
  return static_cast<int>(exit_code_of(results.verdict));
}

std::vector<std::string> models_to_choose() {
  std::vector<std::string> names = checker::model_names();
  names.insert(names.begin(), "auto");
  return names;
}

}  // namespace

Action declare_check(CLI::App& app) {
  auto flags = std::make_shared<CheckFlags>();
  flags->memory_limit = default_memory_limit() >> 20;
  app.add_option("PATH", flags->path,
                 "a history (JSON Lines, our binary form, EDN, Jepsen's text log; plain, gzip or zstd; - is standard "
                 "input) or a run folder")
      ->required();
  app.add_option("--model", flags->model, "of a history; auto: by what it holds, and says why")
      ->check(CLI::IsMember(models_to_choose()))
      ->capture_default_str();
  app.add_option("--initial", flags->initial, "initial value: nil, a number, a quoted string, free");
  app.add_option("--failed-cas", flags->failed_cas,
                 "a failed cas observes (the value differed), is ignored, or by-error: observes when its error is "
                 "\"mismatch\"")
      ->check(CLI::IsMember({"observes", "ignored", "by-error"}))
      ->capture_default_str();
  app.add_option("--time-limit", flags->time_limit, "seconds, then the verdict is unknown")
      ->check(above_zero("a number of seconds above 0, as 30 or 0.5"))
      ->capture_default_str();
  app.add_option("--memory-limit", flags->memory_limit,
                 "MiB, then the verdict is unknown; by default a quarter of the machine")
      ->check(above_zero("a number of MiB above 0, as 512"))
      ->capture_default_str();
  app.add_flag("--json", flags->json, "one JSON object instead of text");
  app.add_flag("--explain", flags->explain, "of a valid history: an order that shows it, verified by replay");
  app.add_option("--svg", flags->svg, "of a violation: a picture, into FILE")->type_name("FILE");
  app.footer(
      "Example: ordeal check history.jsonl.zst\n"
      "         ordeal check --model cas-register --initial nil --failed-cas observes etcd_002.log\n"
      "         ordeal check store/latest\n"
      "An interrupt (Ctrl-C) ends the check with what is known by then.\n"
      "A run folder is judged by its own plan, and its reports are written anew.\n"
      "Exit code: 0 valid, 1 invalid or unavailable, 2 unknown or not-exercised, 254 usage, 255 failure.");
  return [flags] { return std::filesystem::is_directory(flags->path) ? check_run(*flags) : check_history(*flags); };
}

}  // namespace ordeal::harness
