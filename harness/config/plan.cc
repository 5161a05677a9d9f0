#include "harness/config/plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/config/config_error.h"
#include "harness/config/input_file.h"
#include "harness/config/nemesis_section.h"
#include "harness/config/reader.h"
#include "workloads/catalogue.h"

namespace ordeal::harness {
namespace {

constexpr std::int64_t most_nodes = 250;  // the sandbox has one address block of 254
constexpr std::int64_t most_clients = 10'000;
constexpr std::int64_t most_keys = 1'000'000;
constexpr std::int64_t most_operations = 1'000'000'000;
constexpr std::int64_t most_share = 1'000'000;

// The folder in the store: no slash, no hidden folder, not the symlink `latest`.
std::string name_of(const Setting& setting) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  constexpr std::size_t longest = 100;
  const std::string name = text_of(setting);
  const std::string shown = described(setting);
  constexpr std::string_view cure = "write letters, digits, '-', '_' and '.', such as quickstart";
  if (name.find_first_not_of(allowed) != std::string::npos || name.front() == '.' || name.size() > longest) {
    refuse(setting, fmt::format("{} cannot name a folder of the store; {}", shown, cure));
  }
  if (name == "latest") refuse(setting, fmt::format("{} is the store's link to the latest run; choose another", shown));
  return name;
}

void read_share(const Section& mix, std::string_view key, int& value) {
  if (const auto found = mix.find(key)) value = static_cast<int>(whole_number_of(*found, 0, most_share));
}

std::string read_mode_of(const Section& section, const std::string& otherwise) {
  const auto read = section.find("read");
  if (!read) return otherwise;
  return one_of(*read, "read mode", {workloads::read_modes().begin(), workloads::read_modes().end()});
}

void read_mix(const Setting& setting, workloads::RegisterSpec& spec) {
  const Section mix(setting, {"read", "write", "cas"});
  read_share(mix, "read", spec.read_share);
  read_share(mix, "write", spec.write_share);
  read_share(mix, "cas", spec.cas_share);
  if (spec.read_share + spec.write_share + spec.cas_share == 0) {
    refuse(setting, "every share is 0, so that clients would do nothing; give one of them a share");
  }
}

// Of a workload that reads what it changed: without changes there is nothing to read.
void read_mix(const Setting& setting, std::string_view change, int& change_share, int& reading_share) {
  const Section mix(setting, {change, "read"});
  read_share(mix, change, change_share);
  read_share(mix, "read", reading_share);
  if (change_share == 0) {
    refuse(setting,
           fmt::format("the share of {} is 0, so that there would be nothing to read; give it a share", change));
  }
}

void read_keys(const Section& section, int& keys, int& operations_per_key) {
  if (const auto found = section.find("keys")) keys = static_cast<int>(whole_number_of(*found, 1, most_keys));
  if (const auto operations = section.find("operations-per-key")) {
    operations_per_key = static_cast<int>(whole_number_of(*operations, 1, most_operations));
  }
}

workloads::RegisterSpec register_of(const Setting& setting) {
  const Section section(setting, {"name", "keys", "operations-per-key", "read", "mix", "readers"});
  workloads::RegisterSpec spec;
  read_keys(section, spec.keys, spec.operations_per_key);
  if (const auto readers = section.find("readers")) {
    spec.readers = static_cast<int>(whole_number_of(*readers, 0, most_clients));
  }
  spec.read = read_mode_of(section, spec.read);
  if (const auto mix = section.find("mix")) read_mix(*mix, spec);
  return spec;
}

workloads::SetSpec set_of(const Setting& setting) {
  const Section section(setting, {"name", "elements-per-set", "read", "mix"});
  workloads::SetSpec spec;
  if (const auto elements = section.find("elements-per-set")) {
    spec.elements_per_set = static_cast<int>(whole_number_of(*elements, 1, most_keys));
  }
  spec.read = read_mode_of(section, spec.read);
  if (const auto mix = section.find("mix")) read_mix(*mix, "add", spec.add_share, spec.read_share);
  return spec;
}

workloads::CounterSpec counter_of(const Setting& setting) {
  const Section section(
      setting, {"name", "keys", "operations-per-key", "operations-per-session", "again-percent", "read", "mix"});
  workloads::CounterSpec spec;
  read_keys(section, spec.keys, spec.operations_per_key);
  if (const auto operations = section.find("operations-per-session")) {
    spec.operations_per_session = static_cast<int>(whole_number_of(*operations, 1, most_operations));
  }
  if (const auto again = section.find("again-percent")) {
    spec.again_percent = static_cast<int>(whole_number_of(*again, 0, 100));
  }
  spec.read = read_mode_of(section, spec.read);
  if (const auto mix = section.find("mix")) read_mix(*mix, "increment", spec.increment_share, spec.read_share);
  return spec;
}

// Which workload it is decides which keys it has, so its name is looked up before they are.
workloads::WorkloadSpec workload_of(const Setting& setting) {
  std::string name = "register";
  if (const Node* written = find(setting.node, "name")) {
    std::vector<std::string_view> known;
    for (const workloads::CatalogueEntry& one : workloads::catalogue()) known.push_back(one.name);
    name = one_of({*written, setting.path + ".name"}, "workload", known);
  }
  if (name == "set") return set_of(setting);
  if (name == "counter") return counter_of(setting);
  return register_of(setting);
}

std::vector<std::string> checks_of(const Setting& setting, const workloads::CatalogueEntry& workload) {
  std::vector<std::string> checks;
  for (const Setting& item : items_of(setting, "[linearizable, liveness]")) {
    const std::string check = one_of(item, "check", {workload.checks.begin(), workload.checks.end()});
    if (std::find(checks.begin(), checks.end(), check) != checks.end()) {
      refuse(item, fmt::format("\"{}\" is named twice; leave one of them out", check));
    }
    checks.push_back(check);
  }
  return checks;
}

void read_judging(const Section& section, Plan& plan) {
  const workloads::CatalogueEntry& workload = *workloads::workload_named(workloads::name_of(plan.workload));
  plan.checks = workload.checks;
  if (const auto checks = section.find("checks")) plan.checks = checks_of(*checks, workload);
  if (const auto availability = section.find("availability")) {
    const Section within(*availability, {"within"});
    if (const auto bound = within.find("within")) plan.availability_within = duration_of(*bound);
  }
  if (const auto recovery = section.find("recovery")) {
    const Section within(*recovery, {"within"});
    if (const auto bound = within.find("within")) plan.recovery_within = duration_of(*bound);
  }
  if (const auto check = section.find("check")) {
    const Section limits(*check, {"time-limit", "memory-limit"});
    if (const auto time = limits.find("time-limit")) plan.check_time_limit = duration_of(*time);
    if (const auto memory = limits.find("memory-limit")) plan.check_memory_limit = size_of(*memory);
  }
}

void read_load(const Section& section, Plan& plan) {
  if (const auto clients = section.find("clients")) {
    plan.clients = static_cast<int>(whole_number_of(*clients, 1, most_clients));
  }
  if (const auto rate = section.find("rate")) plan.rate = rate_of(*rate);
  if (const auto timeout = section.find("timeout")) plan.timeout = duration_of(*timeout);
  const auto pin = section.find("pin");
  // Nothing, or an empty text: spread over all nodes.
  const bool spread =
      !pin || pin->node.kind == Node::Kind::null || (pin->node.kind == Node::Kind::scalar && pin->node.text.empty());
  if (!spread) plan.pin = node_of(*pin, plan.nodes);
  if (const auto workload = section.find("workload")) {
    plan.workload = workload_of(*workload);
    const auto* registers = std::get_if<workloads::RegisterSpec>(&plan.workload);
    if (registers != nullptr && registers->readers >= plan.clients) {
      refuse(*workload, fmt::format("readers: {} of {} clients only read; leave at least one that writes",
                                    registers->readers, plan.clients));
    }
  }
}

std::map<std::string, std::string> knobs_of(const Setting& setting) {
  std::map<std::string, std::string> knobs;
  if (setting.node.kind == Node::Kind::null) return knobs;
  if (setting.node.kind != Node::Kind::map)
    refuse(setting, "is no map; write knobs of the target, such as {snapshots: often}");
  for (const Entry& entry : setting.node.entries) {
    knobs[entry.key] = text_of({entry.value, setting.path + "." + entry.key});
  }
  return knobs;
}

// A lease is a bet on clocks: an old value would be the target's right.
void require_sound_leases(const Setting& setting, const Plan& plan) {
  if (workloads::read_mode_of(plan.workload) != "lease") return;
  for (const nemesis::FaultSpec& fault : plan.nemesis.faults) {
    const auto* clock = std::get_if<nemesis::ClockSpec>(&fault.what);
    if (clock == nullptr || clock->clocks == std::vector{nemesis::ClockFace::wall}) continue;
    refuse(setting,
           "leases rest on the monotonic clock, which the faults change: an old value would be right; write clocks: "
           "[wall] below clock, or read: linearizable");
  }
}

Plan read_plan(const Setting& setting) {
  const Section section(setting,
                        {"name", "target", "nodes", "spares", "duration", "seed", "clients", "rate", "timeout", "pin",
                         "workload", "nemesis", "knobs", "checks", "availability", "recovery", "check"});
  Plan plan;
  plan.name = name_of(section.require("name", "it names the folder of the runs, such as name: quickstart"));
  if (const auto target = section.find("target")) plan.target = text_of(*target);
  if (const auto nodes = section.find("nodes")) plan.nodes = static_cast<int>(whole_number_of(*nodes, 1, most_nodes));
  if (const auto spares = section.find("spares")) {
    const std::string why_most = fmt::format("{} with the nodes", most_nodes);
    plan.spares = static_cast<int>(whole_number_of(*spares, 0, most_nodes - plan.nodes, why_most));
  }
  if (const auto duration = section.find("duration")) plan.duration = duration_of(*duration);
  if (const auto seed = section.find("seed")) plan.seed = seed_of(*seed);
  read_load(section, plan);
  const auto nemesis = section.find("nemesis");
  if (nemesis && nemesis->node.kind != Node::Kind::null) {
    plan.nemesis = read_nemesis(*nemesis, {plan.duration, plan.nodes, plan.spares});
  }
  if (const auto knobs = section.find("knobs")) plan.knobs = knobs_of(*knobs);
  if (nemesis) require_sound_leases(*nemesis, plan);
  read_judging(section, plan);
  return plan;
}

}  // namespace

Plan parse_plan(std::string_view yaml, const std::string& file, const std::vector<std::string>& overrides) {
  Node root = parse_document(yaml, file);
  if (root.kind == Node::Kind::null)
    refuse(root.place, "", "is empty; a plan needs at least a line such as name: quickstart");
  if (root.kind != Node::Kind::map) {
    refuse({root, ""},
           fmt::format("{} is not a plan; write keys and values, such as name: quickstart", described({root, ""})));
  }
  for (const std::string& path_and_value : overrides) apply_override(root, path_and_value);
  return read_plan({root, ""});
}

Plan load_plan(const std::filesystem::path& file, const std::vector<std::string>& overrides) {
  return parse_plan(read_input_file(file, "plan"), file.string(), overrides);
}

}  // namespace ordeal::harness
