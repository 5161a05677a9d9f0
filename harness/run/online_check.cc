#include "harness/run/online_check.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <iterator>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

#include "checker/counter/counter_check.h"
#include "checker/set/set_check.h"
#include "checker/status/status_check.h"
#include "checker/streaming/register_stream.h"
#include "harness/run/history_tail.h"

namespace ordeal::harness {

namespace {

bool asked(const OnlineOptions& options, const char* check) {
  return std::find(options.checks.begin(), options.checks.end(), check) != options.checks.end();
}

checker::Finding violated(const char* check, const std::string& summary) {
  return {.check = check, .verdict = checker::Verdict::invalid, .summary = summary, .details = {}, .witness = {}};
}

}  // namespace

// One key, judged event by event. Each has a vocabulary of its own, which goes with it: one of the whole run would grow
// with the keys of days.
struct KeyStream {
  explicit KeyStream(const checker::LinearizableOptions& options) : stream(vocabulary, options) {}

  checker::Vocabulary vocabulary;
  checker::RegisterStream stream;
};

struct OnlineCheck::State {
  State(const Recorder& written_by, OnlineOptions given)
      : recorder(written_by),
        options(given.linearizable),
        most_events(given.most_events),
        by_key(asked(given, "linearizable")),
        by_set(asked(given, "set")),
        by_counter(asked(given, "counter")),
        by_status(asked(given, "status")),
        tail(recorder.file()) {}

  struct Key {
    std::unique_ptr<KeyStream> stream;  // null once it cannot decide the key, or has seen it violated
    bool violated = false;
    checker::History events;
    bool too_long = false;                    // its events are not kept
    std::size_t operations = 0, counted = 0;  // that returned, and those of them that count as judged
  };
  struct Retired {
    std::string key;
    std::uint64_t events = 0;  // that were recorded by then: all of the key are among them
  };

  const Recorder& recorder;
  checker::LinearizableOptions options;
  const std::size_t most_events;
  const bool by_key, by_set, by_counter, by_status;
  std::thread thread;

  // Only the thread's own.
  HistoryTail tail;
  std::uint64_t read = 0;  // events
  std::unordered_map<std::string, Key> open_keys;
  std::size_t held = 0;  // events in open_keys
  std::deque<Retired> retired;
  checker::SetCheck set;
  checker::CounterCheck counter;
  checker::StatusCheck status;

  mutable std::mutex mutex;  // guards what follows
  std::condition_variable wake;
  bool stopping = false;
  bool looking = false;
  std::vector<Retired> newly_retired;
  std::size_t checked = 0;
  std::optional<checker::Finding> violation;
  std::exception_ptr failure;

  bool must_stop() const {
    const std::lock_guard lock(mutex);
    return stopping;
  }

  // A piece of the file: sorted by key, and judged event by event.
  void take(const checker::History& events) {
    std::size_t operations = 0;
    for (const checker::Event& event : events) {
      ++read;
      if (by_status) status.observe(event);
      if (event.process == checker::nemesis_process || !event.key) continue;
      if (by_set) set.observe(event);
      if (by_counter) counter.observe(event);
      if ((by_set || by_counter) && event.type != checker::EventType::invoke) ++operations;
      if (by_key) operations += follow(event);
    }
    const std::lock_guard lock(mutex);
    checked += operations;
    if (violation) return;
    if (set.violation()) violation = violated("set", *set.violation());
    if (counter.violation()) violation = violated("counter", *counter.violation());
    if (status.violation()) violation = violated("status", *status.violation());
  }

  // How many operations are judged with it.
  std::size_t follow(const checker::Event& event) {
    const auto [found, is_new] = open_keys.try_emplace(*event.key);
    Key& key = found->second;
    if (is_new) key.stream = std::make_unique<KeyStream>(options);
    if (key.violated) return event.type != checker::EventType::invoke ? 1 : 0;
    hold(key, event);
    if (event.type != checker::EventType::invoke) ++key.operations;
    if (!key.stream) return 0;
    key.stream->stream.add(compact(event, key.stream->vocabulary));
    if (key.stream->stream.violation_count() > 0) {
      const std::uint64_t at = key.stream->stream.violations().front().event;
      key.violated = true;
      key.stream.reset();
      tell(key, event, at);
      release(key);
    } else if (key.stream->stream.undecided_count() > 0) {
      key.stream.reset();  // the key is searched when it has retired
      return 0;
    }
    const std::size_t judged = event.type != checker::EventType::invoke ? 1 : 0;
    key.counted += judged;
    return judged;
  }

  // The search over the key's events finds the same, and words for it.
  void tell(const Key& key, const checker::Event& event, std::uint64_t at) {
    checker::Finding finding =
        violated("linearizable", fmt::format("not linearizable: key {}, at event {}", *event.key, at));
    if (!key.too_long) {
      checker::LinearizableResult searched = search(key.events);
      if (searched.finding.verdict == checker::Verdict::invalid) finding = std::move(searched.finding);
    }
    const std::lock_guard lock(mutex);
    if (!violation) violation = std::move(finding);
  }

  checker::LinearizableResult search(const checker::History& events) {
    const auto began = std::chrono::steady_clock::now();
    options.elapsed = [began] { return std::chrono::steady_clock::now() - began; };
    return checker::check_linearizable(events, options);
  }

  void hold(Key& key, const checker::Event& event) {
    if (key.too_long) return;
    key.events.push_back(event);
    if (++held > most_events) give_up_the_longest();
  }

  void release(Key& key) {
    held -= key.events.size();
    key.events = {};
  }

  void give_up_the_longest() {
    const auto longest = std::max_element(open_keys.begin(), open_keys.end(), [](const auto& a, const auto& b) {
      return a.second.events.size() < b.second.events.size();
    });
    release(longest->second);
    longest->second.too_long = true;
  }

  // The keys of which everything was read by now.
  void judge_retired() {
    {
      const std::lock_guard lock(mutex);
      retired.insert(retired.end(), std::make_move_iterator(newly_retired.begin()),
                     std::make_move_iterator(newly_retired.end()));
      newly_retired.clear();
    }
    while (!retired.empty() && retired.front().events <= read && !must_stop()) {
      judge(retired.front().key);
      retired.pop_front();
    }
  }

  void judge(const std::string& name) {
    const auto found = open_keys.find(name);
    if (found == open_keys.end()) return;
    Key key = std::move(found->second);
    open_keys.erase(found);
    const bool undecided = !key.stream && !key.violated && !key.too_long;
    const checker::History events = std::move(key.events);
    held -= events.size();
    if (!undecided) return;
    const checker::LinearizableResult result = search(events);
    const std::lock_guard lock(mutex);
    checked += key.operations - key.counted;
    if (result.finding.verdict == checker::Verdict::invalid && !violation) violation = result.finding;
  }

  void read_on() {
    while (!must_stop()) {
      const checker::History& events = tail.next();
      if (events.empty()) break;
      take(events);
      judge_retired();
    }
    judge_retired();
  }

  void run() {
    setpriority(PRIO_PROCESS, 0, 10);  // of this thread only, on Linux: the clients come first
    for (;;) {
      {
        std::unique_lock lock(mutex);
        wake.wait(lock, [this] { return stopping || looking; });
        if (stopping) return;
        looking = false;
      }
      read_on();
    }
  }

  // Nobody is there to throw to.
  void run_until_failure() {
    try {
      run();
    } catch (...) {
      const std::lock_guard lock(mutex);
      failure = std::current_exception();
    }
  }
};

OnlineCheck::OnlineCheck(const Recorder& recorder, OnlineOptions options)
    : state_(std::make_unique<State>(recorder, std::move(options))) {
  state_->thread = std::thread([state = state_.get()] { state->run_until_failure(); });
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
  const std::uint64_t events = state_->recorder.events();
  {
    const std::lock_guard lock(state_->mutex);
    state_->looking = true;
    for (std::string& key : retired_keys) state_->newly_retired.push_back({.key = std::move(key), .events = events});
  }
  state_->wake.notify_all();
}

bool OnlineCheck::judges_operations() const {
  return state_->by_key || state_->by_set || state_->by_counter;
}

std::size_t OnlineCheck::checked() const {
  const std::lock_guard lock(state_->mutex);
  return state_->checked;
}

std::optional<checker::Finding> OnlineCheck::violation() const {
  const std::lock_guard lock(state_->mutex);
  return state_->violation;
}

std::exception_ptr OnlineCheck::failure() const {
  const std::lock_guard lock(state_->mutex);
  return state_->failure;
}

}  // namespace ordeal::harness
