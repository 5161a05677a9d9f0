// `ordeal list targets|workloads|faults|scenarios|mutants`: what a plan, or `ordeal mutants`, can name.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <set>

#include "harness/cli/exit_code.h"
#include "harness/cli/program.h"
#include "harness/cli/subcommands.h"
#include "harness/config/input_file.h"
#include "harness/config/target.h"
#include "harness/config/units.h"
#include "harness/mutants/mutant_folder.h"
#include "harness/mutants/scores_table.h"
#include "harness/scenario/scenario.h"
#include "nemesis/plan/names.h"
#include "nemesis/plan/schedule.h"
#include "workloads/catalogue.h"

namespace ordeal::harness {
namespace {

struct Row {
  std::string group;  // empty: none
  std::string name;
  std::string description;
};

std::vector<Row> targets() {
  std::vector<Row> rows;
  std::set<std::filesystem::path> folders{"configs/targets", config_folder() / "targets"};
  std::map<std::string, std::string> found;  // the working directory's come first, as load_target() has it
  for (const std::filesystem::path& folder : folders) {
    if (!std::filesystem::is_directory(folder)) continue;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() == ".yaml") found.emplace(entry.path().stem().string(), entry.path().string());
    }
  }
  for (const auto& [name, file] : found) {
    rows.push_back({"", name, fmt::format("{} ({})", load_target(file, config_folder()).binary, file)});
  }
  return rows;
}

std::vector<Row> workloads() {
  std::vector<Row> rows;
  for (const auto& workload : workloads::catalogue()) {
    rows.push_back({"", std::string(workload.name), std::string(workload.description)});
  }
  return rows;
}

std::string distribution_names() {
  std::string names;
  for (const auto& one : nemesis::distributions()) {
    names += fmt::format("{}{} ({})", names.empty() ? "" : ", ", one.name, one.description);
  }
  return names;
}

std::vector<Row> packet_settings() {
  const std::string group = "setting of a packet fault";
  const nemesis::PacketSettings defaults;
  const auto percent = [](int value) { return fmt::format("{} %", value); };
  return {{group, "delay", fmt::format("of delay and reorder ({})", plan_duration(defaults.delay))},
          {group, "jitter", fmt::format("of delay ({})", plan_duration(defaults.jitter))},
          {group, "distribution", distribution_names()},
          {group, "delay-correlation",
           "how much a delay resembles the one before it (" + percent(defaults.delay_correlation) + ")"},
          {group, "percent", "of the packets are lost, duplicated, ... (" + percent(defaults.percent) + ")"},
          {group, "correlation",
           "how often a packet shares the fate of the one before it (" + percent(defaults.correlation) + ")"},
          {group, "kbit", fmt::format("a second, of rate ({})", defaults.kbit)},
          {group, "period", fmt::format("of reset and late ({})", plan_duration(defaults.period))}};
}

std::string range_of(const nemesis::DurationRange& range) {
  return fmt::format("{}..{}", plan_duration(range.least), plan_duration(range.most));
}

std::vector<Row> crash_loop_settings() {
  const std::string group = "setting of crash-loop";
  const nemesis::CrashLoopSpec defaults;
  return {{group, "times",
           fmt::format("kills after a start; a number or a range, drawn per fault ({}..{})", defaults.least_times,
                       defaults.most_times)},
          {group, "alive", fmt::format("from a start to the next kill; drawn per kill ({})", range_of(defaults.alive))},
          {group, "down", fmt::format("from a kill to the next start; drawn per kill ({})", range_of(defaults.down))}};
}

std::vector<Row> starve_settings() {
  const std::string group = "setting of starve";
  const nemesis::StarveSpec defaults;
  return {{group, "share", fmt::format("of the time a node runs ({} %)", defaults.share_percent)},
          {group, "period",
           fmt::format("of one stop and one run together; drawn per fault ({})", range_of(defaults.period))}};
}

// What any fault may wait for, in place of a time.
std::vector<Row> event_settings() {
  std::vector<Row> rows;
  for (const auto& kind : nemesis::event_kinds()) {
    rows.push_back({"event that a fault waits for (when)", std::string(kind.name), std::string(kind.description)});
  }
  for (const auto& place : nemesis::places()) {
    rows.push_back({"at of an event", std::string(place.name), std::string(place.description)});
  }
  const std::string group = "setting of a fault that waits";
  rows.push_back({group, "when", "an event, or a list of events that come one after the other"});
  rows.push_back({group, "within", fmt::format("longer is not waited ({})", plan_duration(nemesis::Trigger().within))});
  rows.push_back({group, "hold", "how long after the event it strikes; what is held waits as long (0)"});
  return rows;
}

std::vector<Row> faults() {
  std::vector<Row> rows;
  for (const auto& kind : nemesis::fault_kinds()) {
    rows.push_back({"fault", std::string(kind.name), std::string(kind.description)});
  }
  for (const auto& kind : nemesis::partition_kinds()) {
    rows.push_back({"kind of partition", std::string(kind.name), std::string(kind.description)});
  }
  for (const auto& kind : nemesis::membership_kinds()) {
    rows.push_back({"kind of membership change", std::string(kind.name), std::string(kind.description)});
  }
  for (const auto& call : nemesis::disk_calls()) {
    rows.push_back({"call of io-error", std::string(call.name), std::string(call.description)});
  }
  for (const auto& error : nemesis::disk_errors()) {
    rows.push_back({"error of io-error", std::string(error.name), std::string(error.description)});
  }
  for (const auto& kind : nemesis::corrupt_kinds()) {
    rows.push_back({"kind of corrupt-file", std::string(kind.name), std::string(kind.description)});
  }
  for (const auto& torn : nemesis::torn_kinds()) {
    rows.push_back({"torn of power-failure", std::string(torn.name), std::string(torn.description)});
  }
  for (const auto& kind : nemesis::packet_kinds()) {
    rows.push_back({"kind of packet fault", std::string(kind.name), std::string(kind.description)});
  }
  for (const auto& links : nemesis::link_choices()) {
    rows.push_back({"links of a packet fault", std::string(links.name), std::string(links.description)});
  }
  for (const auto& scope : nemesis::scopes()) {
    rows.push_back(
        {"scope of partitions (nodes) and packets (all)", std::string(scope.name), std::string(scope.description)});
  }
  for (const Row& row : packet_settings()) rows.push_back(row);
  for (const Row& row : crash_loop_settings()) rows.push_back(row);
  for (const Row& row : starve_settings()) rows.push_back(row);
  for (const auto& kind : nemesis::clock_kinds()) {
    rows.push_back({"kind of clock change", std::string(kind.name), std::string(kind.description)});
  }
  for (const auto& clock : nemesis::clock_faces()) {
    rows.push_back({"clock of a clock change", std::string(clock.name), std::string(clock.description)});
  }
  for (const auto& target : nemesis::targets()) {
    rows.push_back({"target of a process or clock fault", std::string(target.name), std::string(target.description)});
  }
  rows.push_back({"target of a process or clock fault", std::string(nemesis::name_of_event_target),
                  "of a fault that waits for an event: the node at which it was seen"});
  for (const Row& row : event_settings()) rows.push_back(row);
  return rows;
}

std::vector<Row> scenarios() {
  std::vector<Row> rows;
  const std::filesystem::path folder = config_folder() / "scenarios";
  for (const std::string& name : yaml_files(folder)) {
    const std::filesystem::path file = folder / (name + ".yaml");
    rows.push_back({"", name, parse_scenario(read_input_file(file, "scenario"), file.string()).teaches});
  }
  return rows;
}

void print_rows(const std::vector<Row>& rows, bool json) {
  if (json) {
    boost::json::array list;
    for (const Row& row : rows) {
      boost::json::object object{{"name", row.name}, {"description", row.description}};
      if (!row.group.empty()) object["group"] = row.group;
      list.push_back(std::move(object));
    }
    fmt::print("{}\n", boost::json::serialize(list));
    return;
  }
  std::string group;
  for (const Row& row : rows) {
    if (row.group != group) fmt::print("{}{}:\n", group.empty() ? "" : "\n", row.group);
    group = row.group;
    fmt::print("{}{:<18} {}\n", group.empty() ? "" : "  ", row.name, row.description);
  }
}

// By tier, as people read them.
int list_mutants(bool json) {
  std::vector<Mutant> mutants = load_mutants(mutant_folder());
  std::stable_sort(mutants.begin(), mutants.end(), [](const Mutant& a, const Mutant& b) { return a.tier < b.tier; });
  const Scores scores = load_scores(mutant_folder());
  boost::json::array list;
  for (const Mutant& mutant : mutants) {
    const std::string status = known_status(mutant, scores);
    if (json) {
      list.push_back({{"name", mutant.name},
                      {"tier", to_string(mutant.tier)},
                      {"kind", to_string(mutant.kind)},
                      {"mechanism", mutant.mechanism},
                      {"rule", mutant.rule},
                      {"real", mutant.real},
                      {"plan", mutant.plan},
                      {"status", status}});
      continue;
    }
    fmt::print("{:<24} {}, {}: {}\n", mutant.name, to_string(mutant.tier), to_string(mutant.kind), status);
    fmt::print("  {:<8} {}\n", "does", mutant.mechanism);
    if (mutant.rule != "none") fmt::print("  {:<8} {}\n", "breaks", mutant.rule);
    if (mutant.real != "none") fmt::print("  {:<8} {}\n", "as in", mutant.real);
  }
  if (json) fmt::print("{}\n", boost::json::serialize(list));
  return static_cast<int>(ExitCode::valid);
}

}  // namespace

Action declare_list(CLI::App& app) {
  auto what = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  app.add_option("WHAT", *what, "targets, workloads, faults, scenarios or mutants")
      ->required()
      ->check(CLI::IsMember({"targets", "workloads", "faults", "scenarios", "mutants"}));
  app.add_flag("--json", *json, "a JSON array instead of text");
  app.footer("Example: ordeal list faults");
  return [what, json] {
    if (*what == "mutants") return list_mutants(*json);
    print_rows(*what == "targets"     ? targets()
               : *what == "workloads" ? workloads()
               : *what == "scenarios" ? scenarios()
                                      : faults(),
               *json);
    return static_cast<int>(ExitCode::valid);
  };
}

}  // namespace ordeal::harness
