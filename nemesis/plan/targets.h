// Turns a fault's wish ("the leader", "halves") into nodes and links, once it is known who leads. Pure; any thread.

#pragma once

#include <cstdint>
#include <optional>

#include "nemesis/plan/fault.h"

namespace ordeal::nemesis {

// What is known of the cluster at the moment of injection.
struct ClusterView {
  std::vector<Node> nodes;                    // all, in the order n1, n2, ...
  std::optional<Node> leader = std::nullopt;  // nullopt: nobody is known to lead
  std::optional<Node> event = std::nullopt;   // where the event was seen for which the fault had waited
};

// The nodes that `selector` means. Empty when it names the leader (or the followers) and none is known.
Nodes resolve(const Selector& selector, const ClusterView& view, std::uint64_t draw);

// The node that shall lead next: any that does not lead now. Empty when nobody is known to lead, or nobody else is
// left.
Nodes successor(const ClusterView& view, std::uint64_t draw);

// How many directed graphs there are that cut some link, numbered from 1: as many as there are sets of links. Of a
// graph's number the lowest bit stands for the link from the first node to the second, and so on; it is cut where the
// bit is 1. Of three nodes, from the lowest bit: n1>n2, n1>n3, n2>n1, n2>n3, n3>n1, n3>n2; 63 cuts all of them.
inline constexpr std::size_t most_nodes_of_graphs = 7;       // so that every number survives every reader of JSON
inline constexpr std::size_t most_nodes_of_every_graph = 4;  // so that a schedule can hold each
std::uint64_t graphs_of(std::size_t nodes);                  // of at most most_nodes_of_graphs

// Who drops whose packets under `kind`. Empty when it needs the leader and none is known.
Grudge grudge_of(PartitionKind kind, const ClusterView& view, std::uint64_t draw);
// The same, with whom its scope means. The clients stand beside a node that is hurt least, but not at all unless all
// are: they hear whom it hears, and are heard by whom it is heard. Written as what the node "clients" drops, and what
// nodes drop of it.
Grudge grudge_of(const Partition& partition, const ClusterView& view, std::uint64_t draw);

// The links of which packets are struck, written as a grudge: links["n2"] = {"n1"} is the link from n1 to n2. Empty
// when it needs the leader and none is known, or there is no such link.
Grudge links_of(const Packets& packets, const ClusterView& view, std::uint64_t draw);

}  // namespace ordeal::nemesis
