#include "harness/run/run_events.h"

#include <array>

#include "nemesis/plan/names.h"

namespace ordeal::harness {
namespace {

using checker::Event;
using checker::EventType;
using checker::List;
using checker::Map;
using checker::Value;

Event harness_event(std::string f, Map value) {
  Event event;
  event.process = checker::nemesis_process;
  event.type = EventType::info;
  event.f = std::move(f);
  event.value = Value(std::move(value));
  return event;
}

bool is(const Event& event, std::string_view f) {
  return event.process == checker::nemesis_process && event.f == f;
}

std::string text_of(const Value& map, const std::string& field) {
  const Value* value = map.find(field);
  const std::string* text = value == nullptr ? nullptr : value->get_if<std::string>();
  return text == nullptr ? std::string() : *text;
}

bool flag_of(const Value& map, const std::string& field) {
  const Value* value = map.find(field);
  const bool* flag = value == nullptr ? nullptr : value->get_if<bool>();
  return flag != nullptr && *flag;
}

std::int64_t number_of(const Value& map, const std::string& field) {
  const Value* value = map.find(field);
  const std::int64_t* number = value == nullptr ? nullptr : value->get_if<std::int64_t>();
  return number == nullptr ? 0 : *number;
}

List list_of(const std::vector<std::string>& lines) {
  return List(lines.begin(), lines.end());
}

std::vector<std::string> lines_of(const Value& map, const std::string& field) {
  std::vector<std::string> lines;
  const Value* value = map.find(field);
  const List* list = value == nullptr ? nullptr : value->get_if<List>();
  if (list == nullptr) return lines;
  for (const Value& line : *list) {
    if (const std::string* text = line.get_if<std::string>()) lines.push_back(*text);
  }
  return lines;
}

constexpr std::array<std::string_view, 3> words_of_results{"passed", "failed", "skipped"};  // by StepResult

// What an unknown word stands for must not look like a success.
checker::Verdict verdict_named(const std::string& name) {
  using checker::Verdict;
  for (const Verdict verdict : {Verdict::valid, Verdict::not_exercised, Verdict::unavailable, Verdict::invalid}) {
    if (checker::to_string(verdict) == name) return verdict;
  }
  return Verdict::unknown;
}

List list_of(const nemesis::Nodes& nodes) {
  return List(nodes.begin(), nodes.end());
}

}  // namespace

Event stage_event(std::string_view name) {
  return harness_event("stage", {{"name", std::string(name)}});
}

Event run_began_event(const RunBegan& began) {
  // The seed as text: JSON readers of other languages lose the low bits of a 64-bit number.
  return harness_event("stage", {{"name", std::string(stage::run_began)},
                                 {"seed", std::to_string(began.seed)},
                                 {"started", began.started},
                                 {"command", began.command}});
}

Event violation_event(const SeenViolation& seen) {
  return harness_event("stage", {{"name", std::string(stage::violation)},
                                 {"check", seen.check},
                                 {"summary", seen.summary},
                                 {"ended_load", seen.ended_load}});
}

Event frozen_event(const FrozenNode& node) {
  Event event = harness_event("frozen", {{"node", node.node},
                                         {"folder", node.folder},
                                         {"files", static_cast<std::int64_t>(node.files)},
                                         {"bytes", static_cast<std::int64_t>(node.bytes)},
                                         {"status", node.status},
                                         {"skipped", list_of(node.skipped)}});
  event.node = node.node;
  return event;
}

Event exit_event(const NodeExit& exit) {
  Event event = harness_event("exit", {{"node", exit.node},
                                       {"expected", exit.expected},
                                       {"status", exit.status},
                                       {"last_lines", list_of(exit.last_lines)}});
  event.node = exit.node;
  return event;
}

Event recovery_event(const NodeRecovery& recovery) {
  Map value{{"node", recovery.node}, {"recovered", recovery.after.has_value()}};
  if (recovery.after) value.emplace_back("after_ns", std::int64_t{recovery.after->count()});
  value.emplace_back("attempts", static_cast<std::int64_t>(recovery.attempts));
  value.emplace_back("last_error", recovery.last_error);
  if (!recovery.excused.empty()) value.emplace_back("excused", recovery.excused);
  Event event = harness_event("recovery", std::move(value));
  event.node = recovery.node;
  return event;
}

Event step_event(const PlayedStep& step) {
  return harness_event("step", {{"line", step.line},
                                {"text", step.text},
                                {"result", std::string(words_of_results[static_cast<std::size_t>(step.result)])},
                                {"verdict", checker::to_string(step.verdict)},
                                {"detail", step.detail}});
}

Map by_receiver(const nemesis::Grudge& links) {
  Map rows;
  for (const auto& [node, from] : links) rows.emplace_back(node, list_of(from));
  return rows;
}

Event fault_event(const nemesis::ScheduledFault& fault, std::string_view phase, const nemesis::Aim& aim,
                  const nemesis::Evidence& evidence) {
  Map value{{"id", static_cast<std::int64_t>(fault.id)},
            {"phase", std::string(phase)},
            {"fault", nemesis::to_string(fault.fault)}};
  if (!aim.nodes.empty()) value.emplace_back("nodes", list_of(aim.nodes));
  if (!aim.grudge.empty()) value.emplace_back("grudge", by_receiver(aim.grudge));
  if (!aim.links.empty()) value.emplace_back("links", by_receiver(aim.links));
  value.emplace_back("effect", evidence.effect);
  Map counts;
  for (const auto& [name, count] : evidence.counts) counts.emplace_back(name, count);
  value.emplace_back("evidence", std::move(counts));
  if (!evidence.note.empty()) value.emplace_back("note", evidence.note);
  return harness_event(nemesis::kind_of(fault.fault), std::move(value));
}

std::optional<std::string> stage_of(const Event& event) {
  if (!is(event, "stage")) return std::nullopt;
  return text_of(event.value, "name");
}

std::optional<RunBegan> run_began_of(const Event& event) {
  if (stage_of(event) != std::string(stage::run_began)) return std::nullopt;
  RunBegan began;
  const std::string seed = text_of(event.value, "seed");
  if (!seed.empty() && seed.size() <= 20 && seed.find_first_not_of("0123456789") == std::string::npos) {
    began.seed = std::strtoull(seed.c_str(), nullptr, 10);
  }
  began.started = text_of(event.value, "started");
  began.command = text_of(event.value, "command");
  return began;
}

std::optional<NodeExit> exit_of(const Event& event) {
  if (!is(event, "exit")) return std::nullopt;
  return NodeExit{.node = text_of(event.value, "node"),
                  .time = event.time,
                  .expected = flag_of(event.value, "expected"),
                  .status = text_of(event.value, "status"),
                  .last_lines = lines_of(event.value, "last_lines")};
}

std::optional<SeenViolation> violation_of(const Event& event) {
  if (stage_of(event) != std::string(stage::violation)) return std::nullopt;
  return SeenViolation{.time = event.time,
                       .check = text_of(event.value, "check"),
                       .summary = text_of(event.value, "summary"),
                       // Histories from before the word was written ended it.
                       .ended_load = event.value.find("ended_load") == nullptr || flag_of(event.value, "ended_load")};
}

std::optional<FrozenNode> frozen_of(const Event& event) {
  if (!is(event, "frozen")) return std::nullopt;
  return FrozenNode{.node = text_of(event.value, "node"),
                    .folder = text_of(event.value, "folder"),
                    .files = static_cast<std::uint64_t>(number_of(event.value, "files")),
                    .bytes = static_cast<std::uint64_t>(number_of(event.value, "bytes")),
                    .status = text_of(event.value, "status"),
                    .skipped = lines_of(event.value, "skipped")};
}

std::optional<PlayedStep> step_of(const Event& event) {
  if (!is(event, "step")) return std::nullopt;
  PlayedStep step{.line = static_cast<int>(number_of(event.value, "line")),
                  .text = text_of(event.value, "text"),
                  .result = StepResult::failed,
                  .verdict = verdict_named(text_of(event.value, "verdict")),
                  .detail = text_of(event.value, "detail")};
  for (std::size_t i = 0; i < words_of_results.size(); ++i) {
    if (text_of(event.value, "result") == words_of_results[i]) step.result = static_cast<StepResult>(i);
  }
  return step;
}

std::optional<DamagedFiles> damaged_files_of(const Event& event) {
  if (!is(event, nemesis::name_of(nemesis::FaultKind::corrupt_file)) || !flag_of(event.value, "effect")) {
    return std::nullopt;
  }
  DamagedFiles damaged;
  const std::vector<std::string> nodes = lines_of(event.value, "nodes");
  damaged.nodes = {nodes.begin(), nodes.end()};
  const Value* evidence = event.value.find("evidence");
  damaged.majority = evidence != nullptr && number_of(*evidence, "majority_damaged") > 0;
  damaged.wiped = evidence != nullptr && number_of(*evidence, "folders_wiped") > 0;
  damaged.note = text_of(event.value, "note");
  return damaged;
}

std::optional<NodeRecovery> recovery_of(const Event& event) {
  if (!is(event, "recovery")) return std::nullopt;
  NodeRecovery recovery;
  recovery.node = text_of(event.value, "node");
  if (flag_of(event.value, "recovered")) recovery.after = std::chrono::nanoseconds(number_of(event.value, "after_ns"));
  recovery.attempts = static_cast<std::uint64_t>(number_of(event.value, "attempts"));
  recovery.last_error = text_of(event.value, "last_error");
  recovery.excused = text_of(event.value, "excused");
  return recovery;
}

}  // namespace ordeal::harness
