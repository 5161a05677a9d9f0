// Delays, losses, duplicates and so on, by a queue of the kernel in the namespace of each receiver. On the receiving
// side, as partitions are: a sender whose own kernel loses a packet may be told so.

#include <fmt/format.h>

#include <cassert>
#include <map>
#include <stdexcept>
#include <utility>

#include "nemesis/inject/injector.h"
#include "nemesis/inject/iptables.h"
#include "nemesis/inject/iptables_rules.h"
#include "nemesis/inject/packet_delays.h"
#include "nemesis/inject/queue_rules.h"

namespace ordeal::nemesis {
namespace {

class PacketInjector final : public Injector {
 public:
  explicit PacketInjector(Cluster& cluster) : cluster_(cluster) {}

  Evidence inject(std::uint64_t id, const Fault& fault, const Aim& aim) override;
  Evidence heal(std::uint64_t id) override;

 private:
  struct Active {
    Packets fault;
    Grudge links;
  };
  std::vector<InNode> receivers(const Grudge& links) const;
  std::vector<InNode> with_rules(std::uint64_t id, const Active& active);
  void take_back(std::uint64_t id, const Grudge& links);

  Cluster& cluster_;
  Iptables iptables_;
  PacketDelays delays_;
  std::map<std::uint64_t, Active> active_;
};

// How often the fault did what it is there for.
std::int64_t effects_of(PacketKind kind, const LinkCounts& counts) {
  switch (kind) {
    case PacketKind::delay:
    case PacketKind::rate:
      return counts.delayed;
    case PacketKind::loss:
      return counts.lost;
    case PacketKind::duplicate:
      return counts.duplicated;
    case PacketKind::reorder:
    case PacketKind::late:
      return counts.overtaken;
    case PacketKind::reset:
      return counts.resets;
    case PacketKind::corrupt:
    case PacketKind::corrupt_payload:
      return counts.corrupted;
  }
  return 0;
}

Evidence evidence_of(const Packets& fault, const PacketDelays::Counts& counts) {
  Evidence evidence;
  LinkCounts all;
  std::int64_t links_with_effect = 0;
  std::string by_link;
  for (const auto& [link, one] : counts) {
    const std::int64_t effects = effects_of(fault.kind, one);
    links_with_effect += effects > 0 ? 1 : 0;
    all.seen += one.seen, all.delayed += one.delayed, all.lost += one.lost, all.duplicated += one.duplicated;
    all.overtaken += one.overtaken, all.corrupted += one.corrupted, all.held += one.held;
    all.resets += one.resets;
    by_link += fmt::format("{}{}>{} {} of {}", by_link.empty() ? "" : ", ", link.first, link.second, effects, one.seen);
  }
  evidence.effect = links_with_effect > 0;
  evidence.counts = {{"links", static_cast<std::int64_t>(counts.size())},
                     {"links_with_effect", links_with_effect},
                     {"packets", all.seen}};
  const std::pair<const char*, std::int64_t> kinds[] = {{"delayed", all.delayed},       {"lost", all.lost},
                                                        {"duplicated", all.duplicated}, {"overtaken", all.overtaken},
                                                        {"corrupted", all.corrupted},   {"resets", all.resets}};
  for (const auto& [name, count] : kinds) {
    if (count > 0) evidence.counts.emplace_back(name, count);
  }
  if (all.delayed > 0) evidence.counts.emplace_back("mean_delay_us", all.held.count() / all.delayed / 1000);
  evidence.note = all.seen == 0 ? "no packet came over these links" : by_link;
  return evidence;
}

std::vector<InNode> PacketInjector::receivers(const Grudge& links) const {
  std::vector<InNode> in_nodes;
  for (const auto& [receiver, senders] : links) {
    if (!senders.empty()) in_nodes.push_back({receiver, cluster_.network_namespace(receiver), ""});
  }
  return in_nodes;
}

// Opens the queues and prepares the rules that lead to them.
std::vector<InNode> PacketInjector::with_rules(std::uint64_t id, const Active& active) {
  std::optional<std::uint16_t> port;
  if (active.fault.scope == Scope::peers) {
    port = cluster_.peer_port();
    if (!port) throw std::runtime_error("the port of the peers is not known; write peer_port into the target's file");
  }
  std::vector<InNode> in_nodes = receivers(active.links);
  for (InNode& in_node : in_nodes) {
    delays_.listen(in_node.node, in_node.network_namespace);
    std::vector<std::string> sources;
    for (const Node& sender : active.links.at(in_node.node)) {
      sources.push_back(cluster_.address(sender));
      delays_.strike(id, {sender, in_node.node, sources.back(), port}, active.fault);
    }
    in_node.rules = rules_to_queue(id, sources, port);
  }
  return in_nodes;
}

Evidence PacketInjector::inject(std::uint64_t id, const Fault& fault, const Aim& aim) {
  const Active& active = active_[id] = {std::get<Packets>(fault), aim.links};
  try {
    iptables_.restore(with_rules(id, active));
  } catch (const std::runtime_error& error) {
    take_back(id, active.links);
    active_.erase(id);
    throw std::runtime_error(fmt::format("packets {}: {}", id, error.what()));
  }
  std::int64_t links = 0;
  for (const auto& [receiver, senders] : aim.links) links += static_cast<std::int64_t>(senders.size());
  return {.counts = {{"links", links}}, .note = "packets are counted until it heals"};
}

// After a failure that struck only some of the nodes: nothing of the fault must stay in the others.
void PacketInjector::take_back(std::uint64_t id, const Grudge& links) {
  delays_.relent(id);
  for (InNode& in_node : receivers(links)) {
    try {
      in_node.rules = rules_to_unqueue(id);
      iptables_.restore({in_node});
    } catch (const std::runtime_error&) {  // where it had failed, there is nothing to take back
    }
  }
}

Evidence PacketInjector::heal(std::uint64_t id) {
  const auto found = active_.find(id);
  assert(found != active_.end());
  const Active active = found->second;
  std::vector<InNode> in_nodes = receivers(active.links);
  for (InNode& in_node : in_nodes) in_node.rules = rules_to_unqueue(id);
  try {
    iptables_.restore(in_nodes);
    const std::vector<std::string> saved = iptables_.save(in_nodes, "mangle");
    for (const std::string& text : saved) {
      if (mentions(id, text)) throw std::runtime_error("rules are still there after iptables-restore took them away");
    }
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(fmt::format("healing packets {}: {}", id, error.what()));
  }
  const Evidence evidence = evidence_of(active.fault, delays_.counts(id));
  delays_.relent(id);
  active_.erase(found);
  return evidence;
}

}  // namespace

std::unique_ptr<Injector> make_packet_injector(Cluster& cluster) {
  return std::make_unique<PacketInjector>(cluster);
}

}  // namespace ordeal::nemesis
