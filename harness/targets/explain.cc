#include "harness/targets/explain.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <string.h>

#include "harness/cluster/node_question.h"

namespace ordeal::harness {

namespace {

std::string line(std::string_view label, std::string_view text) {
  return fmt::format("  {:<12} {}\n", label, text);
}

std::string answer_text(const Question& question, int status, const std::string& matches) {
  std::string text = as_said(question);
  if (question.way == Question::Way::http) {
    text += status == 0 ? " answers 2xx" : fmt::format(" answers {}", status);
  } else if (question.way == Question::Way::tcp) {
    text += question.send.empty() ? " succeeds" : " is answered";
  } else {
    text += " ends with exit status 0";
  }
  return matches.empty() ? text : text + fmt::format(", with what matches {}", matches);
}

std::string leader_text(const LeaderProbe& probe) {
  const std::string asked = as_said(probe.question);
  if (!probe.matches.empty()) return fmt::format("when the answer of {} matches {}", asked, probe.matches);
  return fmt::format("when in the answer of {} {} is {}; its term is {}", asked, probe.field,
                     probe.equals_field.empty() ? probe.equals : "what " + probe.equals_field + " is",
                     probe.term_field);
}

std::string step_text(const SetupStep& step) {
  const char* when = step.when == SetupStep::When::before_start ? "before a node's first start"
                     : step.when == SetupStep::When::first_ready
                         ? "when the first node is ready, before the others start"
                     : step.at_each ? "when all are ready, at each node"
                                    : "when all are ready";
  return fmt::format("{}, until {}, at most {:g} s", when, answer_text(step.question, step.status, step.matches),
                     std::chrono::duration<double>(step.within).count());
}

std::string start_text(const Target& target) {
  std::string text = line("a node is", fmt::format("{}", fmt::join(target.command, " ")));
  if (!target.words_of_first.empty())
    text += line("", fmt::format("the first one with {}", fmt::join(target.words_of_first, " ")));
  if (!target.words_of_others.empty())
    text += line("", fmt::format("the others with {}", fmt::join(target.words_of_others, " ")));
  for (const auto& [name, value] : target.environment)
    text += line("", fmt::format("{}={} in its environment", name, value));
  for (const NodeFile& file : target.files) {
    text +=
        line("", fmt::format("{} is written before {}", file.path, file.each_start ? "each start" : "its first start"));
  }
  for (const SetupStep& step : target.setup) text += line("set-up", step_text(step));
  return text;
}

std::string upgrade_text(const Target& target) {
  if (!target.upgrade) return "none, so no fault runs two versions side by side";
  const OtherVersion& other = *target.upgrade;
  std::string text = other.binary.empty() ? "the same program" : other.binary;
  if (!other.command.empty()) text += fmt::format(", as {}", fmt::join(other.command, " "));
  if (!other.words.empty()) text += fmt::format(", with {}", fmt::join(other.words, " "));
  for (const auto& [name, value] : other.environment)
    text += fmt::format(", with {}={} in its environment", name, value);
  return text;
}

std::string faults_text(const Target& target) {
  std::string text = line("peers", target.peer_port ? fmt::format("talk on TCP port {}", *target.peer_port)
                                                    : "no peer_port, so no fault has the scope peers");
  text += line("members", target.members ? fmt::format("can be listed, added, removed{}",
                                                       target.members->promote ? " and promoted" : "")
                                         : "no members, so none can be added or removed");
  text += line("transfer", target.transfer ? as_said({.request = *target.transfer}) : "none, so no leader hands over");
  text += line("upgrade", upgrade_text(target));
  for (const auto& [knob, choices] : target.knobs) {
    std::vector<std::string> names;
    for (const auto& choice : choices) names.push_back(choice.first);
    text += line("knob", fmt::format("{}: {}", knob, fmt::join(names, ", ")));
  }
  const std::size_t alarms = target.log_alarms.size() + target.log_alarm_patterns.size();
  text += line("alarms", alarms == 0 ? "none: nothing that a node writes is a finding"
                                     : fmt::format("{} texts and patterns", alarms));
  return text;
}

}  // namespace

std::string explain(const Target& target) {
  std::string text = line("program", target.binary);
  if (target.version) text += line("version", fmt::format("{} or newer", target.version->at_least));
  text += start_text(target);
  text += line("ready", fmt::format("when {}, within {:g} s",
                                    answer_text(target.ready.question, target.ready.status, target.ready.matches),
                                    std::chrono::duration<double>(target.ready_within).count()));
  text += line("leads", target.leader ? leader_text(*target.leader) : "not said, so nobody knows the leader");
  text += line("clients", fmt::format("talk to {}", target.endpoint));
  text += line("status", target.status_path.empty() ? "not told, so the check `status` has nothing to judge"
                                                    : target.status_path);
  text += faults_text(target);
  return text + line("ends", fmt::format("by SIG{}", ::sigabbrev_np(target.stop_signal)));
}

}  // namespace ordeal::harness
