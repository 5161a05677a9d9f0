#include "harness/clients/adapter_check.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <random>

#include "harness/clients/adapter_dialogue.h"
#include "harness/clients/odd_node.h"
#include "harness/cluster/printable.h"

namespace ordeal::harness {
namespace {

using namespace std::chrono_literals;
using checker::EventType;
using Clock = std::chrono::steady_clock;
using Ids = std::vector<std::int64_t>;
using Answers = std::map<std::int64_t, AdapterAnswer>;

constexpr auto grace = 3s;  // beyond a call's own time, for a machine that is busy

// The operations of the protocol, with arguments.
workloads::Operation operation_named(const std::string& name) {
  using checker::Value;
  if (name == "cas") return {"cas", "7", checker::List{Value(40), Value(41)}};
  if (name == "read") return {"read", "7", checker::Nil{}};
  if (name == "increment") return {name, "7", checker::Map{{"delta", 1}, {"session", "s"}, {"serial", 1}}};
  return {name, "7", Value(41)};
}

// To write to an adapter that has ended is an error then, no signal.
class BlockedPipeSignal {
 public:
  BlockedPipeSignal() {
    sigset_t broken_pipe;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken_pipe, &before_);
  }
  ~BlockedPipeSignal() {
    const timespec no_time{};
    sigset_t broken_pipe;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    if (sigismember(&before_, SIGPIPE) == 0) sigtimedwait(&broken_pipe, nullptr, &no_time);  // one that is pending
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  BlockedPipeSignal(const BlockedPipeSignal&) = delete;
  BlockedPipeSignal& operator=(const BlockedPipeSignal&) = delete;

 private:
  sigset_t before_;
};

class Trials {
 public:
  explicit Trials(const std::vector<std::string>& command) : command_(command) {}

  void stays_quiet() {
    AdapterDialogue adapter(command_);
    if (const auto line = adapter.read(Clock::now() + 300ms)) {
      throw BrokenPromise(fmt::format("nothing was asked, and it wrote {}", printable(*line, 200)));
    }
  }

  void answers_once() {
    AdapterDialogue adapter(command_);
    const OddNode node(Oddity::refuses);
    Ids ids;
    for (std::int64_t i = 1; i <= 200; ++i) ids.push_back(i % 10 == 0 ? (std::int64_t{1} << 53) - i : i * 3);
    std::shuffle(ids.begin(), ids.end(), std::mt19937_64(1));
    ask(adapter, ids, node, 2000ms);
    const Answers answers = hear(adapter, ids, Clock::now() + 2s + grace);
    require_all(ids, answers, "200 calls were under way at once, to a node that refuses connections");
    require_none_ok(answers, "nobody listens there");
    if (const auto more = adapter.answer(Clock::now() + 300ms)) {
      throw BrokenPromise(fmt::format("it answered call {} a second time, or nobody asked", more->id));
    }
  }

  void waits_for_one_without_delay_of_others() {
    AdapterDialogue adapter(command_);
    const OddNode silent(Oddity::silent), refusing(Oddity::refuses);
    ask(adapter, numbers(1, 40), silent, 4000ms);
    ask(adapter, numbers(101, 20), refusing, 2000ms);
    std::map<std::int64_t, AdapterAnswer> answers;
    const auto until = Clock::now() + 3s;  // the silent ones still wait then
    while (!holds(answers, numbers(101, 20))) {
      const auto answer = adapter.answer(until);
      if (!answer) {
        throw BrokenPromise(
            "40 calls wait for a node that is silent, and 20 calls to another node were not answered within 3 s");
      }
      answers.emplace(answer->id, *answer);
    }
    require_none_ok(answers, "one node refuses connections, the other is silent");
  }

  void outlives_silence() {
    AdapterDialogue adapter(command_);
    const OddNode silent(Oddity::silent), refusing(Oddity::refuses);
    ask(adapter, numbers(1, 60), silent, 300ms);
    std::map<std::int64_t, AdapterAnswer> answers;
    const auto until = Clock::now() + 300ms + grace;
    while (answers.size() < 60) {  // silence is allowed to be answered with silence
      const auto answer = adapter.answer(until);
      if (!answer) break;
      answers.emplace(answer->id, *answer);
    }
    require_none_ok(answers, "the node said nothing");
    ask(adapter, {1000}, refusing, 2000ms);
    require_all({1000}, hear(adapter, {1000}, Clock::now() + 2s + grace, true),
                "60 calls to a silent node, of 300 ms each, were over, and a call to another one followed");
  }

  void does_not_believe(Oddity oddity, const char* what) {
    AdapterDialogue adapter(command_);
    const OddNode odd(oddity), refusing(Oddity::refuses);
    const Ids ids = numbers(1, 20);
    ask(adapter, ids, odd, 1000ms);
    Answers answers;
    const auto until = Clock::now() + 1s + grace;
    while (answers.size() < ids.size()) {
      const auto answer = adapter.answer(until);
      if (!answer) break;
      answers.emplace(answer->id, *answer);
    }
    require_none_ok(answers, what);
    ask(adapter, {1000}, refusing, 2000ms);
    require_all({1000}, hear(adapter, {1000}, Clock::now() + 2s + grace, true),
                fmt::format("{}, and a call to another node followed", what));
  }

  void refuses_the_unknown() {
    AdapterDialogue adapter(command_);
    const OddNode node(Oddity::refuses);
    adapter.write(call_line(1, {"n1", node.address(), "linearizable"}, operation_named("frobnicate"), 1000ms));
    const Answers answers = hear(adapter, {1}, Clock::now() + 1s + grace);
    require_all({1}, answers, "it was asked for an operation \"frobnicate\"");
    if (answers.at(1).type != EventType::fail) {
      throw BrokenPromise(
          "it was asked for an operation \"frobnicate\" and did not answer fail: surely it did nothing");
    }
  }

  void survives_rubbish() {
    AdapterDialogue adapter(command_);
    const OddNode node(Oddity::refuses);
    for (const char* line :
         {"", "rubbish", "{", "[1,2", "{}", "[]", "null", "7", "\"text\"", "{\"id\":5}",
          "{\"id\":\"six\",\"f\":\"read\"}", "{\"id\":null,\"f\":\"write\",\"value\":[]}",
          "{\"id\":8,\"f\":\"read\",\"node\":\"n1\",\"endpoint\":\"nowhere\",\"key\":\"7\"}", "\xff\xfe"}) {
      adapter.write(std::string(line) + "\n");
    }
    adapter.write("{\"more\":\"" + std::string(300'000, 'x') + "\"}\n");
    ask(adapter, {1000}, node, 2000ms);
    while (const auto line = adapter.read(Clock::now() + 2s + grace)) {
      const auto parsed = parse_answer(*line);  // what is said to rubbish is ignored
      const auto* answer = std::get_if<AdapterAnswer>(&parsed);
      if (answer != nullptr && answer->id == 1000) return;
      if (answer != nullptr && answer->type == EventType::ok) {
        throw BrokenPromise(fmt::format("it was sent rubbish and answered ok: {}", printable(*line, 200)));
      }
    }
    throw BrokenPromise("it was sent lines of rubbish, and did not answer the call that followed");
  }

  void is_not_confused_by_repeats_and_new_fields() {
    AdapterDialogue adapter(command_);
    const OddNode node(Oddity::refuses);
    std::string line = call_line(1, place(node), operation_named(adapter.abilities().operations.front()), 1000ms);
    line.insert(1, "\"later\":{\"invented\":[true]},");
    adapter.write(line + line);
    require_all({1}, hear(adapter, {1}, Clock::now() + 1s + grace), "the same call came twice, with a field more");
    ask(adapter, {2}, node, 1000ms);
    require_all({2}, hear(adapter, {2}, Clock::now() + 1s + grace, true),
                "the same call came twice, and another one followed");
  }

  void ends_with_its_input() {
    AdapterDialogue adapter(command_);
    const OddNode silent(Oddity::silent);
    ask(adapter, numbers(1, 5), silent, 60s);
    if (!adapter.ends_within(5s)) {
      throw BrokenPromise("its standard input was closed, with 5 calls under way, and 5 s later it still ran");
    }
  }

 private:
  static Ids numbers(std::int64_t first, std::int64_t count) {
    Ids ids;
    for (std::int64_t i = 0; i < count; ++i) ids.push_back(first + i);
    return ids;
  }

  static AdapterPlace place(const OddNode& node) { return {"n1", node.address(), "linearizable"}; }

  // Calls of every operation in turn, in one piece.
  static void ask(AdapterDialogue& adapter, const Ids& ids, const OddNode& node, std::chrono::milliseconds timeout) {
    AdapterPlace at = place(node);
    if (!adapter.abilities().reads.empty()) at.read_mode = adapter.abilities().reads.front();
    std::string lines;
    std::size_t next = 0;
    for (const std::int64_t id : ids) {
      const auto& operations = adapter.abilities().operations;
      lines += call_line(id, at, operation_named(operations[next++ % operations.size()]), timeout);
    }
    adapter.write(lines);
  }

  // The answers to these calls; with `others` there may be some to earlier calls in between.
  static Answers hear(AdapterDialogue& adapter, const Ids& ids, Clock::time_point until, bool others = false) {
    Answers answers;
    while (answers.size() < ids.size()) {
      const auto answer = adapter.answer(until);
      if (!answer) break;
      const bool asked = std::ranges::find(ids, answer->id) != ids.end();
      if (!asked && others) continue;
      if (!asked) throw BrokenPromise(fmt::format("it answered call {}, and nobody made such a call", answer->id));
      if (!answers.emplace(answer->id, *answer).second) {
        throw BrokenPromise(fmt::format("it answered call {} a second time", answer->id));
      }
    }
    return answers;
  }

  static bool holds(const Answers& answers, const Ids& ids) {
    return std::ranges::all_of(ids, [&](std::int64_t id) { return answers.contains(id); });
  }

  static void require_all(const Ids& ids, const Answers& answers, const std::string& when) {
    std::size_t missing = 0;
    for (const std::int64_t id : ids) missing += answers.contains(id) ? 0 : 1;
    if (missing == 0) return;
    throw BrokenPromise(fmt::format("{}: {} of {} were not answered", when, missing, ids.size()));
  }

  static void require_none_ok(const Answers& answers, const char* since) {
    for (const auto& [id, answer] : answers) {
      if (answer.type == EventType::ok) throw BrokenPromise(fmt::format("it answered call {} with ok: {}", id, since));
      if (answer.error != "mismatch") continue;
      throw BrokenPromise(
          fmt::format("it answered call {} with mismatch, which says what a node holds: {}", id, since));
    }
  }

  const std::vector<std::string>& command_;
};

}  // namespace

std::vector<AdapterTrial> check_adapter(const std::vector<std::string>& command,
                                        const std::function<void(const AdapterTrial&)>& tell) {
  const BlockedPipeSignal blocked;
  Trials trials(command);
  struct Promise {
    const char* text;
    std::function<void()> attempt;
  };
  const Promise promises[] = {
      {"introduces itself, and writes nothing that nobody asked for", [&] { trials.stays_quiet(); }},
      {"answers each of many calls once, whatever the order of ids", [&] { trials.answers_once(); }},
      {"lets a silent node delay no call to others", [&] { trials.waits_for_one_without_delay_of_others(); }},
      {"serves on after calls that nobody answered", [&] { trials.outlives_silence(); }},
      {"does not believe a node that closes connections",
       [&] { trials.does_not_believe(Oddity::closes, "the node closed every connection"); }},
      {"does not believe a node that talks nonsense",
       [&] { trials.does_not_believe(Oddity::babbles, "the node sent nonsense"); }},
      {"answers fail to an operation that it does not know", [&] { trials.refuses_the_unknown(); }},
      {"survives lines that are no calls", [&] { trials.survives_rubbish(); }},
      {"is not confused by a repeated call and by new fields",
       [&] { trials.is_not_confused_by_repeats_and_new_fields(); }},
      {"ends when its standard input is closed", [&] { trials.ends_with_its_input(); }},
  };
  std::vector<AdapterTrial> results;
  for (const Promise& promise : promises) {
    AdapterTrial trial{.promise = promise.text, .broken = {}};
    try {
      promise.attempt();
    } catch (const BrokenPromise& broken) {
      trial.broken = broken.what();
    }
    tell(trial);
    results.push_back(trial);
    if (results.size() == 1 && !trial.broken.empty()) break;
  }
  return results;
}

}  // namespace ordeal::harness
