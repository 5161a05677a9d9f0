// ordeal-checker-fuzz: random small histories through every engine, against every order there is.

#include <fmt/format.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>

#include "checker/fuzz/fuzz_run.h"

namespace ordeal::checker {
namespace {

volatile sig_atomic_t interrupted = 0;

void interrupt(int) {
  interrupted = 1;
}

void print(const FuzzResult& result, std::chrono::duration<double> took) {
  fmt::print("{} histories in {:.1f} s, {} valid;", result.histories, took.count(), result.valid);
  for (const auto& [model, count] : result.by_model) fmt::print(" {} {}", model, count);
  fmt::print("\n{:<24} {:>12} {:>12} {:>12}\n", "engine", "valid", "invalid", "silent");
  for (std::size_t i = 0; i < result.by_engine.size(); ++i) {
    const FuzzTally& tally = result.by_engine[i];
    fmt::print("{:<24} {:>12} {:>12} {:>12}\n", fuzzed_engines()[i].name, tally.valid, tally.invalid, tally.silent);
  }
}

int run(FuzzOptions options, double minutes) {
  const auto began = std::chrono::steady_clock::now();
  const auto elapsed = [began] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - began); };
  options.stop = [&] { return interrupted != 0 || (minutes > 0 && elapsed().count() > 60 * minutes); };
  const FuzzResult result = fuzz(options);
  print(result, elapsed());
  if (!result.mismatch) {
    fmt::print("no mismatch\n");
    return 0;
  }
  fmt::print("MISMATCH: {}", described(*result.mismatch, options));
  return 1;
}

}  // namespace
}  // namespace ordeal::checker

int main(int argc, char** argv) {
  using namespace ordeal::checker;
  CLI::App app{
      "Judges random small histories by every engine of the checker and by trying every order.\n"
      "  ordeal-checker-fuzz --count 100000000 --shard 0 --shards 2"};
  FuzzOptions options;
  std::string model;
  double minutes = 0;
  app.add_option("--seed", options.seed)->capture_default_str();
  app.add_option("--first", options.first, "number of the first history")->capture_default_str();
  app.add_option("--count", options.count, "how many histories, over all shards")->capture_default_str();
  app.add_option("--shard", options.shard, "judge only this one, from 0, ...")->capture_default_str();
  app.add_option("--shards", options.shards, "... of so many equal parts")->check(CLI::PositiveNumber);
  app.add_option("--minutes", minutes, "stop after so long; 0: never")->capture_default_str();
  app.add_option("--operations", options.most_operations, "in a history, at most")->check(CLI::Range(2, 10));
  app.add_flag("--middling", options.middling, "registers' histories of 10 to 60 operations, against the search");
  app.add_option("--model", model, "only this one");
  app.add_option("--engine", options.engine, "only this one");
  CLI11_PARSE(app, argc, argv);
  if (!model.empty() && !(options.model = model_named(model))) {
    std::cerr << "ordeal-checker-fuzz: there is no model \"" << model << "\"\n";
    return 2;
  }
  signal(SIGINT, interrupt);
  signal(SIGTERM, interrupt);
  return run(options, minutes);
}
