// `ordeal scenario NAME...|all|list`: directed tests of configs/scenarios, each on a cluster of its own.

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "harness/cli/exit_code.h"
#include "harness/cli/program.h"
#include "harness/cli/subcommands.h"
#include "harness/cli/target_binary.h"
#include "harness/config/config_error.h"
#include "harness/config/input_file.h"
#include "harness/config/suggestion.h"
#include "harness/report/verdict_words.h"
#include "harness/run/run_folder.h"
#include "harness/scenario/play_scenario.h"

namespace ordeal::harness {
namespace {

namespace fs = std::filesystem;
using checker::Verdict;

struct Flags {
  std::vector<std::string> names;
  std::string target = "raftd";
  std::string binary;  // empty: the target's
  std::string store = "store";
  bool matrix = false;
  std::vector<std::string> mutants;  // of the matrix; empty: those that each scenario names
  bool steps = false;
};

struct Loaded {
  std::string as_typed;  // a name, or a path
  Scenario scenario;
  std::string yaml;
};

Loaded load(const std::string& name, const fs::path& file) {
  std::string yaml = read_input_file(file, "scenario");
  Scenario scenario = parse_scenario(yaml, file.string());
  return {.as_typed = name, .scenario = std::move(scenario), .yaml = std::move(yaml)};
}

fs::path scenario_folder() {
  return config_folder() / "scenarios";
}

fs::path scenario_file(const std::string& name) {
  if (name.find('/') != std::string::npos || name.ends_with(".yaml")) return name;
  const std::vector<std::string> known = yaml_files(scenario_folder());
  if (std::ranges::find(known, name) != known.end()) return scenario_folder() / (name + ".yaml");
  throw ConfigError(
      fmt::format("scenario {}: no such scenario; {}", name, suggestion(name, {known.begin(), known.end()})));
}

bool asks_for_all(const Flags& flags) {
  return flags.names == std::vector<std::string>{"all"};
}

std::vector<Loaded> chosen(const Flags& flags) {
  std::vector<Loaded> scenarios;
  const std::vector<std::string> all = yaml_files(scenario_folder());
  for (const std::string& name : asks_for_all(flags) ? all : flags.names)
    scenarios.push_back(load(name, scenario_file(name)));
  return scenarios;
}

int list() {
  for (const std::string& name : yaml_files(scenario_folder())) {
    fmt::print("{:<36} {}\n", name, load(name, scenario_folder() / (name + ".yaml")).scenario.teaches);
  }
  return static_cast<int>(ExitCode::valid);
}

// What the table says of one that was played.
struct Row {
  std::string word{};    // "passed", "FAILED", "skipped", ...
  std::string detail{};  // the first finding that is not valid
  ExitCode code = ExitCode::valid;
  fs::path folder{};
  double seconds = 0;
};

Row row_of(const PlayedScenario& played) {
  Row row{.folder = played.folder};
  if (!played.results || played.exit_code == static_cast<int>(ExitCode::harness_failure) || played.exit_code > 2) {
    return {.word = "ERROR",
            .detail = fmt::format("exit code {}", played.exit_code),
            .code = ExitCode::harness_failure,
            .folder = played.folder};
  }
  const Results& results = *played.results;
  row.code = exit_code_of(results.verdict);
  row.word = row.code == ExitCode::valid ? "passed" : checker::to_string(results.verdict);
  row.seconds = std::chrono::duration<double>(results.ended).count();
  for (const checker::Finding& finding : results.findings) {
    if (finding.verdict == results.verdict && finding.verdict != Verdict::valid && row.detail.empty()) {
      row.detail = fmt::format("{}: {}", finding.check, finding.summary);
    }
    if (finding.check != "steps" || finding.verdict != Verdict::valid) continue;
    if (finding.details.size() > 0)
      row.detail = fmt::format("{} steps skipped, see the report", finding.details.size());
  }
  return row;
}

Row play(const Loaded& loaded, const Target& target, const std::string& target_yaml, const fs::path& binary,
         const Flags& flags) {
  const std::vector<std::string> reasons = why_not_playable(loaded.scenario, target);
  if (!reasons.empty()) return {.word = "skipped", .detail = reasons.front(), .code = ExitCode::inconclusive};
  std::string command = fmt::format("{} scenario {} --target {}", program_as_typed(), loaded.as_typed, flags.target);
  if (!flags.binary.empty()) command += " --binary " + flags.binary;
  return row_of(play_scenario({.scenario = loaded.scenario,
                               .scenario_yaml = loaded.yaml,
                               .target = target,
                               .target_yaml = target_yaml,
                               .binary = binary,
                               .store = flags.store,
                               .repeat_command = command,
                               .say_steps = flags.steps}));
}

// Worse of two for the program as a whole: a failure of the harness, then a violation, then what proves nothing.
ExitCode worse(ExitCode a, ExitCode b) {
  const auto rank = [](ExitCode code) {
    return code == ExitCode::harness_failure ? 3
           : code == ExitCode::violated      ? 2
           : code == ExitCode::inconclusive  ? 1
                                             : 0;
  };
  return rank(b) > rank(a) ? b : a;
}

void print(const std::string& name, const Row& row) {
  fmt::print("{:<36} {:<13} {:6.1f} s  {}\n", name, row.word, row.seconds, row.detail);
  if (row.code != ExitCode::valid && !row.folder.empty()) fmt::print("{:<36} {}\n", "", as_typed(row.folder));
  std::fflush(stdout);
}

int play_all(const Flags& flags) {
  const std::vector<Loaded> scenarios = chosen(flags);
  const auto [target, target_yaml] = load_target_file(flags.target, config_folder());
  const fs::path binary = target_binary(flags.binary, target);
  ExitCode code = ExitCode::valid;
  int passed = 0, failed = 0, skipped = 0;
  for (const Loaded& loaded : scenarios) {
    const Row row = play(loaded, target, target_yaml, binary, flags);
    print(loaded.scenario.name, row);
    const bool was_skipped = row.word == "skipped";
    ++(row.code == ExitCode::valid ? passed : was_skipped ? skipped : failed);
    // Of all, some may ask for more than a target tells; of those that were named, none may.
    if (!was_skipped || !asks_for_all(flags)) code = worse(code, row.code);
  }
  fmt::print("{} passed, {} failed, {} skipped\n", passed, failed, skipped);
  if (passed + failed == 0) code = worse(code, ExitCode::inconclusive);
  return static_cast<int>(code);
}

// The mutants that must fail this scenario: its own, or those that were asked for.
std::vector<std::string> mutants_of(const Scenario& scenario, const Flags& flags) {
  return flags.mutants.empty() ? scenario.mutants : flags.mutants;
}

// Each scenario on its mutants: what fails it, and where.
int play_matrix(Flags flags) {
  const std::vector<Loaded> scenarios = chosen(flags);
  const auto [target, target_yaml] = load_target_file(flags.target, config_folder());
  ExitCode code = ExitCode::valid;
  int failing = 0, living = 0;
  for (const Loaded& loaded : scenarios) {
    for (const std::string& mutant : mutants_of(loaded.scenario, flags)) {
      flags.binary = (program_file().parent_path() / ("raftd-mutant-" + mutant)).string();
      const Row row = play(loaded, target, target_yaml, target_binary(flags.binary, target), flags);
      const bool fails = row.code == ExitCode::violated;
      ++(fails ? failing : living);
      // That a mutant fails is what is wanted here; one that lives proves nothing.
      code = worse(code, fails ? ExitCode::valid : row.code == ExitCode::valid ? ExitCode::inconclusive : row.code);
      fmt::print("{:<36} {:<26} {:<9} {}\n", loaded.scenario.name, mutant, fails ? "fails it" : "LIVES", row.detail);
      std::fflush(stdout);
    }
  }
  fmt::print("{} mutants fail a scenario, {} live\n", failing, living);
  return static_cast<int>(code);
}

}  // namespace

Action declare_scenario(CLI::App& app) {
  auto flags = std::make_shared<Flags>();
  app.add_option("NAME", flags->names,
                 "scenarios of configs/scenarios, or paths; all: every one; list: say which there are")
      ->required();
  app.add_option("--target", flags->target, "a file of configs/targets, or a path")->capture_default_str();
  app.add_option("--binary", flags->binary, "run this program instead of the target's, as for a mutant of raftd")
      ->type_name("FILE");
  app.add_option("--store", flags->store, "folder that keeps the runs")->capture_default_str();
  app.add_flag("--matrix", flags->matrix, "play each on the mutants of raftd that must fail it (build them first)");
  app.add_option("--mutants", flags->mutants, "with --matrix: on these instead")->delimiter(',')->type_name("NAME,...");
  app.add_flag("--steps", flags->steps, "say each step as it was played");
  app.footer(
      "Example: ordeal scenario list\n"
      "         ordeal scenario all\n"
      "         ordeal scenario all --matrix\n"
      "         ordeal scenario split-brain --steps --binary build/release/bin/raftd-mutant-no-stepdown\n"
      "Exit code: 0 all passed (of `all`, some may be skipped, which is said), 1 one is invalid or unavailable, 2 one "
      "is unknown or\n"
      "not-exercised, a named one was skipped, or a mutant lives, 254 usage, 255 harness failure.");
  return [flags] {
    if (flags->matrix) return play_matrix(*flags);
    return flags->names == std::vector<std::string>{"list"} ? list() : play_all(*flags);
  };
}

}  // namespace ordeal::harness
