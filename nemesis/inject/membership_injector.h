// Changes who belongs to the cluster, one server at a time, and brings everybody back. One thread at a time (the
// nemesis' own).
//
// It keeps its own view: who was a member when the first change began, and what each active fault makes of that. What
// the target says of itself is read again before every single step, and a voter is removed only when enough voters are
// left, a majority of them running. A node loses its data only after the target has said that the node's next server
// was added, and so, since it takes one change after the other, that its last one is gone for good.

#pragma once

#include <chrono>
#include <map>
#include <optional>

#include "nemesis/inject/control.h"
#include "nemesis/inject/injector.h"
#include "nemesis/plan/members.h"

namespace ordeal::nemesis {

class MembershipInjector final : public Injector {
 public:
  MembershipInjector(Cluster& cluster, Control& control) : cluster_(cluster), control_(control) {}

  // Whom the fault would strike now; why nobody, when it must not be injected now.
  Aim aim(const ScheduledFault& fault);
  Evidence inject(std::uint64_t id, const Fault& fault, const Aim& aim) override;
  // While other faults rage the target may not be able to change back; then that is left for later, and said so.
  Evidence heal(std::uint64_t id) override;
  // Finishes what heal() had to leave. nullopt: everybody is back; else what is missing, and what the target said.
  std::optional<std::string> settle(std::chrono::milliseconds within);

 private:
  using Deadline = std::chrono::steady_clock::time_point;
  struct Active {
    MembershipKind kind;
    std::vector<Node> nodes;
    std::map<Node, std::string> replaced;  // the servers that shall go, of a replacement
    Evidence evidence;
  };
  struct Progress {
    bool done = false;  // the members are as wanted
    int added = 0, promoted = 0, removed = 0;
    std::string said{};  // by the target, or what the last obstacle was
    Members members{};   // as read last
  };

  Wanted wanted() const;
  Nodes running() const;
  MembershipView view_of(const Members& members, const std::optional<Node>& leader) const;
  // Reads the members from who leads; nullopt: nobody is known to lead, or it does not answer.
  std::optional<Members> read(const std::optional<Node>& leader, std::string& why_not);
  void advance(Deadline deadline, Progress& progress);
  void do_step(const Step& step, const Node& leader, const Members& members, Progress& progress);
  void add(const Node& leader, const Node& node, const Members& members, Progress& progress);
  void remove_at_once(const std::vector<Node>& nodes, const Node& leader, Progress& progress);
  void retire_strangers();

  Cluster& cluster_;
  Control& control_;
  std::optional<Wanted> home_;           // the members before the first change; nullopt: not read yet
  std::map<Node, std::string> servers_;  // under which number each node is known to have joined
  std::map<std::uint64_t, Active> active_;
  int least_voters_ = 1;  // of the faults so far, the strictest
};

}  // namespace ordeal::nemesis
