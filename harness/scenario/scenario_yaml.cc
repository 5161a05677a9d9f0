// A scenario's YAML -> typed steps.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "harness/config/client_abilities.h"
#include "harness/config/config_error.h"
#include "harness/config/document.h"
#include "harness/config/reader.h"
#include "harness/scenario/scenario.h"
#include "harness/scenario/scope.h"
#include "harness/scenario/step_yaml.h"

namespace ordeal::harness {
namespace {

constexpr std::int64_t most_steps = 1000;

// The steps of a file, with the names that are bound on the way.
class Reader {
 public:
  Reader(std::string_view yaml, int nodes, ScenarioWorkload workload) : scope_(nodes), workload_(workload) {
    for (std::size_t begin = 0; begin <= yaml.size();) {
      const std::size_t end = std::min(yaml.find('\n', begin), yaml.size());
      lines_.emplace_back(yaml.substr(begin, end - begin));
      begin = end + 1;
    }
  }

  void read(const Setting& list, const std::string& suffix) {
    for (const Setting& item : items_of(list, "[{await: {leader: L}}, {kill: L}]")) {
      const Section section(item, step_kinds());
      if (item.node.entries.size() != 1) refuse(item, "is no single step; write each step as an item of its own");
      const Setting body = *section.find(item.node.entries.front().key);
      if (item.node.entries.front().key == "repeat") {
        repeat(body);
        continue;
      }
      if (static_cast<std::int64_t>(steps_.size()) >= most_steps) refuse(item, "is one step too many of a scenario");
      steps_.push_back({.line = item.node.place.line,
                        .text = text_of_line(item.node.place.line) + suffix,
                        .what = read_step(item.node.entries.front().key, body, workload_, scope_)});
    }
  }

  std::vector<Step> take(const Setting& list) {
    if (!scope_.unanswered().empty()) {
      refuse(list, fmt::format("nothing waits for \"{}\"; write {{answer: {{to: {}, expect: ...}}}}",
                               scope_.unanswered(), scope_.unanswered()));
    }
    return std::move(steps_);
  }

 private:
  void repeat(const Setting& setting) {
    const Section section(setting, {"times", "steps"});
    const std::int64_t times = whole_number_of(section.require("times", "write how often"), 2, 100);
    const Setting steps = section.require("steps", "write the steps that are repeated");
    for (std::int64_t i = 1; i <= times; ++i) read(steps, fmt::format(" ({} of {})", i, times));
  }

  // As it is written, without the mark of the list and a comment.
  std::string text_of_line(int line) const {
    std::string text = lines_.at(static_cast<std::size_t>(line) - 1);
    text = text.substr(0, text.find(" #"));
    const std::size_t begin = text.find_first_not_of(" -");
    const std::size_t end = text.find_last_not_of(" \r");
    return begin == std::string::npos ? text : text.substr(begin, end - begin + 1);
  }

  Scope scope_;
  ScenarioWorkload workload_;
  std::vector<std::string> lines_;
  std::vector<Step> steps_;
};

std::map<std::string, std::vector<std::string>> arguments_of(const Setting& setting) {
  std::map<std::string, std::vector<std::string>> arguments;
  if (setting.node.kind != Node::Kind::map) {
    refuse(setting, fmt::format("{} says no arguments; write {{raftd: [--no-pre-vote]}}", described(setting)));
  }
  for (const Entry& entry : setting.node.entries) {
    const Setting words{entry.value, setting.path + "." + entry.key};
    for (const Setting& item : items_of(words, "[--no-pre-vote]")) arguments[entry.key].push_back(text_of(item));
  }
  return arguments;
}

bool asks(const Expression& expression, const Target& target, std::string& lacking) {
  Mentioned mentioned;
  mention(expression, mentioned);
  if (mentioned.status && target.status_path.empty()) lacking = "no status";
  if (mentioned.metrics && target.metrics_path.empty()) lacking = "no metrics";
  return lacking.empty();
}

std::string lacking_for(const std::vector<Condition>& conditions, const Target& target) {
  std::string lacking;
  for (const Condition& condition : conditions) {
    asks(condition.left, target, lacking);
    asks(condition.right, target, lacking);
  }
  return lacking;
}

const Call* call_of(const Step& step) {
  if (const auto* invoke = std::get_if<Invoke>(&step.what)) return &invoke->call;
  const auto* send = std::get_if<Send>(&step.what);
  return send == nullptr ? nullptr : &send->call;
}

// What the target must tell or do for this step, and does not.
std::string need_of(const Step& step, const Target& target) {
  if (std::holds_alternative<TransferTo>(step.what) && !target.transfer) return "no transfer";
  if (const auto* member = std::get_if<Member>(&step.what)) {
    if (!target.members) return "no members";
    if (member->change == Change::promote && !target.members->promote) return "no members.promote";
  }
  const auto* ail = std::get_if<Ail>(&step.what);
  if (ail != nullptr && std::holds_alternative<nemesis::CorruptFile>(ail->fault) && target.corruptible.empty()) {
    return "no disk.corruptible";
  }
  std::string lacking;
  if (const auto* note = std::get_if<Note>(&step.what)) asks(note->value, target, lacking);
  const auto* await = std::get_if<Await>(&step.what);
  if (await == nullptr) return lacking;
  if (std::holds_alternative<AwaitLeader>(await->what)) return target.leader ? "" : "no leader";
  if (const auto* conditions = std::get_if<AwaitConditions>(&await->what)) {
    return lacking_for(conditions->conditions, target);
  }
  return "";
}

}  // namespace

Scenario parse_scenario(std::string_view yaml, const std::string& file) {
  const Node root = parse_document(yaml, file);
  if (root.kind != Node::Kind::map) refuse(root.place, "", "is no scenario; see configs/scenarios/README.md");
  const Section section({root, ""},
                        {"name", "teaches", "nodes", "spares", "workload", "arguments", "joining", "mutants", "steps"});
  Scenario scenario;
  const Setting name = section.require("name", "write the name of the file without .yaml");
  scenario.name = text_of(name);
  if (scenario.name != std::filesystem::path(file).stem().string()) {
    refuse(name, fmt::format("\"{}\" is not the name of the file; write {}", scenario.name,
                             std::filesystem::path(file).stem().string()));
  }
  scenario.teaches = text_of(section.require("teaches", "write in one line what one learns from it"));
  if (const auto nodes = section.find("nodes")) {
    scenario.nodes = static_cast<int>(whole_number_of(*nodes, 1, 9));
  }
  if (const auto spares = section.find("spares")) scenario.spares = static_cast<int>(whole_number_of(*spares, 0, 9));
  if (const auto workload = section.find("workload")) {
    const bool counter = one_of(*workload, "workload", {"register", "counter"}) == "counter";
    scenario.workload = counter ? ScenarioWorkload::counter : ScenarioWorkload::register_;
  }
  if (const auto arguments = section.find("arguments")) scenario.arguments = arguments_of(*arguments);
  if (const auto joining = section.find("joining")) {
    scenario.joining = arguments_of(*joining);
    if (scenario.spares == 0) refuse(*joining, "is of nodes that are added, and there are none; write spares: 1");
  }
  if (const auto mutants = section.find("mutants")) {
    for (const Setting& item : items_of(*mutants, "[no-stepdown]")) scenario.mutants.push_back(text_of(item));
  }
  const Setting steps = section.require("steps", "write what happens, one item a step");
  Reader reader(yaml, scenario.nodes + scenario.spares, scenario.workload);
  reader.read(steps, "");
  scenario.steps = reader.take(steps);
  return scenario;
}

std::vector<std::string> why_not_playable(const Scenario& scenario, const Target& target) {
  std::vector<std::string> reasons;
  const auto add = [&](const std::string& reason) {
    if (std::ranges::find(reasons, reason) == reasons.end()) reasons.push_back(reason);
  };
  const auto silent = [&](const auto& words) { return !words.empty() && !words.contains(target.name); };
  if (silent(scenario.arguments) || silent(scenario.joining)) {
    add(fmt::format("it does not say with which arguments {} is to be started", target.name));
  }
  for (const Step& step : scenario.steps) {
    if (const std::string need = need_of(step, target); !need.empty()) {
      add(fmt::format("the target's file says {}, which line {} needs", need, step.line));
    }
    const Call* call = call_of(step);
    if (call == nullptr) continue;
    if (const std::string why = why_not_able(target.client, call->f, call->read_mode); !why.empty()) {
      add(fmt::format("line {}: a client of {} {}", step.line, target.name, why));
    }
    if (call->bytes > 0 && target.client.kind != ClientKind::raftd) {
      add(fmt::format("line {}: a client of {} cannot write numbers of so many bytes", step.line, target.name));
    }
  }
  return reasons;
}

bool needs_disks(const Scenario& scenario) {
  return std::ranges::any_of(scenario.steps, [](const Step& step) {
    const auto* ail = std::get_if<Ail>(&step.what);
    return ail != nullptr && nemesis::needs_disks(ail->fault);
  });
}

bool needs_clocks(const Scenario& scenario) {
  return std::ranges::any_of(scenario.steps, [](const Step& step) {
    const auto* ail = std::get_if<Ail>(&step.what);
    return ail != nullptr && std::holds_alternative<nemesis::ClockChange>(ail->fault);
  });
}

std::string why_skipped(const Step& step, const Target& target) {
  std::string lacking;
  if (const auto* assertion = std::get_if<Assert>(&step.what)) lacking = lacking_for(assertion->conditions, target);
  if (const auto* report = std::get_if<Report>(&step.what)) asks(report->value, target, lacking);
  return lacking.empty() ? "" : fmt::format("the target's file says {}", lacking);
}

}  // namespace ordeal::harness
