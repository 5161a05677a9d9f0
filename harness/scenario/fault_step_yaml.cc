#include "harness/scenario/fault_step_yaml.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "harness/config/clock_section.h"
#include "nemesis/plan/names.h"

namespace ordeal::harness {
namespace {

using What = decltype(Step::what);

What read_drop(const Setting& body, bool both, Scope& scope) {
  const std::string_view one = both ? "between" : "from", other = both ? "and" : "to";
  const Section section(body, {"as", one, other});
  const Setting as = section.require("as", "write a name, by which a later step heals it");
  Drop drop{.as = text_of(as), .from = {}, .to = {}, .both = both};
  drop.from = nodes_of(section.require(one, "write the nodes, or clients"), scope, true);
  drop.to = nodes_of(section.require(other, "write the nodes, or clients"), scope, true);
  scope.begin_fault(as, drop.as);
  return drop;
}

What read_delay(const Setting& body, Scope& scope) {
  const Section section(body, {"as", "from", "to", "by"});
  const Setting as = section.require("as", "write a name, by which a later step heals it");
  Delay delay{.as = text_of(as), .from = {}, .to = {}};
  delay.from = nodes_of(section.require("from", "write the nodes, or clients"), scope, true);
  delay.to = nodes_of(section.require("to", "write the nodes, or clients"), scope, true);
  delay.by = duration_of(section.require("by", "write how much later packets come"));
  scope.begin_fault(as, delay.as);
  return delay;
}

// {as: name, nodes: [L, F]} and what the fault has beside.
What read_ail(const Setting& body, Scope& scope, const std::vector<std::string_view>& more, auto fault_of) {
  std::vector<std::string_view> keys{"as", "nodes"};
  keys.insert(keys.end(), more.begin(), more.end());
  const Section section(body, keys);
  const Setting as = section.require("as", "write a name, by which a later step heals it");
  Ail ail{.as = text_of(as), .fault = fault_of(section), .nodes = {}};
  ail.nodes = nodes_of(section.require("nodes", "write whom it strikes"), scope);
  scope.begin_fault(as, ail.as);
  return ail;
}

nemesis::Fault power_failure_of(const Section& section) {
  const auto torn = section.find("torn");
  const bool yes = torn && one_of(*torn, "answer", {"yes", "no"}) == "yes";
  return nemesis::PowerFailure{.selector = {}, .torn = yes ? nemesis::Torn::yes : nemesis::Torn::no};
}

nemesis::Fault io_error_of(const Section& section) {
  using nemesis::DiskCall;
  nemesis::IoError error;
  const std::string call =
      one_of(section.require("call", "write which calls fail"), "call", {"write", "fsync", "rename"});
  error.call = call == "write" ? DiskCall::write : call == "fsync" ? DiskCall::fsync : DiskCall::rename;
  if (const auto what = section.find("error")) {
    const bool full = one_of(*what, "error", {"eio", "enospc"}) == "enospc";
    error.error = full ? nemesis::DiskError::enospc : nemesis::DiskError::eio;
  }
  return error;
}

nemesis::Fault slow_disk_of(const Section& section) {
  return nemesis::SlowDisk{.selector = {},
                           .delay = duration_of(section.require("delay", "write how much longer a sync takes"))};
}

// One of those that `table` names.
template <typename T>
T chosen_of(const Setting& setting, std::string_view what, const std::vector<nemesis::Named<T>>& table) {
  std::vector<std::string_view> names;
  for (const nemesis::Named<T>& entry : table) names.push_back(entry.name);
  const std::string name = one_of(setting, what, names);
  return std::ranges::find(table, name, &nemesis::Named<T>::name)->value;
}

// A jump may go back: -60s.
std::chrono::nanoseconds signed_duration_of(const Setting& setting) {
  const bool back = setting.node.text.starts_with('-');
  Node amount = setting.node;
  if (back) amount.text.erase(0, 1);
  const std::chrono::nanoseconds duration = duration_of({amount, setting.path});
  return back ? -duration : duration;
}

nemesis::Fault clock_of(const Section& section) {
  using nemesis::ClockKind;
  nemesis::ClockChange change;
  const Setting kind = section.require("kind", "write jump, drift, strobe or freeze");
  change.kind = chosen_of(kind, "kind of clock change", nemesis::clock_kinds());
  if (const auto clock = section.find("clock")) change.clock = chosen_of(*clock, "clock", nemesis::clock_faces());
  const bool goes_back = change.clock == nemesis::ClockFace::wall;
  if (change.kind == ClockKind::strobe && !goes_back)
    refuse(kind, "never goes back but for the wall clock; write clock: wall");
  if (change.kind == ClockKind::jump || change.kind == ClockKind::strobe) {
    const Setting by = section.require("by", "write by how much");
    change.by = signed_duration_of(by);
    if (change.by.count() < 0 && !goes_back) refuse(by, "goes back, which only the wall clock may; write clock: wall");
  }
  if (change.kind == ClockKind::strobe)
    change.period = duration_of(section.require("period", "write how often it jumps"));
  if (change.kind == ClockKind::drift)
    change.rate_ppm = clock_rate_ppm(section.require("rate", "write how fast it runs"));
  return change;
}

nemesis::Fault corrupt_of(const Section& section) {
  nemesis::CorruptFile fault;
  if (const auto kind = section.find("kind")) {
    fault.kind = chosen_of(*kind, "kind of damage", nemesis::corrupt_kinds());
  }
  return fault;
}

What read_heal(const Setting& body, Scope& scope) {
  Heal heal{.names = names_of(body)};
  if (heal.names == Names{"all"}) {
    heal.names.clear();
    scope.end_all_faults();
  }
  for (const std::string& name : heal.names) scope.end_fault(body, name);
  return heal;
}

}  // namespace

std::optional<What> read_fault_step(const std::string& kind, const Setting& body, Scope& scope) {
  if (kind == "drop" || kind == "cut") return read_drop(body, kind == "cut", scope);
  if (kind == "delay") return read_delay(body, scope);
  if (kind == "power_failure") return read_ail(body, scope, {"torn"}, power_failure_of);
  if (kind == "io_error") return read_ail(body, scope, {"call", "error"}, io_error_of);
  if (kind == "slow_disk") return read_ail(body, scope, {"delay"}, slow_disk_of);
  if (kind == "disk_full") {
    return read_ail(body, scope, {}, [](const Section&) -> nemesis::Fault { return nemesis::DiskFull{}; });
  }
  if (kind == "clock") return read_ail(body, scope, {"kind", "clock", "by", "rate", "period"}, clock_of);
  if (kind == "corrupt") return read_ail(body, scope, {"kind"}, corrupt_of);
  if (kind == "heal") return read_heal(body, scope);
  return std::nullopt;
}

}  // namespace ordeal::harness
