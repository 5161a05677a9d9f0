#include "harness/config/nemesis_section.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "harness/config/clock_section.h"
#include "harness/config/event_section.h"
#include "harness/config/plain_text.h"
#include "harness/config/process_section.h"
#include "harness/config/suggestion.h"
#include "harness/config/units.h"
#include "nemesis/plan/names.h"
#include "nemesis/plan/targets.h"

namespace ordeal::harness {
namespace {

using nemesis::FaultKind;
using nemesis::FaultSpec;
using nemesis::NemesisSpec;
using nemesis::Selector;
using std::chrono::nanoseconds;

// How long a transfer may take, unless the plan says otherwise; a target that works needs a few milliseconds.
constexpr std::chrono::seconds transfer_bound{1};

// Of a slow disk. A term may wait for two syncs, and counts as durable after 2 s (checker/status/status_check.cc).
constexpr std::chrono::milliseconds longest_sync{900};

constexpr std::int64_t most_faults = 1'000'000;  // of one schedule, which is held and written as a whole

constexpr std::int64_t most_repeats = 1000;

template <typename T>
std::vector<std::string_view> names_of(const std::vector<nemesis::Named<T>>& table) {
  std::vector<std::string_view> names;
  for (const nemesis::Named<T>& entry : table) names.push_back(entry.name);
  return names;
}

Selector named_nodes_of(const Setting& setting, int nodes) {
  Selector selector{nemesis::Target::named};
  for (const Setting& item : items_of(setting, "[n1, n3]")) {
    if (!selector.named.insert(node_of(item, nodes)).second) {
      refuse(item, fmt::format("{} is named twice; leave one of them out", described(item)));
    }
  }
  return selector;
}

Selector selector_of(const Setting& setting, int nodes) {
  if (setting.node.kind == Node::Kind::list) return named_nodes_of(setting, nodes);
  const std::vector<nemesis::Node> all = node_names(nodes);
  if (std::find(all.begin(), all.end(), setting.node.text) != all.end()) {
    refuse(setting, fmt::format("{} is a node; write a list of nodes: [{}]", described(setting), setting.node.text));
  }
  std::vector<std::string_view> known = names_of(nemesis::targets());
  known.push_back(nemesis::name_of_event_target);
  return {*nemesis::target_named(one_of(setting, "target", known))};
}

std::vector<Selector> selectors_of(const Section& section, int nodes, std::vector<Selector> absent) {
  const std::optional<Setting> targets = section.find("targets");
  if (!targets) return absent;
  std::vector<Selector> selectors;
  for (const Setting& item : items_of(*targets, "[one, leader, [n1, n3]]")) {
    selectors.push_back(selector_of(item, nodes));
  }
  return selectors;
}

nemesis::Repeat repeat_of(const Section& section, nemesis::Repeat repeat) {
  if (const auto times = section.find("repeat")) {
    repeat.times = static_cast<int>(whole_number_of(*times, 1, most_repeats));
  }
  for (const auto& [key, range] : {std::pair{"down", &repeat.down}, std::pair{"up", &repeat.up}}) {
    const auto given = section.find(key);
    if (!given) continue;
    if (repeat.times == 1) refuse(*given, "is of a fault that repeats; write repeat: 10 as well, or leave it out");
    *range = duration_range_of(*given);
  }
  return repeat;
}

std::vector<nemesis::PartitionKind> partition_kinds_of(const Section& section,
                                                       std::vector<nemesis::PartitionKind> absent) {
  const std::optional<Setting> kinds = section.find("kinds");
  if (!kinds) return absent;
  std::vector<nemesis::PartitionKind> chosen;
  for (const Setting& item : items_of(*kinds, "[halves, isolate-leader]")) {
    const std::string name = one_of(item, "kind of partition", names_of(nemesis::partition_kinds()));
    chosen.push_back(*nemesis::partition_kind_named(name));
  }
  return chosen;
}

// How many voters the cluster has fewer while the change is under way, or lasts.
int voters_missing(nemesis::MembershipKind kind) {
  switch (kind) {
    case nemesis::MembershipKind::remove_follower:
    case nemesis::MembershipKind::remove_leader:
    case nemesis::MembershipKind::replace:
      return 1;
    case nemesis::MembershipKind::remove_two:
      return 2;
    case nemesis::MembershipKind::add:
    case nemesis::MembershipKind::promote:
      return 0;
  }
  return 0;
}

// A change that the nodes of the plan never allow would never be made. Learners are the target's to know.
void refuse_impossible(const Setting& setting, const nemesis::MembershipSpec& spec, const Room& room) {
  for (const nemesis::MembershipKind kind : spec.kinds) {
    if (kind == nemesis::MembershipKind::add && room.spares == 0) {
      refuse(setting, "add needs a node that is no member yet; write spares: 1 beside nodes, or leave it out");
    }
    if (const int left = room.nodes - voters_missing(kind); left < spec.least_voters) {
      refuse(setting, fmt::format("{} leaves {} of {} voters, and least-voters is {}; write more nodes, or less",
                                  nemesis::name_of(kind), left, room.nodes, spec.least_voters));
    }
  }
}

nemesis::MembershipSpec membership_of(const Setting& setting, const Section& section, const Room& room) {
  nemesis::MembershipSpec spec;
  if (const std::optional<Setting> kinds = section.find("kinds")) {
    spec.kinds.clear();
    for (const Setting& item : items_of(*kinds, "[replace, remove-leader]")) {
      const std::string name = one_of(item, "kind of membership change", names_of(nemesis::membership_kinds()));
      spec.kinds.push_back(*nemesis::membership_kind_named(name));
    }
  }
  if (const auto least = section.find("least-voters")) {
    const std::string why_most = fmt::format("the plan has {} node{}", room.nodes, room.nodes == 1 ? "" : "s");
    spec.least_voters = static_cast<int>(whole_number_of(*least, 1, room.nodes, why_most));
  }
  refuse_impossible(setting, spec, room);
  return spec;
}

// A list of names of one table: [write, fsync].
template <typename T>
std::vector<T> chosen_of(const Section& section, std::string_view key, std::string_view what,
                         const std::vector<nemesis::Named<T>>& table, std::vector<T> absent) {
  const std::optional<Setting> setting = section.find(key);
  if (!setting) return absent;
  std::vector<T> chosen;
  const std::string example = fmt::format("[{}]", table.front().name);
  for (const Setting& item : items_of(*setting, example)) {
    const std::string name = one_of(item, what, names_of(table));
    for (const nemesis::Named<T>& entry : table)
      if (entry.name == name) chosen.push_back(entry.value);
  }
  return chosen;
}

nemesis::PowerFailureSpec power_failure_of(const Section& section, int nodes) {
  nemesis::PowerFailureSpec spec;
  spec.targets = selectors_of(section, nodes, spec.targets);
  if (const auto torn = section.find("torn")) {
    spec.torn = *nemesis::torn_named(one_of(*torn, "choice", names_of(nemesis::torn_kinds())));
  }
  return spec;
}

nemesis::IoErrorSpec io_error_of(const Section& section, int nodes) {
  nemesis::IoErrorSpec spec;
  spec.targets = selectors_of(section, nodes, spec.targets);
  spec.calls = chosen_of(section, "calls", "kind of call", nemesis::disk_calls(), spec.calls);
  spec.errors = chosen_of(section, "errors", "error", nemesis::disk_errors(), spec.errors);
  return spec;
}

nemesis::SlowDiskSpec slow_disk_of(const Section& section, int nodes) {
  nemesis::SlowDiskSpec spec;
  spec.targets = selectors_of(section, nodes, spec.targets);
  if (const auto delay = section.find("delay")) {
    spec.delay = duration_range_of(*delay);
    if (spec.delay.most > longest_sync) {
      refuse(*delay, fmt::format("{} is longer than {}, after which the check status takes a term for durable; write "
                                 "less",
                                 range_text(spec.delay), plan_duration(longest_sync)));
    }
  }
  return spec;
}

nemesis::CorruptFileSpec corrupt_file_of(const Section& section, int nodes) {
  nemesis::CorruptFileSpec spec;
  spec.targets = selectors_of(section, nodes, spec.targets);
  spec.kinds = chosen_of(section, "kinds", "kind of damage", nemesis::corrupt_kinds(), spec.kinds);
  if (const auto beyond = section.find("beyond-minority")) {
    spec.beyond_minority = one_of(*beyond, "choice", {"false", "true"}) == "true";
  }
  return spec;
}

nemesis::UpgradeSpec upgrade_of(const Section& section, int nodes) {
  nemesis::UpgradeSpec spec;
  spec.targets = selectors_of(section, nodes, spec.targets);
  if (const auto keep = section.find("keep")) spec.keep = one_of(*keep, "choice", {"false", "true"}) == "true";
  return spec;
}

// One word of the table, which `named` looks up; absent: as it was.
template <typename T, typename Look>
void read_word(const Section& section, std::string_view key, const std::vector<nemesis::Named<T>>& table, Look named,
               T& value) {
  if (const auto found = section.find(key)) value = *named(one_of(*found, key, names_of(table)));
}

template <typename T, typename Look>
void read_words(const Section& section, std::string_view key, std::string_view what, std::string_view example,
                const std::vector<nemesis::Named<T>>& table, Look named, std::vector<T>& values) {
  const auto found = section.find(key);
  if (!found) return;
  values.clear();
  for (const Setting& item : items_of(*found, example)) values.push_back(*named(one_of(item, what, names_of(table))));
}

void read_percent(const Section& section, std::string_view key, int least, int most, int& value) {
  if (const auto found = section.find(key)) value = static_cast<int>(whole_number_of(*found, least, most));
}

nemesis::PacketsSpec packets_of(const Section& section) {
  nemesis::PacketsSpec spec;
  nemesis::PacketSettings& settings = spec.settings;
  read_words(section, "kinds", "kind of packet fault", "[delay, loss]", nemesis::packet_kinds(),
             nemesis::packet_kind_named, spec.kinds);
  read_words(section, "links", "choice of links", "[all, leader]", nemesis::link_choices(), nemesis::link_choice_named,
             spec.links);
  read_word(section, "scope", nemesis::scopes(), nemesis::scope_named, spec.scope);
  read_word(section, "distribution", nemesis::distributions(), nemesis::distribution_named, settings.distribution);
  if (const auto delay = section.find("delay")) settings.delay = duration_of(*delay);
  if (const auto jitter = section.find("jitter")) settings.jitter = duration_of(*jitter);
  if (const auto period = section.find("period")) settings.period = duration_of(*period);
  read_percent(section, "delay-correlation", 0, 99, settings.delay_correlation);
  read_percent(section, "percent", 1, 100, settings.percent);
  read_percent(section, "correlation", 0, 99, settings.correlation);
  if (const auto kbit = section.find("kbit")) settings.kbit = static_cast<int>(whole_number_of(*kbit, 1, 100'000'000));
  return spec;
}

// The numbers of graphs of so many nodes; `kinds` says where the kind is asked for.
std::vector<std::uint64_t> graphs_of(const Section& section, const nemesis::PartitionSpec& spec, int nodes) {
  const bool asked = std::ranges::find(spec.kinds, nemesis::PartitionKind::graph) != spec.kinds.end();
  const auto given = section.find("graphs");
  const auto count = static_cast<std::size_t>(nodes);
  if (given && !asked) refuse(*given, "is of the kind graph; write kinds: [graph] as well, or leave it out");
  if (asked && !given && count > nemesis::most_nodes_of_every_graph) {
    refuse(*section.find("kinds"), fmt::format("every graph of {} nodes is more than a run has time for; write "
                                               "graphs: [1], partial or random-graph, or at most {} nodes",
                                               nodes, nemesis::most_nodes_of_every_graph));
  }
  std::vector<std::uint64_t> graphs;
  if (!given) return graphs;
  if (count > nemesis::most_nodes_of_graphs) {
    refuse(*given, fmt::format("graphs have numbers for at most {} nodes; write partial or random-graph, or fewer",
                               nemesis::most_nodes_of_graphs));
  }
  const auto most = static_cast<std::int64_t>(nemesis::graphs_of(count));
  const std::string why_most = fmt::format("{} nodes have as many graphs that cut a link", nodes);
  for (const Setting& item : items_of(*given, "[5, 12]")) {
    graphs.push_back(static_cast<std::uint64_t>(whole_number_of(item, 1, most, why_most)));
  }
  return graphs;
}

nemesis::PartitionSpec partition_of(const Section& section, int nodes) {
  nemesis::PartitionSpec spec;
  spec.kinds = partition_kinds_of(section, spec.kinds);
  spec.graphs = graphs_of(section, spec, nodes);
  read_word(section, "scope", nemesis::scopes(), nemesis::scope_named, spec.scope);
  return spec;
}

std::vector<std::string_view> settings_of(FaultKind kind) {
  switch (kind) {
    case FaultKind::partition:
      return {"kinds", "graphs", "scope", "lasting"};
    case FaultKind::membership:
      return {"kinds", "least-voters", "lasting"};
    case FaultKind::transfer:
      return {"lasting"};
    case FaultKind::packets:
      return {"kinds",        "links",   "scope",       "delay", "jitter", "delay-correlation",
              "distribution", "percent", "correlation", "kbit",  "period", "lasting"};
    case FaultKind::kill:
    case FaultKind::pause:
      return {"targets", "repeat", "down", "up", "lasting"};
    case FaultKind::stop:
    case FaultKind::disk_full:
      return {"targets", "lasting"};
    case FaultKind::power_failure:
      return {"targets", "torn", "lasting"};
    case FaultKind::io_error:
      return {"targets", "calls", "errors", "lasting"};
    case FaultKind::corrupt_file:
      return {"targets", "kinds", "beyond-minority", "lasting"};
    case FaultKind::slow_disk:
      return {"targets", "delay", "lasting"};
    case FaultKind::crash_loop:
      return {"targets", "times", "alive", "down", "lasting"};
    case FaultKind::starve:
      return {"targets", "share", "period", "lasting"};
    case FaultKind::upgrade:
      return {"targets", "keep", "lasting"};
    case FaultKind::clock:
      return clock_settings();
  }
  return {};
}

// A fault that never fits into the run would never be injected. One that only sometimes fits is shortened.
void refuse_too_long(const Setting& setting, const nemesis::DurationRange& lasting, nanoseconds duration) {
  if (lasting.least <= duration) return;
  refuse(setting, fmt::format("{} does not fit into a duration of {}; let faults last less, or the run longer",
                              range_text(lasting), plan_duration(duration)));
}

// Whether a target of the fault is the node of an event.
bool strikes_event(const FaultSpec& fault) {
  return std::visit(
      [](const auto& spec) {
        if constexpr (requires { spec.targets; }) {
          return std::ranges::any_of(spec.targets,
                                     [](const Selector& one) { return one.target == nemesis::Target::event; });
        } else {
          return false;
        }
      },
      fault.what);
}

bool repeats(const FaultSpec& fault) {
  const auto* kill = std::get_if<nemesis::KillSpec>(&fault.what);
  const auto* pause = std::get_if<nemesis::PauseSpec>(&fault.what);
  return (kill != nullptr && kill->repeat.times > 1) || (pause != nullptr && pause->repeat.times > 1);
}

void refuse_event_mistakes(const Setting& setting, const FaultSpec& fault) {
  if (!fault.when && strikes_event(fault)) {
    refuse(setting, "aims at the node of an event and waits for none; write when: {elected: 1}, or other targets");
  }
  if (fault.when && repeats(fault)) refuse(setting, "waits for an event and repeats; leave one of them out");
}

// The settings below the kind; nothing at all stands for the defaults.
FaultSpec fault_of(FaultKind kind, const std::optional<Setting>& setting, const Setting& entry, const Room& room) {
  static const Node empty = make_node(Node::Kind::map, {});
  const bool plain = !setting || setting->node.kind == Node::Kind::null;
  std::vector<std::string_view> keys = settings_of(kind);
  for (const std::string_view key : trigger_settings()) keys.push_back(key);
  const Section section(plain ? Setting{empty, ""} : *setting, keys);
  const int nodes = room.nodes;
  FaultSpec fault;
  switch (kind) {
    case FaultKind::kill:
      fault.what = nemesis::KillSpec{selectors_of(section, nodes, nemesis::KillSpec().targets),
                                     repeat_of(section, nemesis::KillSpec().repeat)};
      break;
    case FaultKind::stop:
      fault.what = nemesis::StopSpec{selectors_of(section, nodes, nemesis::StopSpec().targets)};
      break;
    case FaultKind::pause:
      fault.what = nemesis::PauseSpec{selectors_of(section, nodes, nemesis::PauseSpec().targets),
                                      repeat_of(section, nemesis::PauseSpec().repeat)};
      break;
    case FaultKind::partition:
      fault.what = partition_of(section, nodes);
      break;
    case FaultKind::transfer:
      fault.what = nemesis::TransferSpec{};
      fault.lasting = {{transfer_bound, transfer_bound}};
      if (room.duration < transfer_bound) fault.lasting = {{room.duration, room.duration}};
      break;
    case FaultKind::membership:
      fault.what = membership_of(plain ? entry : *setting, section, room);
      break;
    case FaultKind::power_failure:
      fault.what = power_failure_of(section, nodes);
      break;
    case FaultKind::io_error:
      fault.what = io_error_of(section, nodes);
      break;
    case FaultKind::slow_disk:
      fault.what = slow_disk_of(section, nodes);
      break;
    case FaultKind::corrupt_file:
      fault.what = corrupt_file_of(section, nodes);
      break;
    case FaultKind::upgrade:
      fault.what = upgrade_of(section, nodes);
      break;
    case FaultKind::disk_full:
      fault.what = nemesis::DiskFullSpec{selectors_of(section, nodes, nemesis::DiskFullSpec().targets)};
      break;
    case FaultKind::packets:
      fault.what = packets_of(section);
      break;
    case FaultKind::crash_loop: {
      nemesis::CrashLoopSpec loop = read_crash_loop(section);
      loop.targets = selectors_of(section, nodes, loop.targets);
      fault.what = loop;
      break;
    }
    case FaultKind::starve: {
      nemesis::StarveSpec starve = read_starve(section);
      starve.targets = selectors_of(section, nodes, starve.targets);
      fault.what = starve;
      break;
    }
    case FaultKind::clock: {
      nemesis::ClockSpec clock = read_clock(section, plain ? entry : *setting);
      clock.targets = selectors_of(section, nodes, clock.targets);
      fault.what = clock;
      break;
    }
  }
  if (const auto lasting = section.find("lasting")) {
    fault.lasting = duration_range_of(*lasting);
    refuse_too_long(*lasting, *fault.lasting, room.duration);
  }
  fault.when = read_trigger(section, room);
  refuse_event_mistakes(plain ? entry : *setting, fault);
  return fault;
}

// `kill`, `kill:` or `kill: {targets: [leader]}`.
FaultSpec entry_of(const Setting& setting, const Room& room) {
  const std::vector<std::string_view> kinds = names_of(nemesis::fault_kinds());
  if (setting.node.kind != Node::Kind::map) {
    return fault_of(*nemesis::fault_kind_named(one_of(setting, "kind of fault", kinds)), std::nullopt, setting, room);
  }
  if (setting.node.entries.size() != 1) {
    std::vector<std::string> keys;
    for (const Entry& entry : setting.node.entries) keys.push_back(quotable(entry.key));
    refuse(setting, fmt::format("holds {} keys ({}); write one kind of fault per entry, its settings indented below it",
                                keys.size(), fmt::join(keys, ", ")));
  }
  const Entry& entry = setting.node.entries.front();
  const std::optional<FaultKind> kind = nemesis::fault_kind_named(entry.key);
  if (!kind) {
    refuse(entry.place, setting.path,
           fmt::format("unknown kind of fault \"{}\"; {}", quotable(entry.key), suggestion(entry.key, kinds)));
  }
  return fault_of(*kind, Setting{entry.value, setting.path + "." + entry.key}, setting, room);
}

std::vector<FaultSpec> faults_of(const Setting& setting, const Room& room) {
  const int nodes = room.nodes;
  std::vector<FaultSpec> faults;
  if (setting.node.kind == Node::Kind::list && setting.node.items.empty()) return faults;  // no nemesis
  for (const Setting& item : items_of(setting, "[{kill: {targets: [leader]}}]")) {
    faults.push_back(entry_of(item, room));
  }
  NemesisSpec spec;
  spec.faults = faults;
  if (nemesis::feasible(spec, node_names(nodes)).faults.empty()) {
    refuse(setting, fmt::format("none of them can strike a cluster of {} node{}; choose others, or more nodes", nodes,
                                nodes == 1 ? "" : "s"));
  }
  return faults;
}

// Everything else is drawn, when the seed and the target are known.
NemesisSpec swarm_of(const Section& section) {
  for (const std::string_view key : {"interval", "lasting", "at-once"}) {
    if (const auto given = section.find(key)) refuse(*given, "is drawn by a swarm; leave it out");
  }
  NemesisSpec spec;
  spec.swarm = true;
  return spec;
}

}  // namespace

NemesisSpec read_nemesis(const Setting& setting, const Room& room) {
  const nanoseconds duration = room.duration;
  const int nodes = room.nodes;
  const Section section(setting, {"interval", "lasting", "at-once", "faults"});
  const std::optional<Setting> interval = section.find("interval");
  const std::optional<Setting> lasting = section.find("lasting");
  NemesisSpec spec;
  const std::optional<Setting> faults = section.find("faults");
  spec.swarm = faults && faults->node.kind == Node::Kind::scalar && faults->node.text == "swarm";
  if (spec.swarm) return swarm_of(section);
  if (interval) spec.interval = duration_of(*interval);
  if (lasting) spec.lasting = duration_range_of(*lasting);
  if (const auto at_once = section.find("at-once")) {
    const std::string why_most = fmt::format("more faults at once than nodes ({}) make no sense", nodes);
    spec.at_once = static_cast<int>(whole_number_of(*at_once, 1, nodes, why_most));
  }
  if (faults) spec.faults = faults_of(*faults, room);
  const auto inherits = [](const FaultSpec& fault) { return !fault.lasting.has_value(); };
  if (std::any_of(spec.faults.begin(), spec.faults.end(), inherits)) {
    refuse_too_long(lasting ? *lasting : Setting{setting.node, "nemesis.lasting"}, spec.lasting, duration);
  }
  if (!spec.faults.empty() && duration / spec.interval > most_faults) {
    refuse(interval ? *interval : Setting{setting.node, "nemesis.interval"},
           fmt::format("one fault every {} for {} makes {} faults; write an interval that makes at most {}",
                       plan_duration(spec.interval), plan_duration(duration), duration / spec.interval, most_faults));
  }
  return spec;
}

std::vector<nemesis::Node> node_names(int nodes) {
  std::vector<nemesis::Node> names;
  for (int i = 1; i <= nodes; ++i) names.push_back(fmt::format("n{}", i));
  return names;
}

nemesis::Node node_of(const Setting& setting, int nodes) {
  const std::string name = text_of(setting);
  const std::vector<nemesis::Node> all = node_names(nodes);
  if (std::find(all.begin(), all.end(), name) == all.end()) {
    const std::string range = nodes == 1 ? "the only one is n1" : fmt::format("they are n1 to n{}", nodes);
    refuse(setting, fmt::format("{} is none of the nodes; {}", described(setting), range));
  }
  return name;
}

}  // namespace ordeal::harness
