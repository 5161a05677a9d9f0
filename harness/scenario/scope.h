// Which names the steps of a scenario may use where: everything is bound before it is used, and what was begun is
// ended. Pure; one thread.

#pragma once

#include <map>
#include <set>
#include <string>

#include "harness/config/reader.h"
#include "harness/scenario/condition.h"
#include "harness/scenario/scenario.h"

namespace ordeal::harness {

class Scope {
 public:
  explicit Scope(int nodes);

  void bind_node(const Setting& setting, const std::string& name);
  void bind_note(const Setting& setting, const std::string& name);
  // Each refuses a name that is not bound here.
  void require_node(const Setting& setting, const std::string& name, bool or_clients = false) const;
  void require(const Setting& setting, const Mentioned& mentioned) const;

  void begin_call(const Setting& setting, const std::string& as, const std::string& by);
  void end_call(const Setting& setting, const std::string& as);
  void require_free(const Setting& setting, const std::string& by) const;
  void begin_fault(const Setting& setting, const std::string& as);
  void end_fault(const Setting& setting, const std::string& as);
  void end_all_faults() { faults_.clear(); }

  // What was sent and never waited for; empty: nothing.
  std::string unanswered() const { return calls_.empty() ? "" : calls_.begin()->first; }

 private:
  std::set<std::string> nodes_, notes_, faults_;
  std::map<std::string, std::string> calls_;  // under way, and by whom
};

Names names_of(const Setting& setting);  // one name, or a list of them
// The same of nodes, all of which are bound.
Names nodes_of(const Setting& setting, const Scope& scope, bool or_clients = false);
std::string node_of(const Setting& setting, const Scope& scope);

}  // namespace ordeal::harness
