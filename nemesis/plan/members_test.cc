#include "nemesis/plan/members.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "nemesis/plan/draw.h"
#include "nemesis/plan/names.h"

namespace ordeal::nemesis {
namespace {

// "n1=1 n2=2 n3=3L": servers 1 and 2 vote, server 3 learns.
Members members(const std::string& text) {
  Members list;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    std::string word = text.substr(at, end - at);
    at = end + 1;
    const bool learner = word.ends_with('L');
    if (learner) word.pop_back();
    const std::size_t equals = word.find('=');
    list.push_back({.node = word.substr(0, equals), .server = word.substr(equals + 1), .voter = !learner});
  }
  return list;
}

MembershipView five(Nodes running = {"n1", "n2", "n3", "n4", "n5"}) {
  return {.members = members("n1=1 n2=2 n3=3 n4=4 n5=5"), .running = std::move(running), .leader = "n2", .spares = {}};
}

TEST(MayRemove, OnlyWhenEnoughVotersAndAMajorityOfThemThatRunsAreLeft) {
  const Nodes all{"n1", "n2", "n3", "n4", "n5"};
  struct Case {
    std::string members;
    Nodes running;
    int least;
    Node node;
    bool allowed;
  };
  const std::vector<Case> cases{
      {"n1=1 n2=2 n3=3 n4=4 n5=5", all, 3, "n1", true},
      {"n1=1 n2=2 n3=3 n4=4", all, 3, "n1", true},
      {"n1=1 n2=2 n3=3", all, 3, "n1", false},
      {"n1=1 n2=2 n3=3", all, 2, "n1", true},
      {"n1=1", all, 1, "n1", false},                                      // the last voter
      {"n1=1 n2=2 n3=3 n4=4L", all, 3, "n4", true},                       // a learner is nobody's quorum
      {"n1=1 n2=2 n3=3 n4=4 n5=5", {"n1", "n2", "n3"}, 3, "n1", false},   // 2 of 4 would run
      {"n1=1 n2=2 n3=3 n4=4 n5=5", {"n1", "n2", "n3"}, 3, "n5", true},    // 3 of 4
      {"n1=1 n2=2 n3=3 n4=4", {"n1", "n2", "n5"}, 3, "n4", true},         // 2 of 3; n5 is no member
      {"n1=1 n2=2 n3=3 n4=4 n5=5L", {"n1", "n4", "n5"}, 3, "n4", false},  // 1 of 3; n5 does not vote
  };
  for (const Case& c : cases) {
    const MembershipView view{.members = members(c.members), .running = c.running, .least_voters = c.least};
    EXPECT_EQ(may_remove(c.node, view), c.allowed) << c.members << " without " << c.node;
  }
}

TEST(Choose, StrikesWhomTheKindNames) {
  MembershipView view = five();
  view.spares = {"n6"};
  for (std::uint64_t draw = 0; draw < 50; ++draw) {
    EXPECT_EQ(choose(MembershipKind::add, view, draw).nodes, std::vector<Node>{"n6"});
    EXPECT_EQ(choose(MembershipKind::remove_leader, view, draw).nodes, std::vector<Node>{"n2"});
    EXPECT_EQ(choose(MembershipKind::promote, view, draw).nodes, std::vector<Node>{"n6"});
    EXPECT_NE(choose(MembershipKind::remove_follower, view, draw).nodes, std::vector<Node>{"n2"});
    EXPECT_NE(choose(MembershipKind::replace, view, draw).nodes, std::vector<Node>{"n2"});
    EXPECT_EQ(choose(MembershipKind::remove_two, view, draw).nodes.size(), 2U);
  }
  view.members = members("n1=1 n2=2 n3=3 n4=4L");
  EXPECT_EQ(choose(MembershipKind::promote, view, 1).nodes, std::vector<Node>{"n4"}) << "a learner before a spare";
}

TEST(Choose, SaysWhyNobodyIsStruck) {
  const auto why = [](MembershipKind kind, const MembershipView& view) { return choose(kind, view, 1).why_none; };
  const std::string too_few = "without it too few voters, or too few that run, would be left";
  MembershipView three = five();
  three.members = members("n1=1 n2=2 n3=3");
  for (const auto kind : {MembershipKind::remove_follower, MembershipKind::remove_leader, MembershipKind::remove_two,
                          MembershipKind::replace}) {
    EXPECT_EQ(why(kind, three), too_few) << name_of(kind);
  }
  EXPECT_EQ(why(MembershipKind::add, three), "every node is a member");
  EXPECT_EQ(why(MembershipKind::promote, three), "nobody is a learner or spare");
  three.leader = std::nullopt;
  for (const auto& kind : membership_kinds()) EXPECT_EQ(why(kind.value, three), "nobody was known to lead");
}

TEST(After, HealingAFaultIsForgettingIt) {
  const Wanted home{{"n1", true}, {"n2", true}, {"n3", false}};
  EXPECT_EQ(after(MembershipKind::remove_leader, {"n1"}, home), (Wanted{{"n2", true}, {"n3", false}}));
  EXPECT_EQ(after(MembershipKind::remove_two, {"n1", "n2"}, home), (Wanted{{"n3", false}}));
  EXPECT_EQ(after(MembershipKind::promote, {"n3"}, home), (Wanted{{"n1", true}, {"n2", true}, {"n3", true}}));
  EXPECT_EQ(after(MembershipKind::add, {"n4"}, home).at("n4"), true);
  EXPECT_EQ(after(MembershipKind::replace, {"n1"}, home), home);
}

TEST(NextStep, GoesFromWhatIsToWhatIsWanted) {
  const std::map<Node, std::string> servers{{"n1", "1"}, {"n2", "2"}, {"n3", "3"}};
  const auto step = [&](const Wanted& wanted, const std::string& is) -> std::string {
    const auto next = next_step(wanted, servers, members(is));
    if (!next) return "done";
    const std::string what = next->what == Step::What::add       ? "add "
                             : next->what == Step::What::promote ? "promote "
                                                                 : "remove ";
    return what + next->member.node + "=" + next->member.server;
  };
  const Wanted two{{"n1", true}, {"n2", true}};
  const Wanted learner{{"n1", true}, {"n2", false}};
  EXPECT_EQ(step(two, "n1=1 n2=2"), "done");
  EXPECT_EQ(step(two, "n1=1"), "add n2=");
  EXPECT_EQ(step(two, "n1=1 n2=2L"), "promote n2=2");
  const Wanted three{{"n1", true}, {"n2", true}, {"n3", true}};
  EXPECT_EQ(step(three, "n1=1 n3=3L"), "promote n3=3") << "a target may refuse a second learner";
  EXPECT_EQ(step(two, "n1=1 n2=2 n3=3"), "remove n3=3");
  EXPECT_EQ(step(two, "n1=1 n3=3"), "add n2=") << "additions before removals";
  EXPECT_EQ(step(two, "n1=1 n2=2L n3=3"), "promote n2=2") << "promotions before removals";
  EXPECT_EQ(step(two, "n1=1 n2=7L"), "remove n2=7") << "an addition whose answer was lost";
  EXPECT_EQ(step(two, "n1=1 n2=2 n9=9L"), "remove n9=9") << "one that nobody knows";
  EXPECT_EQ(step(two, "n1=7 n3=3"), "add n2=") << "voters that shall be replaced last";
  EXPECT_EQ(step(two, "n1=7 n2=2"), "remove n1=7") << "a node joins again only when its last server is gone";
  EXPECT_EQ(step(learner, "n1=1 n2=2L"), "done");
  EXPECT_EQ(step(learner, "n1=1 n2=2"), "remove n2=2") << "no voter becomes a learner again";
}

// A target that does as it is told, or refuses, or does it and loses the answer, while nodes come and go.
class Simulation {
 public:
  explicit Simulation(std::uint64_t seed) : draw_(seed) {
    const std::size_t nodes = 3 + draw_.below(4);
    for (std::size_t i = 1; i <= nodes; ++i) {
      const std::string number = std::to_string(i);
      view_.members.push_back({.node = "n" + number, .server = number, .voter = i <= 3 || draw_.below(4) > 0});
      servers_["n" + number] = number;
      home_["n" + number] = view_.members.back().voter;
      all_.insert("n" + number);
    }
    view_.spares = {"s1", "s2"};
    view_.running = all_;
    view_.least_voters = 1 + static_cast<int>(draw_.below(voters(view_.members)));
    next_ = static_cast<int>(nodes) + 1;
  }

  void inject() {
    disturb();
    const auto kind = membership_kinds()[draw_.below(membership_kinds().size())].value;
    const Struck struck = choose(kind, view_, draw_.below(1000));
    if (struck.nodes.empty()) return;
    active_.push_back({kind, struck.nodes, {}});
    if (kind == MembershipKind::replace) active_.back().replaced.insert(servers_.extract(struck.nodes.front()));
    if (kind == MembershipKind::remove_two) {
      for (const Node& node : struck.nodes) remove(node);
    }
    for (int i = 0; i < 4; ++i) step();
  }
  void heal() {
    if (!active_.empty()) heal(active_.begin() + static_cast<std::ptrdiff_t>(draw_.below(active_.size())));
    for (int i = 0; i < 4; ++i) step();
  }
  void settle() {
    while (!active_.empty()) heal(active_.begin());
    reliable_ = true;
    for (const Member& member : view_.members) view_.running.insert(member.node);
    for (int i = 0; i < 50; ++i) step();
  }
  bool is_home() const {
    Wanted is;
    for (const Member& member : view_.members) is[member.node] = member.voter;
    return is == home_ && is.size() == view_.members.size();
  }
  std::string check() const {
    const std::size_t count = voters(view_.members);
    const auto run = static_cast<std::size_t>(std::ranges::count_if(
        view_.members, [&](const Member& m) { return m.voter && view_.running.contains(m.node); }));
    if (removed_ && count < static_cast<std::size_t>(view_.least_voters)) return fmt::format("{} voters", count);
    if (removed_ && run < count / 2 + 1) return fmt::format("{} of {} voters run", run, count);
    return "";
  }

 private:
  struct Active {
    MembershipKind kind;
    std::vector<Node> nodes;
    std::map<Node, std::string> replaced;
  };

  void heal(std::vector<Active>::iterator fault) {
    servers_.merge(fault->replaced);
    active_.erase(fault);
  }
  // Nodes end and start; who leads changes.
  void disturb() {
    view_.running.clear();
    for (const Member& member : view_.members) {
      if (draw_.below(4) > 0) view_.running.insert(member.node);
    }
    view_.leader = view_.members[draw_.below(view_.members.size())].node;
    removed_ = false;
  }
  void remove(const Node& node) {
    std::erase_if(view_.members, [&](const Member& member) {
      removed_ = removed_ || (member.node == node && member.voter);
      return member.node == node;
    });
  }
  void step() {
    Wanted wanted = home_;
    for (const Active& one : active_) wanted = after(one.kind, one.nodes, std::move(wanted));
    const auto next = next_step(wanted, servers_, view_.members);
    if (!next) return;
    const std::uint64_t luck = reliable_ ? 0 : draw_.below(4);  // 2: refused; 3: done, but the answer is lost
    if (luck == 2) return;
    const Node node = next->member.node;
    switch (next->what) {
      case Step::What::remove:
        if (!may_remove(node, view_)) return;
        remove(node);
        view_.spares.insert(node);
        for (const auto& [home, voter] : home_) view_.spares.erase(home);
        return;
      case Step::What::promote:
        if (!may_promote(node, view_)) return;
        for (Member& member : view_.members) member.voter = member.voter || member.node == node;
        return;
      case Step::What::add: {
        const std::string number = std::to_string(next_++);
        view_.members.push_back({.node = node, .server = number, .voter = false});
        if (luck == 3) return;
        servers_[node] = number;
        view_.running.insert(node);
        view_.spares.erase(node);
        return;
      }
    }
  }

  Draw draw_;
  MembershipView view_;
  Wanted home_;
  Nodes all_;
  std::map<Node, std::string> servers_;
  std::vector<Active> active_;
  int next_ = 0;
  bool reliable_ = false;
  bool removed_ = false;  // a voter, since nodes ended last, which is no doing of a change
};

TEST(Membership, NeverLeavesLessThanAQuorumWhateverHappensAndComesHome) {
  for (std::uint64_t seed = 0; seed < 5000; ++seed) {
    Simulation simulation(seed);
    for (int i = 0; i < 20; ++i) {
      simulation.inject();
      ASSERT_EQ(simulation.check(), "") << "seed " << seed << ", injection " << i;
      if (i % 2 == 1) simulation.heal();
      ASSERT_EQ(simulation.check(), "") << "seed " << seed << ", healing " << i;
    }
    simulation.settle();
    ASSERT_TRUE(simulation.is_home()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace ordeal::nemesis
