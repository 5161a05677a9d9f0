// Every choice shuffles the nodes by the fault's draw and takes from the front, as Jepsen does: a side of a partition
// is a prefix, a ring is the shuffled order closed at its ends. Sizes are Jepsen's too: a majority of n is n / 2 + 1, a
// minority one less, a minority-third the largest number below n / 3.

#include "nemesis/plan/targets.h"

#include <algorithm>
#include <cassert>

#include "nemesis/plan/draw.h"

namespace ordeal::nemesis {
namespace {

std::size_t majority(std::size_t n) {
  return n / 2 + 1;
}
std::size_t minority_third(std::size_t n) {
  return n == 0 ? 0 : (n - 1) / 3;
}

std::vector<Node> shuffled(const ClusterView& view, Draw& draw) {
  std::vector<Node> nodes = view.nodes;
  draw.shuffle(nodes);
  return nodes;
}

Nodes first(const std::vector<Node>& nodes, std::size_t count) {
  return {nodes.begin(), nodes.begin() + static_cast<std::ptrdiff_t>(std::min(count, nodes.size()))};
}

bool knows(const ClusterView& view, const Node& node) {
  return std::find(view.nodes.begin(), view.nodes.end(), node) != view.nodes.end();
}

std::optional<Node> known_leader(const ClusterView& view) {
  if (!view.leader || !knows(view, *view.leader)) return std::nullopt;
  return view.leader;
}

// The nodes of `side` and the others do not hear each other.
Grudge split(const Nodes& side, const ClusterView& view) {
  Grudge grudge;
  for (const Node& a : view.nodes) {
    for (const Node& b : view.nodes) {
      if (side.contains(a) != side.contains(b)) grudge[a].insert(b);
    }
  }
  return grudge;
}

// halves, but one node of the larger half sees everybody and is seen by everybody. With 5: 2 nodes, the bridge, 2.
Grudge bridge(const ClusterView& view, const std::vector<Node>& nodes) {
  const std::size_t half = nodes.size() / 2;
  if (nodes.size() < 3) return {};  // no two sides are left to bridge
  const Node& middle = nodes[half];
  Grudge grudge = split(first(nodes, half), view);
  grudge.erase(middle);
  for (auto& [node, dropped] : grudge) dropped.erase(middle);
  return grudge;
}

// Every node must see a majority (itself included), no two the same one, and links work both ways or not at all, since
// a TCP connection needs both. So each node is linked with its nearest neighbours of a ring, as many on either side as
// a majority allows, and, where a majority is even, with one node opposite. With 5, m = 3:
//
//   a - b - c - d - e - (a)      b sees {a, b, c}, c sees {b, c, d}, ...
//
// Where both n and the number of links per node are odd (3, 7, 11...), one node must see one more than a majority.
// Jepsen closes the ring in the same way for 5 nodes and draws a graph for more.
Grudge majorities_ring(const std::vector<Node>& ring) {
  const std::size_t n = ring.size();
  if (n < 3) return {};  // the only majority is everybody
  std::vector<std::vector<bool>> sees(n, std::vector<bool>(n, false));
  const auto link = [&](std::size_t a, std::size_t b) { sees[a][b] = sees[b][a] = true; };
  const std::size_t links = majority(n) - 1;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t distance = 1; distance <= links / 2; ++distance) link(i, (i + distance) % n);
  }
  if (links % 2 == 1) {
    for (std::size_t i = 0; i < n / 2; ++i) link(i, i + n / 2);
    if (n % 2 == 1) link(n - 1, n / 2 - 1);
  }
  Grudge grudge;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      if (i != j && !sees[i][j]) grudge[ring[i]].insert(ring[j]);
    }
  }
  return grudge;
}

// `node` hears nobody but is heard, or the other way round.
Grudge one_way(const Node& node, const ClusterView& view, bool deaf) {
  Grudge grudge;
  for (const Node& other : view.nodes) {
    if (other == node) continue;
    if (deaf) {
      grudge[node].insert(other);
    } else {
      grudge[other].insert(node);
    }
  }
  return grudge;
}

Grudge random_graph(const ClusterView& view, Draw& draw) {
  Grudge grudge;
  if (view.nodes.size() < 2) return grudge;
  for (const Node& to : view.nodes) {
    for (const Node& from : view.nodes) {
      if (to != from && draw.heads()) grudge[to].insert(from);
    }
  }
  if (grudge.empty()) {
    const std::vector<Node> nodes = shuffled(view, draw);
    grudge[nodes[0]].insert(nodes[1]);
  }
  return grudge;
}

// All links of a random tree stay, so that everybody reaches everybody. Of the others so many are cut, by a share that
// is drawn for the whole graph, and either both ways or each direction for itself: chains and stars, cliques that share
// a node, links that carry one way only.
Grudge partial(const std::vector<Node>& nodes, Draw& draw) {
  Grudge grudge;
  if (nodes.size() < 3) return grudge;  // all that reach each other do so directly
  std::vector<std::pair<Node, Node>> others;
  for (std::size_t i = 1; i < nodes.size(); ++i) {
    const std::size_t parent = draw.below(i);
    for (std::size_t j = 0; j < i; ++j) {
      if (j != parent) others.emplace_back(nodes[i], nodes[j]);
    }
  }
  const bool both_ways = draw.heads();
  const std::uint64_t quarters = 1 + draw.below(4);
  for (const auto& [a, b] : others) {
    const bool there = draw.below(4) < quarters;
    const bool back = both_ways ? there : draw.below(4) < quarters;
    if (there) grudge[a].insert(b);
    if (back) grudge[b].insert(a);
  }
  if (grudge.empty()) {
    grudge[others[0].first].insert(others[0].second);
    if (both_ways) grudge[others[0].second].insert(others[0].first);
  }
  return grudge;
}

// `nodes` without the leader are shuffled already. The leader's links with all but one are cut, both ways or in one.
Grudge leader_edge(const Node& leader, const std::vector<Node>& nodes, Draw& draw) {
  Grudge grudge;
  const std::uint64_t ways = draw.below(3);
  for (std::size_t i = 1; i < nodes.size(); ++i) {
    if (ways != 1) grudge[leader].insert(nodes[i]);
    if (ways != 2) grudge[nodes[i]].insert(leader);
  }
  return grudge;
}

// The kinds that give the leader a place. Empty when nobody is known to lead.
Grudge around_leader(PartitionKind kind, const ClusterView& view, std::vector<Node> nodes, Draw& draw) {
  const std::optional<Node> leader = known_leader(view);
  if (!leader) return {};
  std::erase(nodes, *leader);
  if (kind == PartitionKind::leader_edge) return leader_edge(*leader, nodes, draw);
  nodes.insert(nodes.begin() + static_cast<std::ptrdiff_t>((nodes.size() + 1) / 2), *leader);
  return bridge(view, nodes);
}

Grudge numbered_graph(std::uint64_t graph, const ClusterView& view) {
  Grudge grudge;
  for (const Node& from : view.nodes) {
    for (const Node& to : view.nodes) {
      if (from == to) continue;
      if ((graph & 1) != 0) grudge[to].insert(from);
      graph >>= 1;
    }
  }
  return grudge;
}

}  // namespace

std::uint64_t graphs_of(std::size_t nodes) {
  assert(nodes <= most_nodes_of_graphs);
  return nodes == 0 ? 0 : (std::uint64_t{1} << (nodes * (nodes - 1))) - 1;
}

Nodes resolve(const Selector& selector, const ClusterView& view, std::uint64_t draw) {
  Draw dice(draw);
  const std::vector<Node> nodes = shuffled(view, dice);
  const std::optional<Node> leader = known_leader(view);
  switch (selector.target) {
    case Target::one:
      return first(nodes, 1);
    case Target::minority:
      return first(nodes, majority(nodes.size()) - 1);
    case Target::majority:
      return first(nodes, majority(nodes.size()));
    case Target::minority_third:
      return first(nodes, minority_third(nodes.size()));
    case Target::leader:
      return leader ? Nodes{*leader} : Nodes{};
    case Target::followers: {
      Nodes followers = leader ? first(nodes, nodes.size()) : Nodes{};
      if (leader) followers.erase(*leader);
      return followers;
    }
    case Target::all:
      return first(nodes, nodes.size());
    case Target::event:
      return view.event ? Nodes{*view.event} : Nodes{};
    case Target::named: {
      Nodes named = selector.named;
      std::erase_if(named, [&](const Node& node) { return !knows(view, node); });
      return named;
    }
  }
  assert(false && "every target is handled");
  return {};
}

Nodes successor(const ClusterView& view, std::uint64_t draw) {
  Draw dice(draw);
  std::vector<Node> nodes = shuffled(view, dice);
  const std::optional<Node> leader = known_leader(view);
  if (!leader) return {};
  std::erase(nodes, *leader);
  return first(nodes, 1);
}

Grudge grudge_of(PartitionKind kind, const ClusterView& view, std::uint64_t draw) {
  Draw dice(draw);
  const std::vector<Node> nodes = shuffled(view, dice);
  if (nodes.size() < 2) return {};  // there is no link to cut
  switch (kind) {
    case PartitionKind::isolate_one:
      return split(first(nodes, 1), view);
    case PartitionKind::isolate_leader:
      return split(resolve({Target::leader}, view, draw), view);
    case PartitionKind::halves:
      return split(first(nodes, nodes.size() / 2), view);
    case PartitionKind::minority_third:
      return split(first(nodes, minority_third(nodes.size())), view);
    case PartitionKind::majorities_ring:
      return majorities_ring(nodes);
    case PartitionKind::bridge:
      return bridge(view, nodes);
    case PartitionKind::one_way:
      return one_way(nodes.front(), view, dice.heads());
    case PartitionKind::random_graph:
    case PartitionKind::graph:
      return random_graph(view, dice);
    case PartitionKind::partial:
      return partial(nodes, dice);
    case PartitionKind::leader_bridge:
    case PartitionKind::leader_edge:
      return around_leader(kind, view, nodes, dice);
  }
  assert(false && "every kind is handled");
  return {};
}

Grudge grudge_of(const Partition& partition, const ClusterView& view, std::uint64_t draw) {
  Grudge grudge = partition.graph ? numbered_graph(*partition.graph, view) : grudge_of(partition.kind, view, draw);
  if (grudge.empty() || partition.scope == Scope::nodes || partition.scope == Scope::peers) return grudge;
  std::map<Node, std::size_t> cut;  // links of each node that is hurt
  for (const auto& [to, senders] : grudge) {
    for (const Node& from : senders) ++cut[to], ++cut[from];
  }
  if (cut.empty()) return grudge;
  Draw dice(draw);
  Node beside;
  for (const Node& node : shuffled(view, dice)) {
    if (cut.contains(node) && (beside.empty() || cut[node] < cut[beside])) beside = node;
  }
  const Node clients(clients_name);
  Grudge of_clients;
  for (const auto& [to, senders] : grudge) {
    if (to == beside && !senders.empty()) of_clients[clients] = senders;
    if (senders.contains(beside)) of_clients[to] = {clients};
  }
  if (partition.scope == Scope::clients) return of_clients;
  for (const auto& [to, senders] : of_clients) grudge[to].insert(senders.begin(), senders.end());
  return grudge;
}

// Clients are an end of links like a node, but strike nobody as the one node, and do not talk to themselves.
Grudge links_of(const Packets& packets, const ClusterView& view, std::uint64_t draw) {
  Draw dice(draw);
  const std::vector<Node> order = shuffled(view, dice);
  const Node clients(clients_name);
  std::vector<std::pair<Node, Node>> all;  // from, to
  std::vector<Node> ends = view.nodes;
  const bool among_nodes = packets.scope != Scope::clients;
  const bool with_clients = packets.scope == Scope::clients || packets.scope == Scope::all;
  if (with_clients && packets.kind != PacketKind::corrupt_payload) ends.push_back(clients);
  for (const Node& from : ends) {
    for (const Node& to : ends) {
      const bool of_clients = from == clients || to == clients;
      if (from != to && (of_clients || among_nodes)) all.emplace_back(from, to);
    }
  }
  if (packets.links == LinkChoice::one_link && !all.empty()) all = {all[dice.below(all.size())]};
  const std::optional<Node> leader = known_leader(view);
  const Node one = packets.links == LinkChoice::one_node ? (order.empty() ? "" : order.front()) : leader.value_or("");
  Grudge links;
  for (const auto& [from, to] : all) {
    const bool whole = packets.links == LinkChoice::all || packets.links == LinkChoice::one_link;
    const bool sent = from == one && packets.links != LinkChoice::to_leader;
    const bool received = to == one && packets.links != LinkChoice::from_leader;
    if (packets.links == LinkChoice::random ? dice.heads() : whole || sent || received) links[to].insert(from);
  }
  if (packets.links == LinkChoice::random && links.empty() && !all.empty()) links[all[0].second] = {all[0].first};
  return links;
}

}  // namespace ordeal::nemesis
