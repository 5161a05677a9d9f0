#include "harness/mutants/scoring.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <memory>

#include "harness/config/units.h"
#include "harness/mutants/child.h"
#include "harness/mutants/run_outcome.h"
#include "harness/run/run_folder.h"

namespace ordeal::harness {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// Less load than this is not worth the start of a cluster.
constexpr auto least_load = 3s;

// One trial that goes on: its runs follow each other.
class Playing {
 public:
  Playing(std::size_t number, const Trial& trial, const ScoringOptions& options)
      : number_(number), trial_(trial), options_(options) {
    score_.seed = trial.seed;
    start();
  }

  std::size_t number() const { return number_; }
  int pollable() const { return child_->pollable(); }
  const SeedScore& score() const { return score_; }
  fs::path last_run() const { return fs::exists(store() / "latest") ? fs::canonical(store() / "latest") : store(); }

  // Looks after the child, and starts the next one. True: this trial is over.
  bool over() {
    const std::optional<int> status = child_->wait_status();
    if (!status) {
      if (Clock::now() > give_up_at_) child_->kill();
      return false;
    }
    child_.reset();
    const bool decided =
        add_run(score_, outcome_of(EndedRun{.store = store(), .output = output(), .wait_status = *status}));
    if (decided) return true;
    if (score_.worst == checker::Verdict::valid) fs::remove_all(run_folder());
    if (!more_to_run()) return true;
    start();
    return false;
  }

 private:
  fs::path run_folder() const {
    return options_.folder / trial_.name / fmt::format("seed-{}", trial_.seed) / fmt::format("run-{}", run_);
  }
  fs::path store() const { return run_folder() / "store"; }
  fs::path output() const { return run_folder() / "output.log"; }

  std::chrono::nanoseconds left() const {
    return trial_.budget - std::chrono::duration_cast<std::chrono::nanoseconds>(score_.load);
  }
  bool more_to_run() const { return left() >= least_load || score_.runs < trial_.least_runs; }

  void start() {
    run_ = score_.runs + 1;
    const ScoredPlan& plan = trial_.plans[static_cast<std::size_t>(score_.runs) % trial_.plans.size()];
    fs::create_directories(run_folder());
    give_up_at_ = Clock::now() + plan.patience;
    child_ = std::make_unique<Child>(command_of(plan), output());
  }

  std::vector<std::string> command_of(const ScoredPlan& plan) const {
    std::vector<std::string> words{options_.program.string(), plan.is_scenario ? "scenario" : "run",
                                   plan.file.string(),        "--binary",
                                   trial_.binary.string(),    "--store",
                                   store().string()};
    if (plan.is_scenario) return words;
    words.insert(words.end(), {"--seed", std::to_string(seed_of_run(trial_.seed, score_.runs))});
    if (left() < plan.duration && score_.runs >= trial_.least_runs) {
      const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(left());
      words.insert(words.end(), {"--set", "duration=" + plan_duration(rest)});
    }
    return words;
  }

  const std::size_t number_;
  const Trial& trial_;
  const ScoringOptions& options_;
  SeedScore score_;
  int run_ = 0;
  Clock::time_point give_up_at_;
  std::unique_ptr<Child> child_;
};

void wait_for_one(const std::vector<std::unique_ptr<Playing>>& playing) {
  std::vector<pollfd> ended;
  for (const auto& one : playing) ended.push_back({.fd = one->pollable(), .events = POLLIN, .revents = 0});
  ::poll(ended.data(), ended.size(), 250);
}

}  // namespace

std::vector<std::optional<SeedScore>> play(const std::vector<Trial>& trials, const ScoringOptions& options) {
  std::vector<std::optional<SeedScore>> scores(trials.size());
  std::vector<std::unique_ptr<Playing>> playing;
  std::size_t next = 0;
  while (next < trials.size() || !playing.empty()) {
    if (options.interrupted()) break;  // the children go with `playing`
    while (next < trials.size() && playing.size() < static_cast<std::size_t>(options.jobs)) {
      playing.push_back(std::make_unique<Playing>(next, trials[next], options));
      ++next;
    }
    wait_for_one(playing);
    for (auto one = playing.begin(); one != playing.end();) {
      if (!(*one)->over()) {
        ++one;
        continue;
      }
      scores[(*one)->number()] = (*one)->score();
      options.finished((*one)->number(), (*one)->score(), (*one)->last_run());
      one = playing.erase(one);
    }
    std::vector<std::size_t> running;
    for (const auto& one : playing) running.push_back(one->number());
    options.tick(running);
  }
  return scores;
}

}  // namespace ordeal::harness
