#include "workloads/catalogue.h"

namespace ordeal::workloads {

const std::vector<CatalogueEntry>& catalogue() {
  static const std::vector<CatalogueEntry> table{
      {.name = "register",
       .description =
           "reads, writes of unique values, and compare-and-set on a few keys that are replaced by fresh ones",
       .checks = {"linearizable", "liveness", "log-alarms"},
       .model = checker::ModelName::cas_register,
       .initial = checker::Nil{}},
  };
  return table;
}

const CatalogueEntry* workload_named(std::string_view name) {
  for (const CatalogueEntry& entry : catalogue()) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

const std::vector<std::string>& read_modes() {
  static const std::vector<std::string> modes{"linearizable", "lease", "follower", "local"};
  return modes;
}

}  // namespace ordeal::workloads
