#include "checker/fuzz/fuzz_run.h"

#include <fmt/format.h>

#include <array>

#include "checker/fuzz/middling_history.h"
#include "checker/fuzz/small_twin.h"

namespace ordeal::checker {
namespace {

using Answer = FuzzedAnswer::Answer;

// Registers most often: that is where most of the rules are.
constexpr std::array turns = {
    ModelName::multi_register, ModelName::kv_revisions, ModelName::cas_register, ModelName::register_,
    ModelName::cas_register,   ModelName::kv,           ModelName::cas_register, ModelName::list_append,
    ModelName::cas_register,   ModelName::kv_append,    ModelName::cas_register, ModelName::register_,
    ModelName::cas_register,   ModelName::owned_mutex,  ModelName::cas_register, ModelName::kv,
    ModelName::cas_register,   ModelName::kv_append,    ModelName::cas_register, ModelName::register_,
    ModelName::cas_register,   ModelName::mutex};

std::optional<std::string> contradiction(const FuzzedEngine& engine, const FuzzedAnswer& answer,
                                         const SmallVerdict& twin) {
  const std::string truth = twin.linearizable ? "it is valid" : fmt::format("it is invalid at event {}", twin.failing);
  if (answer.answer == Answer::silent) {
    return engine.may_be_silent ? std::nullopt : std::optional("says nothing; " + truth);
  }
  if ((answer.answer == Answer::valid) != twin.linearizable) {
    return fmt::format("says {}; {}", answer.answer == Answer::valid ? "valid" : "invalid", truth);
  }
  if (answer.failing && *answer.failing != twin.failing) {
    return fmt::format("says invalid at event {}; {}", *answer.failing, truth);
  }
  return std::nullopt;
}

SmallHistory shrunk(const FuzzedEngine& engine, SmallHistory history) {
  for (std::size_t i = 0; i < history.operations.size();) {
    SmallHistory smaller = without(history, i);
    if (wrong_about(engine, smaller)) {
      history = std::move(smaller);
      i = 0;
    } else {
      ++i;
    }
  }
  return history;
}

class Run {
 public:
  explicit Run(const FuzzOptions& options) : options_(options) { result_.by_engine.resize(fuzzed_engines().size()); }

  FuzzResult run() {
    const std::uint64_t first = options_.first / fuzz_block;
    const std::uint64_t last = (options_.first + options_.count + fuzz_block - 1) / fuzz_block;
    for (std::uint64_t block = first; block < last && !result_.mismatch; ++block) {
      if (block % options_.shards != options_.shard) continue;
      if (options_.stop && options_.stop()) break;
      run_block(block);
    }
    return std::move(result_);
  }

 private:
  void run_block(std::uint64_t block) {
    std::seed_seq seeds{options_.seed, options_.seed >> 32, block, block >> 32};
    std::mt19937_64 random(seeds);
    const ModelName model = options_.model.value_or(turns[block % turns.size()]);
    for (std::uint64_t i = 0; i < fuzz_block && !result_.mismatch; ++i) {
      if (options_.middling) {
        judge_middling(random, block * fuzz_block + i);
        continue;
      }
      judge(random_small_history(random, model, options_.most_operations), block * fuzz_block + i);
    }
    result_.by_model[options_.middling ? "cas-register (middling)" : to_string(model)] += fuzz_block;
  }

  void judge(const SmallHistory& history, std::uint64_t number) {
    const SmallVerdict twin = judge_by_all_orders(history);
    ++result_.histories;
    result_.valid += twin.linearizable ? 1 : 0;
    filled_.fill(history);
    ask_engines(twin, number, [&](const FuzzedEngine& engine, const std::string& what) {
      FuzzMismatch mismatch{.what = what};
      // When it is right the second time, it comes and goes, which shrinking cannot follow.
      const SmallHistory small = wrong_about(engine, history) ? shrunk(engine, history) : history;
      mismatch.what = wrong_about(engine, small).value_or(what);
      mismatch.lines = json_lines(small);
      mismatch.options = check_options(small);
      return mismatch;
    });
  }

  void judge_middling(std::mt19937_64& random, std::uint64_t number) {
    const MiddlingHistory history = random_middling_history(random);
    filled_.fill(history.events, history.options);
    const FuzzedAnswer reference = fuzzed_engines().front().judge(filled_);
    ++result_.histories;
    result_.valid += reference.answer == Answer::valid ? 1 : 0;
    const SmallVerdict twin{.linearizable = reference.answer == Answer::valid,
                            .failing = static_cast<std::uint32_t>(reference.failing.value_or(0))};
    ask_engines(twin, number, [&](const FuzzedEngine&, const std::string& what) {
      return FuzzMismatch{.what = what, .lines = json_lines(history), .options = check_options(history)};
    });
  }

  template <typename Describe>
  void ask_engines(const SmallVerdict& twin, std::uint64_t number, Describe describe) {
    for (std::size_t i = 0; i < fuzzed_engines().size() && !result_.mismatch; ++i) {
      const FuzzedEngine& engine = fuzzed_engines()[i];
      if (!options_.engine.empty() && options_.engine != engine.name) continue;
      if (number % engine.one_in != 0 && options_.engine.empty()) continue;
      const FuzzedAnswer answer = engine.judge(filled_);
      FuzzTally& tally = result_.by_engine[i];
      ++(answer.answer == Answer::valid     ? tally.valid
         : answer.answer == Answer::invalid ? tally.invalid
                                            : tally.silent);
      const auto what = contradiction(engine, answer, twin);
      if (!what) continue;
      result_.mismatch = describe(engine, *what);
      result_.mismatch->number = number;
      result_.mismatch->engine = std::string(engine.name);
    }
  }

  const FuzzOptions& options_;
  FuzzedHistory filled_;
  FuzzResult result_;
};

}  // namespace

std::optional<std::string> wrong_about(const FuzzedEngine& engine, const SmallHistory& history) {
  FuzzedHistory filled;
  filled.fill(history);
  return contradiction(engine, engine.judge(filled), judge_by_all_orders(history));
}

FuzzResult fuzz(const FuzzOptions& options) {
  return Run(options).run();
}

std::string described(const FuzzMismatch& mismatch, const FuzzOptions& options) {
  return fmt::format(
      "history {} of seed {}: the engine \"{}\" {}\n{}ordeal check: {}\n"
      "repeat: ordeal-checker-fuzz --seed {} --first {} --count {} --operations {} --engine \"{}\"{}\n",
      mismatch.number, options.seed, mismatch.engine, mismatch.what, mismatch.lines, mismatch.options, options.seed,
      mismatch.number / fuzz_block * fuzz_block, fuzz_block, options.most_operations, mismatch.engine,
      options.middling ? std::string(" --middling")
      : options.model  ? " --model " + to_string(*options.model)
                       : std::string());
}

}  // namespace ordeal::checker
