// `ordeal mutants`: the mutation score. Flags become trials (harness/mutants/scoring.h), their scores a table.

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <memory>

#include "harness/cli/exit_code.h"
#include "harness/cli/program.h"
#include "harness/cli/subcommands.h"
#include "harness/config/config_error.h"
#include "harness/config/plan.h"
#include "harness/config/suggestion.h"
#include "harness/config/units.h"
#include "harness/mutants/mutant_folder.h"
#include "harness/mutants/scores_json.h"
#include "harness/mutants/scores_table.h"
#include "harness/mutants/scoring.h"
#include "harness/run/run_folder.h"

namespace ordeal::harness {
namespace {

namespace fs = std::filesystem;
using std::chrono::nanoseconds;

constexpr const char* clean = "clean";  // the control that is raftd itself

struct Flags {
  std::string tiers, plan;
  std::vector<std::string> only;
  std::string budget = "120s";
  int seeds = 3;
  int jobs = 1;
  bool no_controls = false;
  bool json = false;
  std::string json_file;  // empty: standard output
  std::string store = "store";
};

volatile std::sig_atomic_t signals_received = 0;

void handle_signals() {
  struct sigaction action = {};
  action.sa_handler = [](int) { signals_received = signals_received + 1; };
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal, &action, nullptr);
}

template <typename Value>
bool contains(const std::vector<Value>& values, const Value& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

// What the flags ask for, by tier and name, controls last. --only and --tier choose among bugs; of the controls --only
// takes those that it names, and otherwise all come along.
std::vector<Mutant> chosen(const std::vector<Mutant>& all, const Flags& flags) {
  std::vector<std::string_view> known{clean};
  for (const Mutant& mutant : all) known.emplace_back(mutant.name);
  for (const std::string& name : flags.only) {
    if (!contains(known, std::string_view(name))) {
      throw ConfigError(fmt::format("--only {}: no such mutant; {}", name, suggestion(name, known)));
    }
  }
  const auto tiers = flags.tiers.empty() ? std::vector<Tier>{} : parse_tiers(flags.tiers, "--tier");
  std::vector<Mutant> mutants;
  for (const Mutant& mutant : all) {
    const bool control = mutant.tier == Tier::control;
    if (!flags.only.empty() && !contains(flags.only, mutant.name)) continue;
    if (control && flags.only.empty() && flags.no_controls) continue;
    if (!control && !tiers.empty() && !contains(tiers, mutant.tier)) continue;
    mutants.push_back(mutant);
  }
  std::stable_sort(mutants.begin(), mutants.end(), [](const Mutant& a, const Mutant& b) { return a.tier < b.tier; });
  return mutants;
}

// Beside ordeal, all of them, or the command that builds them.
std::vector<fs::path> binaries_of(const std::vector<Mutant>& mutants) {
  const fs::path folder = program_file().parent_path();
  std::vector<fs::path> binaries;
  std::vector<std::string> missing;
  for (const Mutant& mutant : mutants) {
    binaries.push_back(folder / ("raftd-mutant-" + mutant.name));
    if (::access(binaries.back().c_str(), X_OK) != 0) {
      missing.push_back(mutant.name);
    } else if (fs::last_write_time(binaries.back()) < fs::last_write_time(mutant_folder() / (mutant.name + ".patch"))) {
      fmt::print(stderr, "ordeal: warning: {} is older than its patch; build it again\n", binaries.back().string());
    }
  }
  if (missing.empty()) return binaries;
  throw ConfigError(fmt::format(
      "{} of {} mutants are not built ({}{}); build them with `cmake --build {} --target mutants`", missing.size(),
      mutants.size(), missing.front(), missing.size() > 1 ? ", ..." : "", as_typed(folder.parent_path())));
}

ScoredPlan scored_plan(const fs::path& file) {
  if (file.parent_path().filename() == "scenarios") {
    return {.file = file, .is_scenario = true, .patience = std::chrono::minutes(5)};
  }
  const Plan plan = load_plan(file, {});
  return {.file = file,
          .duration = plan.duration,
          .patience = plan.duration + plan.recovery_within + 2 * plan.check_time_limit + std::chrono::minutes(2)};
}

// What is measured: one entry for each mutant and control, its trials one for each seed.
struct Measured {
  std::optional<Mutant> mutant;  // nullopt: clean
  std::string name, plan;
  std::vector<Trial> trials;
};

std::vector<Trial> trials_of(const std::string& name, const fs::path& binary, const std::vector<ScoredPlan>& plans,
                             nanoseconds budget, int seeds) {
  std::vector<Trial> trials;
  const auto runs = (plans.size() + static_cast<std::size_t>(seeds) - 1) / static_cast<std::size_t>(seeds);
  for (int seed = 1; seed <= seeds; ++seed) {
    Trial trial{.name = name,
                .binary = binary,
                .plans = plans,
                .seed = static_cast<std::uint64_t>(seed),
                .budget = budget,
                .least_runs = static_cast<int>(runs)};
    // Each seed begins with other plans, so that all of them together run all.
    const auto first = (static_cast<std::size_t>(seed) - 1) * runs % plans.size();
    std::rotate(trial.plans.begin(), trial.plans.begin() + static_cast<std::ptrdiff_t>(first), trial.plans.end());
    trials.push_back(std::move(trial));
  }
  return trials;
}

std::vector<Measured> measured(const Flags& flags, nanoseconds budget) {
  const std::vector<Mutant> mutants = chosen(load_mutants(mutant_folder()), flags);
  const std::vector<fs::path> binaries = binaries_of(mutants);
  std::vector<Measured> all;
  std::map<fs::path, ScoredPlan> plans;
  for (std::size_t i = 0; i < mutants.size(); ++i) {
    const std::string plan = flags.plan.empty() ? mutants[i].plan : flags.plan;
    const fs::path file = find_mutant_plan(plan, config_folder());
    if (!plans.contains(file)) plans.emplace(file, scored_plan(file));
    all.push_back({.mutant = mutants[i],
                   .name = mutants[i].name,
                   .plan = plan,
                   .trials = trials_of(mutants[i].name, binaries[i], {plans.at(file)}, budget, flags.seeds)});
  }
  if (flags.no_controls || (plans.empty() && flags.plan.empty())) return all;
  // raftd itself, on every plan that was asked for; one round of them is enough where only some mutants were.
  if (plans.empty()) plans.emplace("", scored_plan(find_mutant_plan(flags.plan, config_folder())));
  std::vector<ScoredPlan> each;
  for (const auto& [file, plan] : plans) each.push_back(plan);
  const bool named = flags.only.empty() || contains(flags.only, std::string(clean));
  all.push_back({.mutant = std::nullopt,
                 .name = clean,
                 .plan = "all",
                 .trials = trials_of(clean, program_file().parent_path() / "raftd", each,
                                     named ? budget : nanoseconds(0), flags.seeds)});
  return all;
}

// What goes to standard error while it goes on: a line for each seed that ended, and on a terminal what runs now.
class Progress {
 public:
  explicit Progress(const std::vector<Trial>& trials) : trials_(trials), terminal_(::isatty(STDERR_FILENO) != 0) {}
  ~Progress() { erase(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void finished(std::size_t trial, const SeedScore& score, const fs::path& run) {
    erase();
    ++done_;
    const bool said = score.status != MutantStatus::survived || score.worst != checker::Verdict::valid;
    fmt::print(stderr, "{:>3}/{}  {:<24} seed {}: {}", done_, trials_.size(), trials_[trial].name, score.seed,
               result_of(score));
    if (said) fmt::print(stderr, "; {}", as_typed(run));
    fmt::print(stderr, "\n");
  }

  void running(const std::vector<std::size_t>& trials) {
    if (!terminal_) return;
    std::string text;
    for (const std::size_t trial : trials) {
      text += fmt::format("{}{} seed {}", text.empty() ? "" : ", ", trials_[trial].name, trials_[trial].seed);
    }
    erase();
    const auto passed = std::chrono::floor<std::chrono::seconds>(std::chrono::steady_clock::now() - began_);
    fmt::print(stderr, "{:>3}/{}  {} s  {}", done_, trials_.size(), passed.count(), text.substr(0, 100));
    std::fflush(stderr);
    drawn_ = true;
  }

 private:
  static std::string result_of(const SeedScore& score) {
    switch (score.status) {
      case MutantStatus::killed:
        return fmt::format("killed by {} after {:.1f} s, run {}", score.by, score.length.count(), score.runs);
      case MutantStatus::broken:
        return "broken: " + score.detail;
      case MutantStatus::survived:
        break;
    }
    return fmt::format("{} after {:.0f} s of load in {} runs",
                       score.worst == checker::Verdict::valid ? "nothing found" : checker::to_string(score.worst),
                       score.load.count(), score.runs);
  }

  void erase() {
    if (std::exchange(drawn_, false)) fmt::print(stderr, "\r\033[K");
  }

  const std::vector<Trial>& trials_;
  const bool terminal_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::size_t done_ = 0;
  bool drawn_ = false;
};

// Only what is finished with all its seeds; the names of the others go to `unfinished`.
Scores scores_of(const std::vector<Measured>& all, const std::vector<std::optional<SeedScore>>& seeds,
                 std::vector<std::string>& unfinished) {
  Scores scores;
  std::size_t at = 0;
  for (const Measured& one : all) {
    std::vector<SeedScore> own;
    for (std::size_t i = 0; i < one.trials.size(); ++i, ++at) {
      if (seeds[at]) own.push_back(*seeds[at]);
    }
    if (own.size() < one.trials.size()) {
      unfinished.push_back(one.name);
    } else if (one.mutant && one.mutant->tier != Tier::control) {
      scores.mutants.push_back(mutant_score(*one.mutant, one.plan, own));
    } else {
      scores.controls.push_back(control_score(one.name, own));
    }
  }
  return scores;
}

void print(const Scores& scores, const std::vector<std::string>& unfinished, const Flags& flags) {
  const bool json_alone = flags.json && flags.json_file.empty();
  fmt::print(json_alone ? stderr : stdout, "\n{}", scores_table(scores));
  if (!unfinished.empty()) {
    fmt::print(stderr, "\ninterrupted; not finished, and not in the table: {}\n", fmt::join(unfinished, ", "));
  }
  if (json_alone) fmt::print("{}", to_json(scores));
  if (!flags.json_file.empty()) write_file(flags.json_file, to_json(scores));
}

int score_mutants(const Flags& flags) {
  const auto budget = parse_duration(flags.budget);
  if (!budget) throw ConfigError(fmt::format("--budget {}: no duration; write it like 120s or 2m", flags.budget));
  const std::vector<Measured> all = measured(flags, *budget);
  std::vector<Trial> trials;
  for (const Measured& one : all) trials.insert(trials.end(), one.trials.begin(), one.trials.end());

  const fs::path folder =
      fs::absolute(flags.store) / fmt::format("mutants-{:%Y%m%dT%H%M%SZ}", fmt::gmtime(std::time(nullptr)));
  fmt::print(stderr, "ordeal: {} mutants and controls, {} seeds each, {} of load a seed at most; runs in {}\n",
             all.size(), flags.seeds, flags.budget, as_typed(folder));
  handle_signals();
  std::vector<std::optional<SeedScore>> seeds;
  {
    Progress progress(trials);
    seeds =
        play(trials,
             {.program = program_file(),
              .folder = folder,
              .jobs = flags.jobs,
              .finished = [&](auto trial, const auto& score, const auto& run) { progress.finished(trial, score, run); },
              .tick = [&](const auto& running) { progress.running(running); },
              .interrupted = [] { return signals_received > 0; }});
  }
  std::vector<std::string> unfinished;
  const Scores scores = scores_of(all, seeds, unfinished);
  print(scores, unfinished, flags);
  const int code = exit_code_of(scores);
  return code == 0 && !unfinished.empty() ? static_cast<int>(ExitCode::inconclusive) : code;
}

}  // namespace

Action declare_mutants(CLI::App& app) {
  auto flags = std::make_shared<Flags>();
  app.add_option("--tier", flags->tiers, "bugs of these tiers only: T1,T2 (all controls come along)");
  app.add_option("--only", flags->only, "these only, by name; `clean` is raftd itself")->delimiter(',');
  app.add_option("--budget", flags->budget, "load for each seed, over its runs")->capture_default_str();
  app.add_option("--seeds", flags->seeds, "how many seeds, from 1")->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_option("--jobs", flags->jobs, "runs at the same time")->check(CLI::Range(1, 64))->capture_default_str();
  app.add_option("--plan", flags->plan, "this plan for all of them, instead of the one that a mutant names");
  app.add_flag("--no-controls", flags->no_controls, "no raftd itself, no equivalents (unless --only names them)");
  CLI::Option* json = app.add_option("--json", flags->json_file, "the table as JSON, into FILE or on standard output");
  json->type_name("[FILE]")->expected(0, 1);
  app.add_option("--store", flags->store, "folder that keeps the runs that decided")->capture_default_str();
  app.footer(
      "Example: ordeal mutants --tier T1,T2 --budget 60s --json scores.json\n"
      "Exit code: 0 all killed and all controls valid, 1 a false alarm on a control, 2 a mutant survived or is broken, "
      "254 usage, 255 harness failure.");
  return [flags, json] {
    flags->json = json->count() > 0;
    return score_mutants(*flags);
  };
}

}  // namespace ordeal::harness
