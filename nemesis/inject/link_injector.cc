// Partitions, by iptables in each node's network namespace. Overlapping partitions are the union of their drops, since
// each has chains of its own (iptables_rules.h); healing one takes away its chains only.

#include <fmt/format.h>

#include <cassert>
#include <map>
#include <stdexcept>
#include <utility>

#include "nemesis/inject/injector.h"
#include "nemesis/inject/iptables.h"
#include "nemesis/inject/iptables_rules.h"

namespace ordeal::nemesis {
namespace {

class LinkInjector final : public Injector {
 public:
  explicit LinkInjector(Cluster& cluster) : cluster_(cluster) {}

  Evidence inject(std::uint64_t id, const Fault& fault, const Aim& aim) override;
  Evidence heal(std::uint64_t id) override;

 private:
  std::vector<InNode> receivers(const Grudge& grudge, const std::string& rules) const;
  Evidence count(std::uint64_t id, const Grudge& grudge, const std::vector<std::string>& saved) const;
  std::vector<std::string> sources_of(const Nodes& senders) const;
  std::optional<std::uint16_t> port_of(const Partition& partition) const;
  void take_back(std::uint64_t id, const Grudge& grudge);

  Cluster& cluster_;
  Iptables iptables_;
  std::map<std::uint64_t, Grudge> active_;
};

// Without the nodes that drop nothing.
Grudge without_empty(Grudge grudge) {
  std::erase_if(grudge, [](const auto& entry) { return entry.second.empty(); });
  return grudge;
}

std::int64_t links_of(const Grudge& grudge) {
  std::size_t links = 0;
  for (const auto& [receiver, senders] : grudge) links += senders.size();
  return static_cast<std::int64_t>(links);
}

std::vector<InNode> LinkInjector::receivers(const Grudge& grudge, const std::string& rules) const {
  std::vector<InNode> in_nodes;
  for (const auto& [receiver, senders] : grudge)
    in_nodes.push_back({receiver, cluster_.network_namespace(receiver), rules});
  return in_nodes;
}

std::vector<std::string> LinkInjector::sources_of(const Nodes& senders) const {
  std::vector<std::string> sources;
  for (const Node& sender : senders) sources.push_back(cluster_.address(sender));
  return sources;
}

// nullopt: every port.
std::optional<std::uint16_t> LinkInjector::port_of(const Partition& partition) const {
  if (partition.scope != Scope::peers) return std::nullopt;
  const std::optional<std::uint16_t> port = cluster_.peer_port();
  if (!port) throw std::runtime_error("the port of the peers is not known; write peer_port into the target's file");
  return port;
}

Evidence LinkInjector::inject(std::uint64_t id, const Fault& fault, const Aim& aim) {
  assert(std::holds_alternative<Partition>(fault));
  const Grudge grudge = without_empty(aim.grudge);
  const bool is_new = active_.emplace(id, grudge).second;
  assert(is_new);
  if (grudge.empty()) return {.note = "nobody was to be cut off from anybody"};
  std::vector<InNode> in_nodes = receivers(grudge, "");
  try {
    const std::optional<std::uint16_t> port = port_of(std::get<Partition>(fault));
    for (InNode& in_node : in_nodes) in_node.rules = rules_to_cut(id, sources_of(grudge.at(in_node.node)), port);
    iptables_.restore(in_nodes);
  } catch (const std::runtime_error& error) {
    take_back(id, grudge);
    active_.erase(id);
    throw std::runtime_error(fmt::format("partition {}: {}", id, error.what()));
  }
  return {.counts = {{"links_cut", links_of(grudge)}, {"dropped_packets", 0}},
          .note = "packets are counted until it heals"};
}

// After a failure that struck only some of the nodes: nothing of the fault must stay in the others.
void LinkInjector::take_back(std::uint64_t id, const Grudge& grudge) {
  for (const InNode& in_node : receivers(grudge, rules_to_mend(id))) {
    try {
      iptables_.restore({in_node});
    } catch (const std::runtime_error&) {  // where it had failed, there is nothing to take back
    }
  }
}

Evidence LinkInjector::count(std::uint64_t id, const Grudge& grudge, const std::vector<std::string>& saved) const {
  std::int64_t dropped = 0, silent_links = 0;
  std::string silent;
  auto text = saved.begin();
  for (const auto& [receiver, senders] : grudge) {
    const auto packets = packets_dropped(id, *text++);
    for (const Node& sender : senders) {
      const auto found = packets.find(cluster_.address(sender));
      const std::int64_t on_link = found == packets.end() ? 0 : found->second;
      dropped += on_link;
      if (on_link > 0) continue;
      ++silent_links;
      silent += fmt::format("{}{} from {}", silent.empty() ? "" : ", ", receiver, sender);
    }
  }
  Evidence evidence{.effect = dropped > 0};
  const std::int64_t links = links_of(grudge);
  evidence.counts = {{"links_cut", links}, {"links_that_dropped", links - silent_links}, {"dropped_packets", dropped}};
  if (dropped == 0)
    evidence.note = "no packet met the partition";
  else if (silent_links > 0)
    evidence.note = "dropped nothing: " + silent;
  return evidence;
}

Evidence LinkInjector::heal(std::uint64_t id) {
  const auto active = active_.find(id);
  assert(active != active_.end());
  const Grudge grudge = active->second;
  if (grudge.empty()) {
    active_.erase(active);
    return {.note = "nobody was to be cut off from anybody"};
  }
  try {
    const Evidence evidence = count(id, grudge, iptables_.save(receivers(grudge, "")));
    iptables_.restore(receivers(grudge, rules_to_mend(id)));
    const std::vector<std::string> saved = iptables_.save(receivers(grudge, ""));
    for (const std::string& text : saved)
      if (mentions(id, text)) throw std::runtime_error("rules are still there after iptables-restore took them away");
    active_.erase(active);
    return evidence;
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(fmt::format("healing partition {}: {}", id, error.what()));
  }
}

}  // namespace

std::unique_ptr<Injector> make_link_injector(Cluster& cluster) {
  return std::make_unique<LinkInjector>(cluster);
}

}  // namespace ordeal::nemesis
