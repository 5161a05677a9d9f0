// `ordeal check HISTORY|RUN`: judges a history, or everything that a run folder holds, without a cluster.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <filesystem>
#include <memory>

#include "checker/formats/history_reader.h"
#include "checker/linearizability/orders.h"
#include "checker/linearizable.h"
#include "harness/check/machine.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/subcommands.h"
#include "harness/config/config_error.h"
#include "harness/report/results_json.h"
#include "harness/report/summary.h"
#include "harness/report/witness_json.h"
#include "harness/report/witness_timeline.h"
#include "harness/run/judge.h"
#include "harness/run/run_folder.h"

namespace ordeal::harness {
namespace {

struct Flags {
  std::string path;
  std::string model = "cas-register";
  std::string initial = "nil";
  std::string failed_cas = "by-error";
  double time_limit = 300;                                  // seconds
  std::size_t memory_limit = default_memory_limit() >> 20;  // MiB
  bool json = false;
  bool explain = false;
  std::string svg;
};

checker::LinearizableOptions options_of(const Flags& flags) {
  checker::LinearizableOptions options;
  options.model = *checker::model_named(flags.model);
  options.initial = checker::parse_value(flags.initial);
  options.failed_cas = flags.failed_cas == "observes"  ? checker::FailedCas::observes
                       : flags.failed_cas == "ignored" ? checker::FailedCas::ignored
                                                       : checker::FailedCas::by_error;
  options.time_limit =
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(flags.time_limit));
  options.memory_limit = flags.memory_limit << 20;
  lend_machine(options);
  return options;
}

checker::HistoryFile read(const std::filesystem::path& file) {
  checker::HistoryFile history = checker::read_history(read_file(file), file.string());
  for (const std::string& warning : history.warnings) fmt::print(stderr, "ordeal: warning: {}\n", warning);
  return history;
}

using Orders = std::vector<checker::ObjectOrder>;

void print_json(const Flags& flags, const checker::LinearizableResult& result, const Orders& orders) {
  boost::json::object object{{"verdict", checker::to_string(result.finding.verdict)},
                             {"model", flags.model},
                             {"operations", result.operations},
                             {"keys", result.keys},
                             {"summary", result.finding.summary}};
  if (const auto& witness = result.finding.witness) object["witness"] = witness_json(*witness);
  if (flags.explain && result.finding.verdict == checker::Verdict::valid) object["orders"] = orders_json(orders);
  fmt::print("{}\n", boost::json::serialize(object));
}

// The summary of a run that had nothing but a history.
void print_text(const Flags& flags, const checker::HistoryFile& history, const checker::LinearizableResult& result) {
  Results results;
  results.verdict = result.finding.verdict;
  results.findings = {result.finding};
  count_history(history.events, results);
  fmt::print("{}read as     {}; model {}, initially {}; {} operations on {} {}\n",
             to_summary(results, "", ::isatty(STDOUT_FILENO) != 0), history.format, flags.model, flags.initial,
             result.operations, result.keys, result.keys == 1 ? "object" : "objects");
}

// Writes the picture of a violation where it was asked for.
void draw(const Flags& flags, const std::optional<checker::Witness>& witness) {
  if (flags.svg.empty()) return;
  if (!witness) {
    fmt::print(stderr, "ordeal: {} was not written: there is no violation to draw\n", flags.svg);
    return;
  }
  write_file(flags.svg, witness_svg(*witness));
}

int check_file(const Flags& flags) {
  const checker::HistoryFile history = read(flags.path);
  checker::LinearizableOptions options = options_of(flags);
  options.nil_reads_say_nothing = history.nil_reads_say_nothing;
  const checker::LinearizableResult result = checker::check_linearizable(history.events, options);
  const bool valid = result.finding.verdict == checker::Verdict::valid;
  const Orders orders = flags.explain && valid ? checker::orders_of(history.events, options) : Orders();
  if (flags.json) {
    print_json(flags, result, orders);
  } else {
    print_text(flags, history, result);
    fmt::print("{}", orders_text(orders));
  }
  draw(flags, result.finding.witness);
  return static_cast<int>(exit_code_of(result.finding.verdict));
}

int check_run(const Flags& flags) {
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

}  // namespace

Action declare_check(CLI::App& app) {
  auto flags = std::make_shared<Flags>();
  app.add_option("PATH", flags->path, "a history (JSON Lines, EDN, Jepsen's text log) or a run folder")->required();
  app.add_option("--model", flags->model, "of a history: register, cas-register, mutex or kv-append")
      ->check(CLI::IsMember({"register", "cas-register", "mutex", "kv-append"}))
      ->capture_default_str();
  app.add_option("--initial", flags->initial, "initial value: nil, a number, a quoted string, free")
      ->capture_default_str();
  app.add_option("--failed-cas", flags->failed_cas,
                 "a failed cas observes (the value differed), is ignored, or by-error: observes when its error is "
                 "\"mismatch\"")
      ->check(CLI::IsMember({"observes", "ignored", "by-error"}))
      ->capture_default_str();
  app.add_option("--time-limit", flags->time_limit, "seconds, then the verdict is unknown")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--memory-limit", flags->memory_limit,
                 "MiB, then the verdict is unknown; by default a quarter of the machine")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_flag("--json", flags->json, "one JSON object instead of text");
  app.add_flag("--explain", flags->explain, "of a valid history: an order that shows it, verified by replay");
  app.add_option("--svg", flags->svg, "of a violation: a picture, into FILE")->type_name("FILE");
  app.footer(
      "Example: ordeal check --model cas-register --initial nil --failed-cas observes etcd_002.log\n"
      "         ordeal check store/latest\n"
      "A run folder is judged by its own plan, and its reports are written anew.\n"
      "Exit code: 0 valid, 1 invalid or unavailable, 2 unknown or not-exercised, 254 usage, 255 failure.");
  return [flags] { return std::filesystem::is_directory(flags->path) ? check_run(*flags) : check_file(*flags); };
}

}  // namespace ordeal::harness
