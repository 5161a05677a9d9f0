#include <algorithm>

#include "nemesis/plan/schedule.h"
#include "nemesis/plan/targets.h"

namespace ordeal::nemesis {

namespace {

// Of a fault that strikes nodes; null: of any other.
std::vector<Selector>* targets_of(FaultSpec& fault) {
  return std::visit(
      [](auto& what) -> std::vector<Selector>* {
        if constexpr (requires { what.targets; }) {
          return &what.targets;
        } else {
          return nullptr;
        }
      },
      fault.what);
}

}  // namespace

NemesisSpec feasible(const NemesisSpec& spec, const std::vector<Node>& nodes) {
  const std::optional<Node> first = nodes.empty() ? std::nullopt : std::optional(nodes.front());
  const ClusterView view{nodes, first, first};
  const auto strikes_nobody = [&](const Selector& selector) { return resolve(selector, view, 0).empty(); };
  const auto cuts_nothing = [&](PartitionKind kind) { return grudge_of(kind, view, 0).empty(); };
  NemesisSpec kept = spec;
  std::erase_if(kept.faults, [&](FaultSpec& fault) {
    if (auto* partition = std::get_if<PartitionSpec>(&fault.what)) {
      std::erase_if(partition->kinds, cuts_nothing);
      const bool asks_for_graphs = std::ranges::find(partition->kinds, PartitionKind::graph) != partition->kinds.end();
      if (asks_for_graphs && partition->graphs.empty() && nodes.size() <= most_nodes_of_every_graph) {
        for (std::uint64_t graph = 1; graph <= graphs_of(nodes.size()); ++graph) partition->graphs.push_back(graph);
      }
      return partition->kinds.empty();
    }
    if (auto* packets = std::get_if<PacketsSpec>(&fault.what)) {
      std::erase_if(packets->kinds, [&](PacketKind kind) {
        return links_of({kind, LinkChoice::all, packets->scope, {}}, view, 0).empty();
      });
      return packets->kinds.empty();
    }
    if (std::holds_alternative<TransferSpec>(fault.what)) return nodes.size() < 2;
    if (std::holds_alternative<MembershipSpec>(fault.what)) return false;  // it depends on the spares as well
    std::vector<Selector>& targets = *targets_of(fault);
    std::erase_if(targets, strikes_nobody);
    return targets.empty();
  });
  return kept;
}

}  // namespace ordeal::nemesis
