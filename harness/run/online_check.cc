#include "harness/run/online_check.h"

#include <sys/resource.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

namespace ordeal::harness {

struct OnlineCheck::State {
  const Recorder& recorder;
  checker::LinearizableOptions options;
  std::thread thread;

  // Only the thread's own.
  std::uint64_t next_index = 0;
  std::unordered_map<std::string, checker::History> open_keys;

  mutable std::mutex mutex;  // guards what follows
  std::condition_variable wake;
  bool stopping = false;
  std::vector<std::string> to_judge;
  std::size_t checked = 0;
  std::optional<checker::Finding> violation;

  // Sorts the events that came since the last call by key.
  void read_on() {
    for (checker::Event& event : recorder.history_since(next_index)) {
      next_index = event.index + 1;
      if (event.process == checker::nemesis_process || !event.key) continue;
      open_keys[*event.key].push_back(std::move(event));
    }
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
        wake.wait(lock, [this] { return stopping || !to_judge.empty(); });
        if (stopping) return;
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

OnlineCheck::OnlineCheck(const Recorder& recorder, checker::LinearizableOptions options)
    : state_(new State{.recorder = recorder,
                       .options = std::move(options),
                       .thread = {},
                       .next_index = 0,
                       .open_keys = {},
                       .mutex = {},
                       .wake = {},
                       .stopping = false,
                       .to_judge = {},
                       .checked = 0,
                       .violation = {}}) {
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

void OnlineCheck::retired(std::vector<std::string> keys) {
  if (keys.empty()) return;
  {
    const std::lock_guard lock(state_->mutex);
    for (std::string& key : keys) state_->to_judge.push_back(std::move(key));
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
