// `ordeal run PLAN`: flags and files become a RunRequest.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <random>

#include "harness/cli/program.h"
#include "harness/cli/subcommands.h"
#include "harness/cli/target_binary.h"
#include "harness/config/client_abilities.h"
#include "harness/config/config_error.h"
#include "harness/config/plan.h"
#include "harness/config/swarm.h"
#include "harness/config/target.h"
#include "harness/run/run.h"
#include "harness/run/run_adapter.h"

namespace ordeal::harness {
namespace {

struct Flags {
  std::string plan;
  std::vector<std::string> overrides;
  std::optional<std::uint64_t> seed;
  std::string store = "store";
  std::string binary;  // empty: the target's
  bool keep_going = false;
  bool json = false;
};

// As a shell needs it to read the word back.
std::string quoted(const std::string& word) {
  const bool plain = !word.empty() && word.find_first_not_of(
                                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789_-./=:,+@%") == std::string::npos;
  if (plain) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

std::string repeat_command(const Flags& flags, std::uint64_t seed) {
  std::string command = fmt::format("{} run {} --seed {}", quoted(program_as_typed()), quoted(flags.plan), seed);
  for (const std::string& override : flags.overrides) command += " --set " + quoted(override);
  if (!flags.binary.empty()) command += " --binary " + quoted(flags.binary);
  if (flags.store != "store") command += " --store " + quoted(flags.store);
  if (flags.keep_going) command += " --keep-going";
  return command;
}

std::uint64_t drawn_seed() {
  std::random_device device;
  // 53 bits: every language's JSON reader and every spreadsheet keeps them.
  return ((std::uint64_t{device()} << 32) | device()) >> 11;
}

int run_plan(const Flags& flags) {
  RunRequest request;
  request.plan = load_plan(flags.plan, flags.overrides);
  if (flags.seed) request.plan.seed = flags.seed;
  if (!request.plan.seed) request.plan.seed = drawn_seed();
  TargetFile target = load_target_file(request.plan.target, config_folder());
  request.target = std::move(target.target);
  request.target_yaml = std::move(target.yaml);
  draw_swarm(request.plan, request.target);
  require_abilities(request.plan.nemesis, request.target, flags.plan);
  require_client_for(request.plan.workload, request.target, flags.plan);
  request.target = with_knobs(std::move(request.target), request.plan, flags.plan);
  request.binary = target_binary(flags.binary, request.target);
  request.store = flags.store;
  request.keep_going = flags.keep_going;
  request.json = flags.json;
  request.repeat_command = repeat_command(flags, *request.plan.seed);
  if (const int code = try_adapter(request.target, request.plan.workload); code != 0) return code;
  return run(request);
}

}  // namespace

Action declare_run(CLI::App& app) {
  auto flags = std::make_shared<Flags>();
  app.add_option("PLAN", flags->plan, "the plan, a YAML file (see configs/README.md)")->required();
  app.add_option("--set", flags->overrides, "override one value of the plan: --set nodes=3 --set nemesis.at-once=1")
      ->type_name("PATH=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--seed", flags->seed, "seed of the schedule and the workload (else the plan's, else drawn)");
  app.add_option("--store", flags->store, "folder that keeps the runs")->capture_default_str();
  app.add_option("--binary", flags->binary, "run this program instead of the target's, as for a mutant of raftd")
      ->type_name("FILE");
  app.add_flag("--keep-going", flags->keep_going, "do not end the load at the first violation");
  app.add_flag("--json", flags->json, "print results.json on standard output instead of the summary");
  app.footer(
      "Example: ordeal run configs/quickstart.yaml --seed 7 --set nodes=3 --set duration=20s\n"
      "Exit code: 0 valid, 1 invalid or unavailable, 2 unknown or not-exercised, 254 usage, 255 harness failure.");
  return [flags] { return run_plan(*flags); };
}

}  // namespace ordeal::harness
