// What the target's YAML says about its members and its leader, as requests that are sent: nothing here knows any
// system. Answers are awaited on the calling thread. Any thread.

#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "harness/cluster/node_processes.h"
#include "harness/config/target.h"
#include "nemesis/inject/control.h"

namespace ordeal::harness {

class TargetControl final : public nemesis::Control {
 public:
  // Both must outlive it. A function that the target's YAML says nothing about must not be called (assertion).
  TargetControl(const Target& target, NodeProcesses& nodes) : target_(target), nodes_(nodes) {}

  nemesis::Reply transfer(const nemesis::Node& leader, const nemesis::Node& to, Within within) override;
  std::optional<nemesis::Members> members(const nemesis::Node& asked, Within within) override;
  nemesis::Reply add(const nemesis::Node& asked, const nemesis::Node& node, Within within) override;
  nemesis::Reply promote(const nemesis::Node& asked, const nemesis::Member& member, Within within) override;
  nemesis::Reply remove(const nemesis::Node& asked, const nemesis::Member& member, Within within) override;
  nemesis::Nodes spares() const override;
  void start_anew(const nemesis::Node& node, const nemesis::Nodes& beside) override;
  void retire(const nemesis::Node& node) override;

 private:
  nemesis::Reply send(const RequestTemplate& request, const nemesis::Node& asked, const nemesis::Member& about,
                      Within within) const;

  const Target& target_;
  NodeProcesses& nodes_;
  std::mutex mutex_;
  std::map<nemesis::Node, int> announced_;  // by add(), guarded by mutex_
};

// The members in a target's answer; nullopt: it is none. `node_by_text`: what `list.equals` is for each
// node; a member that is none of them is left out. Pure.
std::optional<nemesis::Members> members_in(std::string_view answer, const MemberList& list,
                                           const std::map<std::string, nemesis::Node>& node_by_text);

}  // namespace ordeal::harness
