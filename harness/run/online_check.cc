#include "harness/run/online_check.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

#include "checker/counter/counter_check.h"
#include "checker/set/set_check.h"
#include "checker/status/status_check.h"

namespace ordeal::harness {

namespace {

bool asked(const OnlineOptions& options, const char* check) {
  return std::find(options.checks.begin(), options.checks.end(), check) != options.checks.end();
}

checker::Finding violated(const char* check, const std::string& summary) {
  return {.check = check, .verdict = checker::Verdict::invalid, .summary = summary, .details = {}, .witness = {}};
}

}  // namespace

struct OnlineCheck::State {
  State(const Recorder& read_from, OnlineOptions given)
      : recorder(read_from),
        options(given.linearizable),
        by_key(asked(given, "linearizable")),
        by_set(asked(given, "set")),
        by_counter(asked(given, "counter")),
        by_status(asked(given, "status")) {}

  const Recorder& recorder;
  checker::LinearizableOptions options;
  const bool by_key, by_set, by_counter, by_status;
  std::thread thread;

  // Only the thread's own.
  std::uint64_t next_index = 0;
  std::unordered_map<std::string, checker::History> open_keys;
  checker::SetCheck set;
  checker::CounterCheck counter;
  checker::StatusCheck status;

  mutable std::mutex mutex;  // guards what follows
  std::condition_variable wake;
  bool stopping = false;
  bool looking = false;
  std::vector<std::string> to_judge;
  std::size_t checked = 0;
  std::optional<checker::Finding> violation;

  // The events that came since the last call: sorted by key, and judged one by one.
  void read_on() {
    std::size_t operations = 0;
    for (checker::Event& event : recorder.history_since(next_index)) {
      next_index = event.index + 1;
      if (by_status) status.observe(event);
      if (event.process == checker::nemesis_process || !event.key) continue;
      if (by_set) set.observe(event);
      if (by_counter) counter.observe(event);
      if ((by_set || by_counter) && event.type != checker::EventType::invoke) ++operations;
      if (by_key) open_keys[*event.key].push_back(std::move(event));
    }
    const std::lock_guard lock(mutex);
    checked += operations;
    if (violation) return;
    if (set.violation()) violation = violated("set", *set.violation());
    if (counter.violation()) violation = violated("counter", *counter.violation());
    if (status.violation()) violation = violated("status", *status.violation());
  }

  void judge(const std::string& key) {
    const auto found = open_keys.find(key);
    if (found == open_keys.end()) return;
    const auto began = std::chrono::steady_clock::now();
    options.elapsed = [began] { return std::chrono::steady_clock::now() - began; };
    const checker::LinearizableResult result = checker::check_linearizable(found->second, options);
    open_keys.erase(found);
    const std::lock_guard lock(mutex);
    checked += result.operations;
    if (result.finding.verdict == checker::Verdict::invalid && !violation) violation = result.finding;
  }

  void run() {
    setpriority(PRIO_PROCESS, 0, 10);  // of this thread only, on Linux: the clients come first
    for (;;) {
      std::vector<std::string> keys;
      {
        std::unique_lock lock(mutex);
        wake.wait(lock, [this] { return stopping || looking; });
        if (stopping) return;
        looking = false;
        keys = std::exchange(to_judge, {});
      }
      read_on();
      for (const std::string& key : keys) {
        {
          const std::lock_guard lock(mutex);
          if (stopping) return;
        }
        judge(key);
      }
    }
  }
};

OnlineCheck::OnlineCheck(const Recorder& recorder, OnlineOptions options)
    : state_(std::make_unique<State>(recorder, std::move(options))) {
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

OnlineCheck::~OnlineCheck() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->wake.notify_all();
  state_->thread.join();
}

void OnlineCheck::look(std::vector<std::string> retired_keys) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->looking = true;
    for (std::string& key : retired_keys) state_->to_judge.push_back(std::move(key));
  }
  state_->wake.notify_all();
}

std::size_t OnlineCheck::checked() const {
  const std::lock_guard lock(state_->mutex);
  return state_->checked;
}

std::optional<checker::Finding> OnlineCheck::violation() const {
  const std::lock_guard lock(state_->mutex);
  return state_->violation;
}

}  // namespace ordeal::harness
