#include "harness/scenario/faults.h"

#include <utility>

#include "harness/run/run_events.h"

namespace ordeal::harness {

using nemesis::Aim;
using nemesis::Evidence;
using nemesis::Fault;
using nemesis::Grudge;
using nemesis::Node;

namespace {

std::set<Node> names_in(const auto& active) {
  std::set<Node> names;
  for (const auto& [name, fault] : active) names.insert(name);
  return names;
}

nemesis::Selector only(const Node& node) {
  return {.target = nemesis::Target::named, .named = {node}};
}

}  // namespace

Grudge grudge_of(const std::set<std::string>& from, const std::set<std::string>& to, bool both) {
  Grudge grudge;
  for (const std::string& sender : from) {
    for (const std::string& receiver : to) {
      if (sender == receiver) continue;
      grudge[receiver].insert(sender);
      if (both) grudge[sender].insert(receiver);
    }
  }
  return grudge;
}

ScenarioFaults::ScenarioFaults(nemesis::Cluster& cluster, Recorder& recorder,
                               const std::vector<nemesis::CorruptibleFiles>& corruptible)
    : recorder_(recorder),
      links_(nemesis::make_link_injector(cluster)),
      packets_(nemesis::make_packet_injector(cluster)),
      processes_(nemesis::make_process_injector(cluster)),
      disks_(nemesis::make_disk_injector(cluster, *processes_, corruptible)),
      clocks_(nemesis::make_clock_injector(cluster)) {}

Evidence ScenarioFaults::inject(nemesis::Injector& injector, const Fault& fault, Aim aim,
                                std::map<std::string, Active>& into, const std::string& name) {
  Active active{
      .fault = {.id = ++last_id_, .at = recorder_.now(), .fault = fault}, .aim = std::move(aim), .by = &injector};
  const Evidence evidence = injector.inject(active.fault.id, fault, active.aim);
  recorder_.record(fault_event(active.fault, "injected", active.aim, evidence));
  into.emplace(name, std::move(active));
  return evidence;
}

Evidence ScenarioFaults::undo(std::map<std::string, Active>& from, const std::string& name) {
  const auto found = from.find(name);
  if (found == from.end()) return {.note = "nothing was there to be undone"};
  const Active active = std::move(found->second);
  from.erase(found);
  const Evidence evidence = active.by->heal(active.fault.id);
  recorder_.record(fault_event(active.fault, "healed", active.aim, evidence));
  return evidence;
}

Evidence ScenarioFaults::drop(const std::string& as, const Grudge& grudge) {
  bool both = true;
  for (const auto& [receiver, senders] : grudge) {
    for (const Node& sender : senders) both = both && grudge.contains(sender) && grudge.at(sender).contains(receiver);
  }
  const nemesis::Partition kind{both ? nemesis::PartitionKind::isolate_one : nemesis::PartitionKind::one_way};
  return inject(*links_, kind, {.grudge = grudge}, named_, as);
}

Evidence ScenarioFaults::delay(const std::string& as, const Grudge& links, std::chrono::nanoseconds by) {
  nemesis::Packets kind{.kind = nemesis::PacketKind::delay};
  kind.settings.delay = by;
  kind.settings.jitter = std::chrono::nanoseconds(0);
  return inject(*packets_, kind, {.links = links}, named_, as);
}

Evidence ScenarioFaults::ail(const std::string& as, const Fault& fault, const nemesis::Nodes& nodes) {
  const bool clock = std::holds_alternative<nemesis::ClockChange>(fault);
  return inject(clock ? *clocks_ : *disks_, fault, {.nodes = nodes}, named_, as);
}

Evidence ScenarioFaults::heal(const std::string& as) {
  return undo(named_, as);
}

Evidence ScenarioFaults::kill(const Node& node, bool politely) {
  if (down_.contains(node)) return {.note = node + " was down already"};
  const Fault fault = politely ? Fault(nemesis::Stop{only(node)}) : Fault(nemesis::Kill{only(node)});
  const Evidence evidence = inject(*processes_, fault, {.nodes = {node}}, down_, node);
  if (paused_.contains(node)) undo(paused_, node);  // the kill has ended it
  return evidence;
}

Evidence ScenarioFaults::start(const Node& node) {
  return undo(down_, node);
}

Evidence ScenarioFaults::pause(const Node& node) {
  if (paused_.contains(node)) return {.note = node + " was paused already"};
  return inject(*processes_, nemesis::Pause{only(node)}, {.nodes = {node}}, paused_, node);
}

Evidence ScenarioFaults::resume(const Node& node) {
  return undo(paused_, node);
}

std::vector<std::string> ScenarioFaults::to_heal() const {
  const std::set<std::string> names = names_in(named_);
  return {names.begin(), names.end()};
}

std::set<Node> ScenarioFaults::down() const {
  return names_in(down_);
}

std::set<Node> ScenarioFaults::paused() const {
  return names_in(paused_);
}

}  // namespace ordeal::harness
