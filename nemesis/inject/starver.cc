#include "nemesis/inject/starver.h"

#include <signal.h>

#include <algorithm>
#include <cassert>

#include "nemesis/inject/process_state.h"

namespace ordeal::nemesis {
namespace {

using std::chrono::nanoseconds;

// What ended meanwhile needs none.
void signal_each(const std::vector<pid_t>& processes, int signal_number) {
  for (const pid_t process : processes) kill(process, signal_number);
}

double per(nanoseconds used, nanoseconds passed) {
  return passed.count() <= 0 ? 0 : static_cast<double>(used.count()) / static_cast<double>(passed.count());
}

const Diet& strictest(const std::map<std::uint64_t, Diet>& diets) {
  return std::min_element(diets.begin(), diets.end(),
                          [](const auto& a, const auto& b) { return a.second.share_percent < b.second.share_percent; })
      ->second;
}

}  // namespace

Starver::~Starver() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  for (auto& [node, starved] : starved_)
    if (!is_spared(node)) let_run(node, starved);
}

void Starver::begin(std::uint64_t id, const Node& node, const Diet& diet) {
  const std::lock_guard lock(mutex_);
  const auto [found, is_new] = starved_.try_emplace(node);
  Starved& starved = found->second;
  if (is_new) {
    starved.began = Clock::now();
    for (const pid_t process : cluster_.processes(node)) {
      const nanoseconds used = cpu_time_of(process).value_or(nanoseconds(0));
      starved.used[process] = used;
      starved.hunger.processors_before += per(used, age_of(process).value_or(nanoseconds(0)));
    }
  }
  starved.diets.emplace(id, diet);
  starved.due = Clock::now();
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  wake_.notify_all();
}

Hunger Starver::end(std::uint64_t id, const Node& node) {
  const std::lock_guard lock(mutex_);
  const auto found = starved_.find(node);
  assert(found != starved_.end());
  Starved& starved = found->second;
  account(cluster_.processes(node), starved);
  starved.hunger.processors = per(starved.used_since, Clock::now() - starved.began);
  if (!is_spared(node)) let_run(node, starved);
  const Hunger hunger = starved.hunger;
  starved.diets.erase(id);
  if (starved.diets.empty()) starved_.erase(found);
  wake_.notify_all();
  return hunger;
}

bool Starver::starves(const Node& node) {
  const std::lock_guard lock(mutex_);
  return starved_.contains(node);
}

void Starver::spare(const Node& node) {
  const std::lock_guard lock(mutex_);
  const auto found = starved_.find(node);
  if (found != starved_.end() && !is_spared(node)) let_run(node, found->second);
  ++spared_[node];
}

void Starver::release(const Node& node) {
  const std::lock_guard lock(mutex_);
  assert(is_spared(node));
  --spared_[node];
  wake_.notify_all();
}

bool Starver::is_spared(const Node& node) const {
  const auto found = spared_.find(node);
  return found != spared_.end() && found->second > 0;
}

void Starver::let_run(const Node& node, Starved& starved) {
  if (starved.stopped) end_stop(cluster_.processes(node), starved);
  starved.due = Clock::now();
}

// What is seen at the end of a stop held for all of it, or nearly so: SIGSTOP takes its time with a thread in a call.
void Starver::end_stop(const std::vector<pid_t>& processes, Starved& starved) const {
  const auto stands = [](pid_t process) { return state_of(process) == ProcessState::stopped; };
  if (!processes.empty() && std::all_of(processes.begin(), processes.end(), stands)) ++starved.hunger.stops;
  signal_each(processes, SIGCONT);
  starved.stopped = false;
}

void Starver::run() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    auto next = Clock::time_point::max();
    for (auto& [node, starved] : starved_) {
      if (is_spared(node)) continue;
      if (starved.due <= Clock::now()) take_turn(node, starved);
      next = std::min(next, starved.due);
    }
    if (next == Clock::time_point::max()) {
      wake_.wait(lock);
    } else {
      wake_.wait_until(lock, next);
    }
  }
}

void Starver::take_turn(const Node& node, Starved& starved) {
  const Diet& diet = strictest(starved.diets);
  const nanoseconds running = diet.period * diet.share_percent / 100;
  const std::vector<pid_t> processes = cluster_.processes(node);
  account(processes, starved);
  if (starved.stopped) {
    end_stop(processes, starved);
  } else {
    signal_each(processes, SIGSTOP);
    starved.stopped = true;
  }
  starved.due = Clock::now() + (starved.stopped ? diet.period - running : running);
}

void Starver::account(const std::vector<pid_t>& processes, Starved& starved) const {
  std::map<pid_t, nanoseconds> now;
  for (const pid_t process : processes) {
    const auto before = starved.used.find(process);
    const nanoseconds known = before == starved.used.end() ? nanoseconds(0) : before->second;
    now[process] = std::max(cpu_time_of(process).value_or(known), known);
    starved.used_since += now[process] - known;
  }
  starved.used = std::move(now);
}

}  // namespace ordeal::nemesis
