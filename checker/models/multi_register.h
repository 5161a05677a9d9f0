// Several registers that one operation reads and writes together. All begin alike, with the initial value, or each with
// its own when that is a map.  Pure; any thread.
//
//   txn   [["read", "x", nil], ["write", "y", 2], ["read", "y", nil]] -> the same with what was read: [..., ["read",
//   "y", 2]] read  {"x": nil, "y": nil} -> {"x": 1, "y": 2} write {"x": 1, "y": 2}
// "r" and "w" stand for "read" and "write". Within a transaction a read sees what was written before it.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "checker/models/machine.h"

namespace ordeal::checker {

struct RegisterAccess {
  bool writes = false;
  std::string name;
  Value value;  // written; or read, if that is known
};
// Nothing when the value has another shape.
std::optional<std::vector<RegisterAccess>> register_accesses(Verb f, const Value& value);

// The state: the list of what a register holds that nobody wrote, and the map of all others.
Value multi_register_initial(const Value& asked);
Effect multi_register_effect(const CompactOperation& operation, const Vocabulary& vocabulary);
std::optional<Value> multi_register_step(const Value& state, const FullEffect& effect);
std::string multi_register_state_text(const Value& state);
std::unique_ptr<Machine> multi_register_machine(const MachineMaterials& materials);

}  // namespace ordeal::checker
