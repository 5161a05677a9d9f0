// `ordeal compare PLAN --targets A,B`: the same seeds and schedules on each, and one table.
//
// Each run is an `ordeal run` of its own, one after the other, so that none disturbs another's clock.

#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <memory>
#include <optional>
#include <random>

#include "harness/cli/exit_code.h"
#include "harness/cli/program.h"
#include "harness/cli/subcommands.h"
#include "harness/cli/target_binary.h"
#include "harness/config/client_abilities.h"
#include "harness/config/config_error.h"
#include "harness/config/plan.h"
#include "harness/config/swarm.h"
#include "harness/config/target.h"
#include "harness/mutants/child.h"
#include "harness/report/comparison.h"
#include "harness/report/results_json.h"
#include "harness/run/history_source.h"
#include "harness/run/run_folder.h"

namespace ordeal::harness {
namespace {

namespace fs = std::filesystem;

struct Flags {
  std::string plan;
  std::vector<std::string> targets;
  std::vector<std::string> overrides;
  std::vector<std::uint64_t> seeds;
  std::string store = "store";
  bool json = false;
};

struct Contestant {
  std::string named;  // as the command line names it
  Target target;
  std::string run_name;  // of its run folders: PLAN-TARGET
};

std::vector<std::string> with_target(const Flags& flags, const std::string& target) {
  std::vector<std::string> overrides = flags.overrides;
  overrides.push_back("target=" + target);
  return overrides;
}

// Whatever keeps a target from this plan is said before the first run.
std::vector<Contestant> contestants(const Flags& flags) {
  std::vector<Contestant> all;
  for (const std::string& name : flags.targets) {
    Plan plan = load_plan(flags.plan, with_target(flags, name));
    if (!plan.seed) plan.seed = 1;
    Target target = load_target(name, config_folder());
    draw_swarm(plan, target);
    require_abilities(plan.nemesis, target, flags.plan);
    require_client_for(plan.workload, target, flags.plan);
    with_knobs(target, plan, flags.plan);
    target_binary("", target);
    const std::string run_name = plan.name + "-" + target.name;
    all.push_back({.named = name, .target = std::move(target), .run_name = run_name});
  }
  return all;
}

std::vector<std::uint64_t> seeds_of(const Flags& flags) {
  if (!flags.seeds.empty()) return flags.seeds;
  const Plan plan = load_plan(flags.plan, with_target(flags, flags.targets.front()));
  std::random_device device;
  return {plan.seed.value_or(device())};
}

int run_child(const Flags& flags, const Contestant& one, std::uint64_t seed, const fs::path& output) {
  std::vector<std::string> words{program_file(), "run", flags.plan, "--seed", std::to_string(seed)};
  for (const std::string& override : with_target(flags, one.named)) words.insert(words.end(), {"--set", override});
  words.insert(words.end(), {"--set", "name=" + one.run_name, "--store", flags.store});
  Child child(words, output);
  pollfd ended{.fd = child.pollable(), .events = POLLIN, .revents = 0};
  while (!child.wait_status()) ::poll(&ended, 1, -1);
  const int status = *child.wait_status();
  return WIFEXITED(status) ? WEXITSTATUS(status) : static_cast<int>(ExitCode::harness_failure);
}

// The error that the child printed last.
std::string error_in(const fs::path& output) {
  std::ifstream in(output);
  std::string error = "see " + as_typed(output);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("ordeal: error: ")) error = line.substr(15);
  }
  return error;
}

Stalls stalls_of(const RunFolder& folder, const Results& results) {
  std::vector<std::chrono::nanoseconds> ok;
  FaultSpans spans;
  for_each_event(folder.history(), [&](const checker::Event& event) {
    spans.observe(event);
    if (event.process != checker::nemesis_process && event.type == checker::EventType::ok) ok.push_back(event.time);
  });
  return longest_stalls(ok, spans.spans(), results.load_began, results.load_ended);
}

ComparedRun read_run(const RunFolder& folder, const Contestant& one, std::uint64_t seed) {
  const Results results = results_from_json(read_file(folder.results()), folder.results().string());
  ComparedRun run{.target = one.target.name, .seed = seed, .verdict = checker::to_string(results.verdict)};
  for (const checker::Finding& finding : results.findings) {
    if (finding.verdict == results.verdict && results.verdict != checker::Verdict::valid && run.why.empty()) {
      run.why = fmt::format("{}: {}", finding.check, finding.summary);
    }
  }
  const double load = std::chrono::duration<double>(results.load_ended - results.load_began).count();
  if (load > 0) run.ok_per_second = static_cast<double>(all_operations(results).ok) / load;
  run.latencies = results.latencies;
  run.longest_stall = results.longest_stall;
  run.stalls = stalls_of(folder, results);
  run.folder = as_typed(folder.path());
  return run;
}

// The newest run folder of that name; nullopt: there is none.
std::optional<fs::path> latest(const Flags& flags, const Contestant& one) {
  const fs::path link = fs::path(flags.store) / one.run_name / "latest";
  return fs::exists(link) ? std::optional(fs::canonical(link)) : std::nullopt;
}

struct Compared {
  ComparedRun run;
  int code = 0;
  std::string schedule{};  // the text of it; empty: no run folder
};

Compared compare_one(const Flags& flags, const Contestant& one, std::uint64_t seed, const fs::path& output) {
  const std::optional<fs::path> before = latest(flags, one);
  Compared compared{.run = {.target = one.target.name, .seed = seed, .verdict = "harness failure"},
                    .code = run_child(flags, one, seed, output)};
  const std::optional<fs::path> after = latest(flags, one);
  const bool ran = after && after != before;
  if (ran) compared.schedule = read_file(RunFolder(*after).schedule());
  const bool judged = ran && compared.code < static_cast<int>(ExitCode::usage);
  if (judged) {
    compared.run = read_run(RunFolder(*after), one, seed);
  } else {
    compared.run.why = error_in(output);
    if (ran) compared.run.folder = as_typed(*after);
  }
  fmt::print(stderr, "ordeal: {}, seed {}: {}\n", one.target.name, seed, compared.run.verdict);
  return compared;
}

// Of the same rank as exit codes of one run: a harness failure outranks a violation, which outranks what proves
// nothing.
int worse(int a, int b) {
  const auto rank = [](int code) {
    return code == static_cast<int>(ExitCode::violated)       ? 2
           : code == static_cast<int>(ExitCode::inconclusive) ? 1
           : code == static_cast<int>(ExitCode::valid)        ? 0
                                                              : 3;
  };
  return rank(a) >= rank(b) ? a : b;
}

int compare(const Flags& flags) {
  const std::vector<Contestant> all = contestants(flags);
  const std::vector<std::uint64_t> seeds = seeds_of(flags);
  fs::create_directories(flags.store);
  const fs::path output = fs::absolute(flags.store) / "compare.log";
  std::vector<ComparedRun> runs;
  int code = 0;
  for (const std::uint64_t seed : seeds) {
    std::optional<std::string> schedule;
    for (const Contestant& one : all) {
      const Compared compared = compare_one(flags, one, seed, output);
      code = worse(code, compared.code);
      if (!compared.schedule.empty() && schedule.value_or(compared.schedule) != compared.schedule) {
        fmt::print(stderr, "ordeal: seed {}: {} was given another schedule, since the swarm draws its knobs, too\n",
                   seed, one.target.name);
      }
      if (!schedule && !compared.schedule.empty()) schedule = compared.schedule;
      runs.push_back(compared.run);
    }
  }
  fmt::print("{}", flags.json ? to_json(runs) + "\n" : to_table(runs));
  return code;
}

}  // namespace

Action declare_compare(CLI::App& app) {
  auto flags = std::make_shared<Flags>();
  app.add_option("PLAN", flags->plan, "the plan, a YAML file; its `target` counts for nothing")->required();
  app.add_option("--targets", flags->targets, "names of `ordeal list targets`, or paths")->required()->delimiter(',');
  app.add_option("--seeds", flags->seeds, "one run of each target for each (else the plan's, else one that is drawn)")
      ->delimiter(',');
  app.add_option("--set", flags->overrides, "override one value of the plan")
      ->type_name("PATH=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--store", flags->store, "folder that keeps the runs, as PLAN-TARGET")->capture_default_str();
  app.add_flag("--json", flags->json, "a JSON array of the runs instead of the table");
  app.footer(
      "Example: ordeal compare configs/quickstart.yaml --targets raftd,etcd --seeds 7,8 --set duration=20s\n"
      "Exit code: that of the worst run: 255 harness failure, else 1 invalid or unavailable, else 2 unknown or "
      "not-exercised, else 0; 254 when a target is not fit for the plan, and nothing was started.");
  return [flags] { return compare(*flags); };
}

}  // namespace ordeal::harness
