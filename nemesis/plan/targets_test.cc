#include "nemesis/plan/targets.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <map>
#include <set>

#include "nemesis/plan/names.h"
#include "nemesis/plan/schedule.h"

namespace ordeal::nemesis {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr std::uint64_t draws = 200;

ClusterView cluster(int nodes, std::optional<Node> leader = "n1") {
  ClusterView view{{}, std::move(leader)};
  for (int i = 1; i <= nodes; ++i) view.nodes.push_back("n" + std::to_string(i));
  return view;
}

Selector selector(Target target) {
  return {target};
}

bool drops(const Grudge& grudge, const Node& to, const Node& from) {
  const auto entry = grudge.find(to);
  return entry != grudge.end() && entry->second.contains(from);
}

bool linked(const Grudge& grudge, const Node& a, const Node& b) {
  return !drops(grudge, a, b) && !drops(grudge, b, a);
}

// The nodes with which `node` can hold a connection, itself included.
Nodes seen_by(const Node& node, const Grudge& grudge, const ClusterView& view) {
  Nodes seen;
  for (const Node& other : view.nodes) {
    if (other == node || linked(grudge, node, other)) seen.insert(other);
  }
  return seen;
}

std::size_t cut_links(const Grudge& grudge) {
  std::size_t count = 0;
  for (const auto& [node, dropped] : grudge) count += dropped.size();
  return count;
}

bool symmetric(const Grudge& grudge) {
  for (const auto& [to, dropped] : grudge) {
    for (const Node& from : dropped) {
      if (!drops(grudge, from, to)) return false;
    }
  }
  return true;
}

// Sets of nodes that can reach each other, over any number of links that work both ways.
std::multiset<std::size_t> component_sizes(const Grudge& grudge, const ClusterView& view) {
  std::multiset<std::size_t> sizes;
  Nodes visited;
  for (const Node& start : view.nodes) {
    std::vector<Node> open{start};
    std::size_t size = 0;
    while (!open.empty()) {
      const Node node = open.back();
      open.pop_back();
      if (!visited.insert(node).second) continue;
      ++size;
      for (const Node& next : seen_by(node, grudge, view)) open.push_back(next);
    }
    if (size > 0) sizes.insert(size);
  }
  return sizes;
}

TEST(Resolve, StrikesAsManyNodesAsJepsenWould) {
  struct Case {
    Target target;
    std::vector<std::pair<int, std::size_t>> struck;  // of so many nodes, so many
  };
  const std::vector<Case> cases{
      {Target::one, {{1, 1}, {2, 1}, {3, 1}, {4, 1}, {5, 1}, {7, 1}}},
      {Target::minority, {{1, 0}, {2, 1}, {3, 1}, {4, 2}, {5, 2}, {7, 3}}},
      {Target::majority, {{1, 1}, {2, 2}, {3, 2}, {4, 3}, {5, 3}, {7, 4}}},
      {Target::minority_third, {{1, 0}, {2, 0}, {3, 0}, {4, 1}, {5, 1}, {7, 2}}},
      {Target::leader, {{1, 1}, {2, 1}, {3, 1}, {4, 1}, {5, 1}, {7, 1}}},
      {Target::followers, {{1, 0}, {2, 1}, {3, 2}, {4, 3}, {5, 4}, {7, 6}}},
      {Target::all, {{1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}, {7, 7}}},
  };
  for (const Case& c : cases) {
    for (const auto& [nodes, struck] : c.struck) {
      for (std::uint64_t draw = 0; draw < draws; ++draw) {
        SCOPED_TRACE(fmt::format("{} of {} nodes, draw {}", name_of(c.target), nodes, draw));
        EXPECT_THAT(resolve(selector(c.target), cluster(nodes), draw), SizeIs(struck));
      }
    }
  }
}

TEST(Resolve, TheLeaderIsTheLeaderAndFollowersAreTheOthers) {
  EXPECT_EQ(resolve(selector(Target::leader), cluster(3, "n2"), 5), (Nodes{"n2"}));
  EXPECT_EQ(resolve(selector(Target::followers), cluster(3, "n2"), 5), (Nodes{"n1", "n3"}));
}

TEST(Resolve, StrikesNobodyWhenNoLeaderIsKnown) {
  for (const std::optional<Node>& leader : {std::optional<Node>(), std::optional<Node>("n9")}) {
    EXPECT_THAT(resolve(selector(Target::leader), cluster(5, leader), 1), IsEmpty());
    EXPECT_THAT(resolve(selector(Target::followers), cluster(5, leader), 1), IsEmpty());
    EXPECT_THAT(grudge_of(PartitionKind::isolate_leader, cluster(5, leader), 1), IsEmpty());
  }
}

TEST(Resolve, NamedNodesAreThoseThatExist) {
  EXPECT_EQ(resolve({.target = Target::named, .named = {"n1", "n3", "n9"}}, cluster(3), 1), (Nodes{"n1", "n3"}));
}

TEST(Resolve, EveryNodeHasItsTurn) {
  for (const Target target : {Target::one, Target::minority, Target::majority, Target::minority_third}) {
    Nodes struck;
    for (std::uint64_t draw = 0; draw < draws; ++draw) struck.merge(resolve(selector(target), cluster(5), draw));
    EXPECT_THAT(struck, SizeIs(5)) << name_of(target);
  }
}

TEST(Resolve, TheSameDrawAimsAtTheSame) {
  for (std::uint64_t draw = 0; draw < draws; ++draw) {
    for (const auto& target : targets()) {
      EXPECT_EQ(resolve(selector(target.value), cluster(5), draw), resolve(selector(target.value), cluster(5), draw));
    }
    for (const auto& kind : partition_kinds()) {
      EXPECT_EQ(grudge_of(kind.value, cluster(5), draw), grudge_of(kind.value, cluster(5), draw));
    }
  }
}

TEST(GrudgeOf, SplitsIntoTheSidesOfItsName) {
  struct Case {
    PartitionKind kind;
    std::vector<std::pair<int, std::multiset<std::size_t>>> sides;  // of so many nodes
  };
  const std::vector<Case> cases{
      {PartitionKind::isolate_one, {{1, {1}}, {2, {1, 1}}, {3, {1, 2}}, {4, {1, 3}}, {5, {1, 4}}, {7, {1, 6}}}},
      {PartitionKind::isolate_leader, {{1, {1}}, {2, {1, 1}}, {3, {1, 2}}, {4, {1, 3}}, {5, {1, 4}}, {7, {1, 6}}}},
      {PartitionKind::halves, {{1, {1}}, {2, {1, 1}}, {3, {1, 2}}, {4, {2, 2}}, {5, {2, 3}}, {7, {3, 4}}}},
      {PartitionKind::minority_third, {{1, {1}}, {2, {2}}, {3, {3}}, {4, {1, 3}}, {5, {1, 4}}, {7, {2, 5}}}},
  };
  for (const Case& c : cases) {
    for (const auto& [nodes, sides] : c.sides) {
      for (std::uint64_t draw = 0; draw < draws; ++draw) {
        SCOPED_TRACE(fmt::format("{} of {} nodes, draw {}", name_of(c.kind), nodes, draw));
        const Grudge grudge = grudge_of(c.kind, cluster(nodes), draw);
        EXPECT_EQ(component_sizes(grudge, cluster(nodes)), sides);
        EXPECT_TRUE(symmetric(grudge));
        // Nothing is cut within a side: what is linked at all is linked directly.
        std::size_t within = 0;
        for (const std::size_t side : sides) within += side * (side - 1);
        EXPECT_EQ(cut_links(grudge) + within, static_cast<std::size_t>(nodes * (nodes - 1)));
      }
    }
  }
}

TEST(GrudgeOf, IsolateLeaderCutsTheLeaderOff) {
  for (std::uint64_t draw = 0; draw < draws; ++draw) {
    const ClusterView view = cluster(5, "n4");
    EXPECT_EQ(seen_by("n4", grudge_of(PartitionKind::isolate_leader, view, draw), view), (Nodes{"n4"}));
  }
}

TEST(GrudgeOf, InAMajoritiesRingEveryNodeSeesAMajorityAndNoTwoTheSame) {
  for (int nodes = 3; nodes <= 25; ++nodes) {
    const ClusterView view = cluster(nodes);
    const auto majority = static_cast<std::size_t>(nodes) / 2 + 1;
    for (std::uint64_t draw = 0; draw < 20; ++draw) {
      SCOPED_TRACE(fmt::format("{} nodes, draw {}", nodes, draw));
      const Grudge grudge = grudge_of(PartitionKind::majorities_ring, view, draw);
      std::set<Nodes> views;
      std::size_t larger = 0;
      for (const Node& node : view.nodes) {
        const Nodes seen = seen_by(node, grudge, view);
        EXPECT_GE(seen.size(), majority);
        larger += seen.size() - majority;
        views.insert(seen);
      }
      EXPECT_THAT(views, SizeIs(view.nodes.size()));
      EXPECT_EQ(larger, nodes % 4 == 3 ? 1U : 0U);  // an odd number of nodes with an odd number of links each
      EXPECT_TRUE(symmetric(grudge));
    }
  }
}

TEST(GrudgeOf, ABridgeSeesBothHalvesAndNobodyElseDoes) {
  for (const int nodes : {3, 4, 5, 7}) {
    const ClusterView view = cluster(nodes);
    const auto all = static_cast<std::size_t>(nodes);
    for (std::uint64_t draw = 0; draw < draws; ++draw) {
      SCOPED_TRACE(fmt::format("{} nodes, draw {}", nodes, draw));
      const Grudge grudge = grudge_of(PartitionKind::bridge, view, draw);
      std::multiset<std::size_t> seen;
      for (const Node& node : view.nodes) seen.insert(seen_by(node, grudge, view).size());
      const std::size_t smaller = all / 2 + 1;  // the smaller half and the bridge
      const std::size_t larger = all - all / 2;
      std::multiset<std::size_t> expected{all};
      for (std::size_t i = 0; i < all / 2; ++i) expected.insert(smaller);
      for (std::size_t i = 0; i + 1 < larger; ++i) expected.insert(larger);
      EXPECT_EQ(seen, expected);
      EXPECT_TRUE(symmetric(grudge));
      EXPECT_THAT(component_sizes(grudge, view), SizeIs(1));
    }
  }
}

TEST(GrudgeOf, OneWayCutsAllLinksOfOneNodeInOneDirectionAndDrawsBothDirections) {
  for (const int nodes : {2, 3, 4, 5, 7}) {
    int deaf = 0;
    int mute = 0;
    for (std::uint64_t draw = 0; draw < draws; ++draw) {
      const Grudge grudge = grudge_of(PartitionKind::one_way, cluster(nodes), draw);
      const auto others = static_cast<std::size_t>(nodes - 1);
      EXPECT_EQ(cut_links(grudge), others);
      Nodes senders;
      for (const auto& [to, dropped] : grudge) senders.insert(dropped.begin(), dropped.end());
      EXPECT_EQ(std::min(grudge.size(), senders.size()), 1U);
      EXPECT_EQ(std::max(grudge.size(), senders.size()), others);
      EXPECT_FALSE(symmetric(grudge));
      deaf += grudge.size() == 1 ? 1 : 0;
      mute += senders.size() == 1 ? 1 : 0;
    }
    EXPECT_GT(deaf, 50) << nodes;
    EXPECT_GT(mute, 50) << nodes;
  }
}

TEST(GrudgeOf, ARandomGraphCutsAboutHalfOfTheLinksAndAtLeastOne) {
  for (const int nodes : {2, 3, 4, 5, 7}) {
    std::size_t cut = 0;
    std::set<Grudge> graphs;
    for (std::uint64_t draw = 0; draw < draws; ++draw) {
      const Grudge grudge = grudge_of(PartitionKind::random_graph, cluster(nodes), draw);
      EXPECT_GE(cut_links(grudge), 1U);
      for (const auto& [to, dropped] : grudge) EXPECT_FALSE(dropped.contains(to)) << "a node drops its own packets";
      cut += cut_links(grudge);
      graphs.insert(grudge);
    }
    const double share = static_cast<double>(cut) / static_cast<double>(draws) / (nodes * (nodes - 1));
    EXPECT_NEAR(share, nodes == 2 ? 0.625 : 0.5, 0.06)
        << nodes;  // with two links, none of four graphs in four is empty
    EXPECT_GE(graphs.size(), nodes == 2 ? 3U : 30U);
  }
}

TEST(GrudgeOf, InAPartialGraphAllReachEachOtherButNotAllDirectly) {
  for (const int nodes : {3, 4, 5, 7}) {
    const ClusterView view = cluster(nodes);
    std::set<Grudge> graphs;
    int directed = 0, stars = 0;
    for (std::uint64_t draw = 0; draw < draws; ++draw) {
      SCOPED_TRACE(fmt::format("{} nodes, draw {}", nodes, draw));
      const Grudge grudge = grudge_of(PartitionKind::partial, view, draw);
      EXPECT_GE(cut_links(grudge), 1U);
      EXPECT_THAT(component_sizes(grudge, view), SizeIs(1));
      directed += symmetric(grudge) ? 0 : 1;
      std::size_t most_seen = 0, least_seen = view.nodes.size();
      for (const Node& node : view.nodes) {
        EXPECT_FALSE(drops(grudge, node, node));
        most_seen = std::max(most_seen, seen_by(node, grudge, view).size());
        least_seen = std::min(least_seen, seen_by(node, grudge, view).size());
      }
      stars += most_seen == view.nodes.size() ? 1 : 0;
      EXPECT_LT(least_seen, view.nodes.size());
      graphs.insert(grudge);
    }
    EXPECT_GT(directed, 40) << nodes;
    EXPECT_GT(stars, 20) << "somebody sees all; of " << nodes;
    EXPECT_GE(graphs.size(), nodes == 3 ? 9U : 40U) << "three places of the cut, there, back or both ways";
  }
}

TEST(GrudgeOf, TheLeaderIsTheBridgeOfALeaderBridge) {
  for (const int nodes : {3, 4, 5, 7}) {
    const ClusterView view = cluster(nodes, "n2");
    std::set<Grudge> graphs;
    for (std::uint64_t draw = 0; draw < draws; ++draw) {
      const Grudge grudge = grudge_of(PartitionKind::leader_bridge, view, draw);
      EXPECT_TRUE(symmetric(grudge));
      for (const Node& node : view.nodes) {
        const std::size_t seen = seen_by(node, grudge, view).size();
        EXPECT_EQ(seen == view.nodes.size(), node == "n2") << node;
      }
      graphs.insert(grudge);
    }
    EXPECT_GT(graphs.size(), nodes == 3 ? 0U : 2U) << nodes;
  }
}

TEST(GrudgeOf, AtTheEdgeTheLeaderSeesOneNodeAndOnlyItsLinksAreCut) {
  for (const int nodes : {3, 5, 7}) {
    const ClusterView view = cluster(nodes, "n2");
    std::set<Node> hubs;
    std::map<bool, int> both_ways;
    for (std::uint64_t draw = 0; draw < draws; ++draw) {
      SCOPED_TRACE(fmt::format("{} nodes, draw {}", nodes, draw));
      const Grudge grudge = grudge_of(PartitionKind::leader_edge, view, draw);
      const Nodes seen = seen_by("n2", grudge, view);
      EXPECT_THAT(seen, SizeIs(2));
      for (const Node& node : view.nodes) {
        if (node == "n2") continue;
        const bool hub = seen.contains(node);
        EXPECT_EQ(seen_by(node, grudge, view).size(), view.nodes.size() - (hub ? 0 : 1));
        if (hub) hubs.insert(node);
      }
      ++both_ways[symmetric(grudge)];
    }
    EXPECT_THAT(hubs, SizeIs(view.nodes.size() - 1));
    EXPECT_GT(both_ways[true], 30);
    EXPECT_GT(both_ways[false], 60);
  }
}

TEST(GrudgeOf, WithoutALeaderNobodyIsGivenItsPlace) {
  for (const PartitionKind kind : {PartitionKind::leader_bridge, PartitionKind::leader_edge}) {
    for (const std::optional<Node>& leader : {std::optional<Node>(), std::optional<Node>("n9")}) {
      EXPECT_THAT(grudge_of(kind, cluster(5, leader), 1), IsEmpty());
    }
  }
}

TEST(GrudgeOf, TheBitsOfAGraphsNumberAreItsLinks) {
  const auto graph = [](std::uint64_t number, int nodes = 3) {
    return grudge_of(Partition{PartitionKind::graph, Scope::nodes, number}, cluster(nodes), 1);
  };
  EXPECT_EQ(graph(1), (Grudge{{"n2", {"n1"}}}));
  EXPECT_EQ(graph(2), (Grudge{{"n3", {"n1"}}}));
  EXPECT_EQ(graph(4), (Grudge{{"n1", {"n2"}}}));
  EXPECT_EQ(graph(8), (Grudge{{"n3", {"n2"}}}));
  EXPECT_EQ(graph(16), (Grudge{{"n1", {"n3"}}}));
  EXPECT_EQ(graph(32), (Grudge{{"n2", {"n3"}}}));
  EXPECT_EQ(graph(1 + 4), (Grudge{{"n1", {"n2"}}, {"n2", {"n1"}}}));
  EXPECT_EQ(graph(63), (Grudge{{"n1", {"n2", "n3"}}, {"n2", {"n1", "n3"}}, {"n3", {"n1", "n2"}}}));
  for (const int nodes : {1, 2, 3, 4}) {
    const std::uint64_t all = graphs_of(static_cast<std::size_t>(nodes));
    EXPECT_EQ(all + 1, std::uint64_t{1} << (nodes * (nodes - 1)));
    std::set<Grudge> different;
    for (std::uint64_t number = 1; number <= all; ++number) different.insert(graph(number, nodes));
    EXPECT_EQ(different.size(), all);
    EXPECT_FALSE(different.contains({}));
  }
  EXPECT_EQ(cut_links(graph(graphs_of(most_nodes_of_graphs), most_nodes_of_graphs)), 42U);
}

TEST(GrudgeOf, IsEmptyWhereAKindMeansNothingForSoFewNodes) {
  const std::vector<std::pair<int, std::set<std::string_view>>> meaningless{
      {1,
       {"isolate-one", "isolate-leader", "halves", "minority-third", "majorities-ring", "bridge", "one-way",
        "random-graph", "partial", "leader-bridge", "leader-edge", "graph"}},
      {2, {"minority-third", "majorities-ring", "bridge", "partial", "leader-bridge", "leader-edge"}},
      {3, {"minority-third"}},
      {4, {}},
      {5, {}},
      {7, {}},
  };
  for (const auto& [nodes, names] : meaningless) {
    for (const auto& kind : partition_kinds()) {
      for (std::uint64_t draw = 0; draw < 20; ++draw) {
        EXPECT_EQ(grudge_of(kind.value, cluster(nodes), draw).empty(), names.contains(kind.name))
            << kind.name << " of " << nodes;
      }
    }
  }
}

TEST(GrudgeOf, AnEmptyClusterHasNoLinks) {
  for (const auto& kind : partition_kinds()) EXPECT_THAT(grudge_of(kind.value, {}, 1), IsEmpty());
  for (const auto& target : targets()) EXPECT_THAT(resolve(selector(target.value), {}, 1), IsEmpty());
}

std::size_t count(const Grudge& links) {
  std::size_t sum = 0;
  for (const auto& [to, from] : links) sum += from.size();
  return sum;
}

TEST(GrudgeOf, ScopesSayWhomAPartitionIsAbout) {
  const Node clients(clients_name);
  const auto grudge = [&](PartitionKind kind, Scope scope, std::uint64_t draw) {
    return grudge_of(Partition{kind, scope}, cluster(5, "n3"), draw);
  };
  for (std::uint64_t draw = 0; draw < draws; ++draw) {
    for (const auto& kind : partition_kinds()) {
      const Grudge nodes = grudge_of(kind.value, cluster(5, "n3"), draw);
      EXPECT_EQ(grudge(kind.value, Scope::nodes, draw), nodes);
      EXPECT_EQ(grudge(kind.value, Scope::peers, draw), nodes);
      Grudge both = nodes;
      const Grudge of_clients = grudge(kind.value, Scope::clients, draw);
      for (const auto& [to, from] : of_clients) {
        EXPECT_TRUE(to == clients || from == Nodes{clients});
        both[to].insert(from.begin(), from.end());
      }
      EXPECT_FALSE(of_clients.empty()) << kind.name;
      EXPECT_EQ(grudge(kind.value, Scope::all, draw), both);
    }
    const Grudge leader{{"n3", {clients}}, {clients, {"n3"}}};
    EXPECT_EQ(grudge(PartitionKind::isolate_leader, Scope::clients, draw), leader);
    EXPECT_EQ(grudge(PartitionKind::halves, Scope::clients, draw).at(clients).size(), 2U);  // the smaller half
    EXPECT_EQ(grudge(PartitionKind::one_way, Scope::clients, draw).size(), 1U);
  }
}

TEST(LinksOf, StrikesTheDirectedLinksThatItsNameSays) {
  struct Case {
    LinkChoice choice;
    Scope scope;
    std::size_t links;
  };
  const std::vector<Case> cases{
      {LinkChoice::all, Scope::nodes, 20},      {LinkChoice::all, Scope::all, 30},
      {LinkChoice::all, Scope::clients, 10},    {LinkChoice::all, Scope::peers, 20},
      {LinkChoice::one_link, Scope::nodes, 1},  {LinkChoice::one_link, Scope::clients, 1},
      {LinkChoice::one_node, Scope::nodes, 8},  {LinkChoice::one_node, Scope::all, 10},
      {LinkChoice::leader, Scope::nodes, 8},    {LinkChoice::leader, Scope::clients, 2},
      {LinkChoice::from_leader, Scope::all, 5}, {LinkChoice::to_leader, Scope::nodes, 4},
  };
  const Node clients(clients_name);
  for (const Case& c : cases) {
    SCOPED_TRACE(fmt::format("{} {}", name_of(c.choice), name_of(c.scope)));
    for (std::uint64_t draw = 0; draw < draws; ++draw) {
      const Grudge links = links_of({PacketKind::loss, c.choice, c.scope, {}}, cluster(5, "n3"), draw);
      ASSERT_EQ(count(links), c.links);
      for (const auto& [to, senders] : links) {
        ASSERT_FALSE(senders.contains(to));
        const bool of_clients = to == clients || senders.contains(clients);
        ASSERT_TRUE(!of_clients || c.scope == Scope::all || c.scope == Scope::clients);
        ASSERT_TRUE(c.choice != LinkChoice::from_leader || senders == Nodes{"n3"});
        ASSERT_TRUE(c.choice != LinkChoice::to_leader || to == "n3");
      }
    }
  }
}

TEST(LinksOf, DrawsOtherLinksEachTimeAndNeverNone) {
  std::set<Grudge> drawn;
  for (std::uint64_t draw = 0; draw < draws; ++draw) {
    drawn.insert(links_of({PacketKind::loss, LinkChoice::random, Scope::nodes, {}}, cluster(3), draw));
  }
  EXPECT_GT(drawn.size(), 40U);  // of 64 graphs
  EXPECT_FALSE(drawn.contains(Grudge{}));
}

TEST(LinksOf, StrikesNothingWithoutALeaderOrALink) {
  EXPECT_THAT(links_of({PacketKind::loss, LinkChoice::leader, Scope::all, {}}, cluster(3, std::nullopt), 1), IsEmpty());
  EXPECT_THAT(links_of({PacketKind::loss, LinkChoice::all, Scope::nodes, {}}, cluster(1), 1), IsEmpty());
  EXPECT_EQ(count(links_of({PacketKind::loss, LinkChoice::all, Scope::all, {}}, cluster(1), 1)), 2U);
}

TEST(LinksOf, NeverBreaksThePayloadOfClientsWhoHaveNoChecksumOfTheirOwn) {
  EXPECT_EQ(count(links_of({PacketKind::corrupt_payload, LinkChoice::all, Scope::all, {}}, cluster(3), 1)), 6U);
  EXPECT_THAT(links_of({PacketKind::corrupt_payload, LinkChoice::all, Scope::clients, {}}, cluster(3), 1), IsEmpty());
}

TEST(Feasible, DropsWhatMeansNothingForSoFewNodes) {
  NemesisSpec spec;
  spec.faults = {{PartitionSpec{{PartitionKind::minority_third, PartitionKind::bridge, PartitionKind::halves}}, {}},
                 {KillSpec{{selector(Target::minority), selector(Target::one)}}, {}},
                 {StopSpec{{selector(Target::followers)}}, {}},
                 {PauseSpec{{selector(Target::leader)}}, {}}};
  const std::vector<FaultSpec> of_one{{KillSpec{{selector(Target::one)}}, {}},
                                      {PauseSpec{{selector(Target::leader)}}, {}}};
  EXPECT_EQ(feasible(spec, cluster(1).nodes).faults, of_one);
  EXPECT_EQ(feasible(spec, cluster(5).nodes), spec);
  NemesisSpec of_three = spec;
  std::get<PartitionSpec>(of_three.faults[0].what)
      .kinds.erase(std::get<PartitionSpec>(of_three.faults[0].what).kinds.begin());
  EXPECT_EQ(feasible(spec, cluster(3).nodes), of_three);
}

TEST(Names, EveryNameLeadsBackToItsValue) {
  for (const auto& kind : partition_kinds()) EXPECT_EQ(partition_kind_named(kind.name), kind.value);
  for (const auto& kind : fault_kinds()) EXPECT_EQ(fault_kind_named(kind.name), kind.value);
  for (const auto& kind : packet_kinds()) EXPECT_EQ(packet_kind_named(kind.name), kind.value);
  for (const auto& links : link_choices()) EXPECT_EQ(link_choice_named(links.name), links.value);
  for (const auto& scope : scopes()) EXPECT_EQ(scope_named(scope.name), scope.value);
  for (const auto& one : distributions()) EXPECT_EQ(distribution_named(one.name), one.value);
  for (const auto& target : targets()) EXPECT_EQ(target_named(target.name), target.value);
  EXPECT_EQ(partition_kind_named("majorities-ring"), PartitionKind::majorities_ring);
  EXPECT_EQ(partition_kind_named("ring"), std::nullopt);
  EXPECT_EQ(target_named("named"), std::nullopt);
}

TEST(Names, AFaultIsNamedByKindAndAim) {
  const std::vector<std::tuple<Fault, std::string, std::string>> cases{
      {Kill{selector(Target::leader)}, "kill", "kill leader"},
      {Stop{selector(Target::minority_third)}, "stop", "stop minority-third"},
      {Pause{{.target = Target::named, .named = {"n3", "n1"}}}, "pause", "pause [n1, n3]"},
      {Partition{PartitionKind::majorities_ring}, "partition", "partition majorities-ring"},
      {Upgrade{selector(Target::all)}, "upgrade", "upgrade all"},
      {Upgrade{selector(Target::one), true}, "upgrade", "upgrade one keep"},
      {Partition{PartitionKind::graph, Scope::peers, 37}, "partition", "partition graph 37 peers"},
      {Packets{PacketKind::corrupt_payload, LinkChoice::from_leader}, "packets", "packets corrupt-payload from-leader"},
  };
  for (const auto& [fault, kind, text] : cases) {
    EXPECT_EQ(kind_of(fault), kind);
    EXPECT_EQ(to_string(fault), text);
  }
}

}  // namespace
}  // namespace ordeal::nemesis
