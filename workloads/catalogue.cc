#include "workloads/catalogue.h"

#include "workloads/workload.h"

namespace ordeal::workloads {

const std::vector<CatalogueEntry>& catalogue() {
  static const std::vector<CatalogueEntry> table{
      {.name = "register",
       .description =
           "reads, writes of unique values, and compare-and-set on a few keys that are replaced by fresh ones",
       .checks = {"linearizable", "liveness", "availability", "log-alarms", "status"},
       .model = checker::ModelName::cas_register,
       .initial = checker::Nil{}},
      {.name = "set",
       .description = "adds unique elements to sets and reads the sets: lost, stale, duplicate and phantom elements",
       .checks = {"set", "liveness", "availability", "log-alarms", "status"},
       .initial = checker::Nil{}},
      {.name = "counter",
       .description = "increments in client sessions, retried until answered: applied twice, lost, answered otherwise",
       .checks = {"counter", "liveness", "availability", "log-alarms", "status"},
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

const std::string& name_of(const WorkloadSpec& spec) {
  static const std::string names[] = {"register", "set", "counter"};  // in the order of the variant
  return names[spec.index()];
}

const std::string& read_mode_of(const WorkloadSpec& spec) {
  return std::visit([](const auto& one) -> const std::string& { return one.read; }, spec);
}

std::unique_ptr<Generator> make_generator(const WorkloadSpec& spec, std::uint64_t seed) {
  if (const auto* set = std::get_if<SetSpec>(&spec)) return make_set_generator(*set, seed);
  if (const auto* counter = std::get_if<CounterSpec>(&spec)) return make_counter_generator(*counter, seed);
  return make_register_generator(std::get<RegisterSpec>(spec), seed);
}

const std::vector<std::string>& read_modes() {
  static const std::vector<std::string> modes{"linearizable", "lease", "follower", "local"};
  return modes;
}

}  // namespace ordeal::workloads
