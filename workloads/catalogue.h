// The one table of workloads: what clients do, and what judges it. Pure; any thread.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "checker/linearizable.h"

namespace ordeal::workloads {

struct CatalogueEntry {
  std::string name;                 // as a plan's `workload.name` says it
  std::string description;          // one line, for `ordeal list workloads`
  std::vector<std::string> checks;  // those that can judge it, as a plan's `checks` says them
  checker::ModelName model = checker::ModelName::cas_register;  // for the check `linearizable`
  checker::Value initial;                                       // of every key
};

const std::vector<CatalogueEntry>& catalogue();
const CatalogueEntry* workload_named(std::string_view name);  // nullptr: there is none

// How reads may be asked for: "linearizable", "lease", "follower", "local". The last promises nothing: it answers what
// the asked node has applied, however old.
const std::vector<std::string>& read_modes();

}  // namespace ordeal::workloads
