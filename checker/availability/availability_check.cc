#include "checker/availability/availability_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace ordeal::checker {
namespace {

using std::chrono::nanoseconds;

using Set = std::uint32_t;  // of nodes, a bit each

constexpr std::size_t most_nodes = 9;
constexpr nanoseconds most_silence = std::chrono::seconds(1);
constexpr int least_attempts = 3;

double seconds(nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

// Sets that have lasted from the same moment on, seen from the last write that succeeded since then.
struct Wait {
  nanoseconds since{0};
  std::vector<Set> sets;
  nanoseconds awake{0};
  int attempts = 0;
};

struct Struck {
  std::string words;        // "kill leader (n2)"
  Set nodes = 0;            // that are down, paused or otherwise not as they should be
  std::vector<Set> deaf;    // for each node: whom it does not hear
  bool everything = false;  // nobody knows whom
  bool for_good = false;    // a node may refuse to run on a damaged file even after the fault was healed
};

struct Breach {
  nanoseconds from{0}, to{0};
  int attempts = 0;
  Set set = 0;
  std::string meanwhile;
};

const List* list_in(const Value& value, const std::string& field) {
  const Value* found = value.find(field);
  return found == nullptr ? nullptr : found->get_if<List>();
}

std::string text_in(const Value& value, const std::string& field) {
  const Value* found = value.find(field);
  const auto* text = found == nullptr ? nullptr : found->get_if<std::string>();
  return text == nullptr ? std::string() : *text;
}

// A write in the widest sense: whatever a majority must agree on before it is answered.
bool is_write(const Event& event) {
  return event.f != "read";
}

bool succeeded(const Event& event) {
  return event.type == EventType::ok || (event.type == EventType::fail && event.error == "mismatch");
}

}  // namespace

struct AvailabilityCheck::State {
  AvailabilityOptions options;
  std::vector<Set> majorities;

  bool expected = false;  // between begin and end
  bool changed_members = false;
  std::map<std::int64_t, Struck> struck;  // by the fault's id
  Set gone = 0;                           // ended by themselves
  std::map<Process, nanoseconds> called;  // writes under way

  std::vector<Wait> waits;
  nanoseconds last_event{0};
  nanoseconds judged{0}, longest{0};
  std::uint64_t writes = 0;
  std::optional<Breach> worst;

  explicit State(AvailabilityOptions given) : options(std::move(given)) {
    const std::size_t n = options.nodes.size();
    if (n == 0 || n > most_nodes) return;
    for (Set set = 1; set < Set{1} << n; ++set) {
      if (std::popcount(set) == static_cast<int>(n / 2 + 1)) majorities.push_back(set);
    }
  }

  Set bit_of(const std::string& node) const {
    const auto found = std::find(options.nodes.begin(), options.nodes.end(), node);
    return found == options.nodes.end() ? 0 : Set{1} << (found - options.nodes.begin());
  }

  Set set_of(const List& nodes) const {
    Set set = 0;
    for (const Value& node : nodes) {
      if (const auto* name = node.get_if<std::string>()) set |= bit_of(*name);
    }
    return set;
  }

  std::vector<std::string> names_of(Set set) const {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < options.nodes.size(); ++i) {
      if ((set >> i & 1) != 0) names.push_back(options.nodes[i]);
    }
    return names;
  }

  bool lasts(Set set) const {
    if ((set & gone) != 0) return false;
    return std::all_of(struck.begin(), struck.end(), [&](const auto& entry) {
      const Struck& fault = entry.second;
      if (fault.everything || (fault.nodes & set) != 0) return false;
      for (std::size_t i = 0; i < fault.deaf.size(); ++i) {
        if ((set >> i & 1) != 0 && (fault.deaf[i] & set) != 0) return false;
      }
      return true;
    });
  }

  // The sets that are whole now, each with how long it has been.
  void look_again(nanoseconds now) {
    std::vector<Set> fresh;
    for (const Set set : majorities) {
      if (expected && !changed_members && lasts(set)) fresh.push_back(set);
    }
    for (Wait& wait : waits) {
      std::erase_if(wait.sets, [&](Set set) { return std::find(fresh.begin(), fresh.end(), set) == fresh.end(); });
      std::erase_if(fresh,
                    [&](Set set) { return std::find(wait.sets.begin(), wait.sets.end(), set) != wait.sets.end(); });
    }
    std::erase_if(waits, [](const Wait& wait) { return wait.sets.empty(); });
    if (!fresh.empty()) waits.push_back({.since = now, .sets = std::move(fresh)});
  }

  void pass_time(nanoseconds now) {
    const nanoseconds passed = std::max(now - last_event, nanoseconds(0));
    last_event = std::max(last_event, now);
    if (!waits.empty()) judged += passed;
    for (Wait& wait : waits) {
      wait.awake += std::min(passed, most_silence);
      longest = std::max(longest, now - wait.since);
      if (wait.awake > options.within && wait.attempts >= least_attempts) blame(wait, now);
    }
  }

  void blame(const Wait& wait, nanoseconds now) {
    if (worst && worst->to - worst->from > now - wait.since) return;
    std::vector<std::string> meanwhile;
    for (const auto& [id, fault] : struck) meanwhile.push_back(fault.words);
    worst = {.from = wait.since,
             .to = now,
             .attempts = wait.attempts,
             .set = wait.sets.front(),
             .meanwhile = fmt::format("{}", fmt::join(meanwhile, ", "))};
  }

  void write_succeeded(nanoseconds now) {
    ++writes;
    if (waits.empty()) return;
    Wait all{.since = now, .sets = {}};
    for (Wait& wait : waits) all.sets.insert(all.sets.end(), wait.sets.begin(), wait.sets.end());
    waits.assign(1, std::move(all));
  }

  void client_event(const Event& event) {
    if (!is_write(event)) return;
    if (event.type == EventType::invoke) {
      called[event.process] = event.time;
      return;
    }
    const auto call = called.find(event.process);
    const nanoseconds since = call == called.end() ? event.time : call->second;
    if (call != called.end()) called.erase(call);
    if (succeeded(event)) return write_succeeded(event.time);
    for (Wait& wait : waits) wait.attempts += since >= wait.since ? 1 : 0;
  }

  void fault_event(const Event& event) {
    const Value* id = event.value.find("id");
    const auto* number = id == nullptr ? nullptr : id->get_if<std::int64_t>();
    const std::string phase = text_in(event.value, "phase");
    if (number == nullptr || phase.empty()) return;
    if (phase == "healed") {
      const auto healed = struck.find(*number);
      if (healed != struck.end() && !healed->second.for_good) struck.erase(healed);
    } else if (phase == "injected") {
      inject(*number, event);
    }
  }

  void inject(std::int64_t id, const Event& event) {
    if (event.f == "transfer") return;  // short, and it strikes nobody
    if (event.f == "upgrade") return;   // seen by the exits of its nodes, which run again afterwards
    const List* nodes = list_in(event.value, "nodes");
    const Value* grudge = event.value.find("grudge");
    const auto* links = grudge == nullptr ? nullptr : grudge->get_if<Map>();
    static const std::set<std::string> known{"kill",          "stop",       "pause",     "partition", "membership",
                                             "power-failure", "io-error",   "slow-disk", "disk-full", "clock",
                                             "corrupt-file",  "crash-loop", "starve"};
    if (nodes == nullptr && links == nullptr && known.contains(event.f)) return;  // nobody was there to be struck
    if (event.f == "membership") changed_members = true;
    Struck fault{.words = text_in(event.value, "fault"), .nodes = nodes == nullptr ? 0 : set_of(*nodes), .deaf = {}};
    fault.for_good = event.f == "corrupt-file";
    fault.everything = nodes == nullptr && links == nullptr;
    if (links != nullptr) fault.deaf = deaf_of(*links);
    if (links != nullptr && names_clients(*links)) fault.everything = true;  // whose writes are not known to arrive
    if (nodes != nullptr && !nodes->empty())
      fault.words += fmt::format(" ({})", fmt::join(names_of(fault.nodes), ", "));
    struck.insert_or_assign(id, std::move(fault));
  }

  static bool names_clients(const Map& links) {
    return std::any_of(links.begin(), links.end(), [](const auto& entry) {
      const List* from = entry.second.template get_if<List>();
      return entry.first == "clients" ||
             (from != nullptr && std::find(from->begin(), from->end(), Value(std::string("clients"))) != from->end());
    });
  }

  std::vector<Set> deaf_of(const Map& links) const {
    std::vector<Set> deaf(options.nodes.size(), 0);
    for (std::size_t i = 0; i < deaf.size(); ++i) {
      const auto found =
          std::find_if(links.begin(), links.end(), [&](const auto& entry) { return entry.first == options.nodes[i]; });
      const auto* from = found == links.end() ? nullptr : found->second.get_if<List>();
      if (from != nullptr) deaf[i] = set_of(*from);
    }
    return deaf;
  }

  void exit_event(const Event& event) {
    const Value* expected_exit = event.value.find("expected");
    const auto* flag = expected_exit == nullptr ? nullptr : expected_exit->get_if<bool>();
    const Set node = bit_of(text_in(event.value, "node"));
    if (flag != nullptr && !*flag) gone |= node;
    for (Wait& wait : waits) std::erase_if(wait.sets, [node](Set set) { return (set & node) != 0; });
  }
};

AvailabilityCheck::AvailabilityCheck(AvailabilityOptions options) : state_(new State(std::move(options))) {}
AvailabilityCheck::~AvailabilityCheck() = default;

void AvailabilityCheck::begin(nanoseconds load_began) {
  state_->last_event = load_began;
  state_->expected = true;
  state_->look_again(load_began);
}

void AvailabilityCheck::end(nanoseconds load_ended) {
  state_->pass_time(load_ended);
  state_->expected = false;
  state_->look_again(load_ended);
}

void AvailabilityCheck::observe(const Event& event) {
  state_->pass_time(event.time);
  if (event.process != nemesis_process) return state_->client_event(event);
  if (event.f == "exit") {
    state_->exit_event(event);
  } else {
    state_->fault_event(event);
  }
  if (event.f != "status") state_->look_again(event.time);
}

Finding AvailabilityCheck::finding() const {
  const State& seen = *state_;
  Finding finding{.check = "availability", .verdict = Verdict::valid, .summary = {}, .details = {}, .witness = {}};
  if (seen.majorities.empty()) {
    finding.summary =
        fmt::format("not judged: {} nodes; it is judged for 1 to {}", seen.options.nodes.size(), most_nodes);
  } else if (seen.worst) {
    const Breach& breach = *seen.worst;
    finding.verdict = Verdict::unavailable;
    finding.summary = fmt::format(
        "from {:.3f} s to {:.3f} s {} ran and heard each other, a majority, and no write succeeded for {:.1f} s "
        "({} failed or timed out; the bound is {:.1f} s)",
        seconds(breach.from), seconds(breach.to), fmt::join(seen.names_of(breach.set), ", "),
        seconds(breach.to - breach.from), breach.attempts, seconds(seen.options.within));
    finding.details.push_back(breach.meanwhile.empty() ? "no fault was active at the end of that time"
                                                       : "active at the end of that time: " + breach.meanwhile);
  } else {
    finding.summary =
        fmt::format("while a connected majority ran ({:.1f} s of load) no wait for a write was longer than {:.1f} s",
                    seconds(seen.judged), seconds(seen.longest));
  }
  return finding;
}

}  // namespace ordeal::checker
