// raftd-sim: runs seeds of the simulation; prints the first broken rule of each failing seed with its rerun command.
// Exit code: 0 all rules held, 1 a rule was broken, 2 wrong usage.

#include <fmt/core.h>

#include <charconv>
#include <optional>
#include <string_view>

#include "target-raftd/raft/simulation/simulation.h"
#include "target-raftd/raft/simulation/testing/present_seed.h"

namespace {

using namespace raftd::simulation;

constexpr const char* usage =
    "usage: raftd-sim [--seed N | --from N] [--seeds COUNT] [--stop] [--trace]\n"
    "  --seed N, --from N  the first seed (default 1)\n"
    "  --seeds COUNT       how many, one after the other (default 1)\n"
    "  --stop              after the first seed that fails\n"
    "  --trace             print everything that happens\n"
    "example: raftd-sim --seeds 5000 --from 1\n";

struct Arguments {
  std::uint64_t seed = 1;
  std::uint64_t seeds = 1;
  bool stop = false;
  bool trace = false;
};

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

std::optional<Arguments> parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--trace") {
      arguments.trace = true;
      continue;
    }
    if (name == "--stop") {
      arguments.stop = true;
      continue;
    }
    const auto value = i + 1 < argc ? number(argv[++i]) : std::nullopt;
    if (!value || (name != "--seed" && name != "--from" && name != "--seeds")) {
      return std::nullopt;
    }
    (name == "--seeds" ? arguments.seeds : arguments.seed) = *value;
  }
  return arguments;
}

// Whether all rules held.
bool run(std::uint64_t seed, bool trace, Statistics& total) {
  const Options options = draw_options(seed);
  if (trace) {
    fmt::print("{}\n", describe(options));
  }
  const Outcome outcome =
      simulate(options, trace ? [](const std::string& line) { fmt::print("{}\n", line); } : Trace());
  total += outcome.statistics;
  if (outcome.violation) {
    fmt::print("seed {}: {}\n  {}\n  again: raftd-sim --seed {} --trace\n", seed, *outcome.violation, describe(options),
               seed);
  }
  return !outcome.violation;
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = parse(argc, argv);
  if (!arguments) {
    fmt::print(stderr, "{}", usage);
    return 2;
  }
  name_seed_on_abort();
  Statistics total;
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
  for (; done < arguments->seeds && !(arguments->stop && failed > 0); ++done) {
    failed += run(arguments->seed + done, arguments->trace, total) ? 0 : 1;
  }
  fmt::print("{} seeds, {} failed: {}\n", done, failed, describe(total));
  return failed == 0 ? 0 : 1;
}
