#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <variant>

#include "harness/report/escape.h"
#include "harness/report/results_json.h"

namespace ordeal::harness {
namespace {

namespace json = boost::json;
using checker::Event;
using checker::EventType;
using std::chrono::nanoseconds;

// Boost.JSON writes bytes as they are, so text is made valid before it gets there.
json::value text(const std::string& bytes) {
  return json::value(valid_utf8(bytes));
}
json::value count(std::uint64_t number) {
  return json::value(number);
}
json::value duration(nanoseconds length) {
  return json::value(std::int64_t{length.count()});
}

json::array texts(const std::vector<std::string>& lines) {
  json::array array;
  for (const std::string& line : lines) array.push_back(text(line));
  return array;
}

struct ValueWriter {
  json::value operator()(checker::Nil) const { return nullptr; }
  json::value operator()(bool value) const { return json::value(value); }
  json::value operator()(std::int64_t value) const { return json::value(value); }
  // JSON has no word for infinity and NaN.
  json::value operator()(double value) const {
    return std::isfinite(value) ? json::value(value) : json::value(nullptr);
  }
  json::value operator()(const std::string& value) const { return text(value); }
  json::value operator()(const checker::List& list) const {
    json::array array;
    for (const checker::Value& element : list) array.push_back(std::visit(*this, element.variant()));
    return array;
  }
  json::value operator()(const checker::Map& map) const {
    json::object object;
    for (const checker::Field& field : map) object[valid_utf8(field.first)] = std::visit(*this, field.second.variant());
    return object;
  }
};

const char* type_name(EventType type) {
  switch (type) {
    case EventType::invoke:
      return "invoke";
    case EventType::ok:
      return "ok";
    case EventType::fail:
      return "fail";
    case EventType::info:
      return "info";
  }
  return "";
}

json::value optional_text(const std::optional<std::string>& value) {
  return value.has_value() ? text(*value) : json::value(nullptr);
}

// The same fields as a line of history.jsonl.
json::object event_object(const Event& event) {
  json::object object;
  object["index"] = count(event.index);
  object["time"] = duration(event.time);
  const bool nemesis = event.process == checker::nemesis_process;
  object["process"] = nemesis ? json::value("nemesis") : json::value(event.process);
  object["type"] = type_name(event.type);
  object["f"] = text(event.f);
  if (event.key.has_value()) object["key"] = text(*event.key);
  object["value"] = std::visit(ValueWriter{}, event.value.variant());
  if (!event.node.empty()) object["node"] = text(event.node);
  if (!event.error.empty()) object["error"] = text(event.error);
  return object;
}

json::array events_array(const std::vector<std::uint64_t>& indices) {
  json::array array;
  for (const std::uint64_t index : indices) array.push_back(count(index));
  return array;
}

json::value blocks_value(const std::optional<checker::Contradiction>& blocks) {
  if (!blocks.has_value()) return nullptr;
  return {{"one", text(blocks->one)},
          {"other", text(blocks->other)},
          {"operations", events_array(blocks->operations)},
          {"sentence", text(blocks->sentence)}};
}

json::value witness_value(const std::optional<checker::Witness>& witness) {
  if (!witness.has_value()) return nullptr;
  json::array states;
  for (const checker::LastState& state : witness->states) {
    states.push_back(
        {{"state", text(state.state)}, {"pending", text(state.pending)}, {"why_not", text(state.why_not)}});
  }
  json::array operations;
  for (const Event& event : witness->operations) operations.push_back(event_object(event));
  return {{"key", optional_text(witness->key)},
          {"explanation", text(witness->explanation)},
          {"call", event_object(witness->call)},
          {"completion", event_object(witness->completion)},
          {"last_states", texts(witness->last_states)},
          {"operations", operations},
          {"states", states},
          {"prefix_operations", count(witness->prefix_operations)},
          {"operations_in_all", count(witness->operations_in_all)},
          {"begins", text(witness->begins)},
          {"order", events_array(witness->order)},
          {"blocks", blocks_value(witness->blocks)},
          {"confirmed", witness->confirmed.has_value() ? json::value(*witness->confirmed) : json::value(nullptr)}};
}

json::array finding_array(const std::vector<checker::Finding>& findings) {
  json::array array;
  for (const checker::Finding& finding : findings) {
    array.push_back({{"check", text(finding.check)},
                     {"verdict", checker::to_string(finding.verdict)},
                     {"summary", text(finding.summary)},
                     {"details", texts(finding.details)},
                     {"witness", witness_value(finding.witness)}});
  }
  return array;
}

json::array exit_array(const std::vector<NodeExit>& exits) {
  json::array array;
  for (const NodeExit& exit : exits) {
    array.push_back({{"node", text(exit.node)},
                     {"time_ns", duration(exit.time)},
                     {"expected", exit.expected},
                     {"status", text(exit.status)},
                     {"last_lines", texts(exit.last_lines)}});
  }
  return array;
}

json::value seen_value(const std::optional<SeenViolation>& seen) {
  if (!seen.has_value()) return nullptr;
  return {{"time_ns", duration(seen->time)},
          {"check", text(seen->check)},
          {"summary", text(seen->summary)},
          {"ended_load", seen->ended_load}};
}

json::array frozen_array(const std::vector<FrozenNode>& frozen) {
  json::array array;
  for (const FrozenNode& node : frozen) {
    array.push_back({{"node", text(node.node)},
                     {"folder", text(node.folder)},
                     {"files", count(node.files)},
                     {"bytes", count(node.bytes)},
                     {"status", text(node.status)},
                     {"skipped", texts(node.skipped)}});
  }
  return array;
}

json::object operation_object(const std::map<std::string, OutcomeCounts>& operations) {
  json::object object;
  for (const auto& [f, counts] : operations) {
    object[valid_utf8(f)] = {{"ok", counts.ok}, {"fail", counts.fail}, {"info", counts.info}};
  }
  return object;
}

json::object fault_object(const std::map<std::string, FaultCounts>& faults) {
  json::object object;
  for (const auto& [fault, counts] : faults) {
    object[valid_utf8(fault)] = {{"injected", counts.injected}, {"with_effect", counts.with_effect}};
  }
  return object;
}

// Boost.JSON has no pretty printer. What fits on a line stays on it, so that an event or a row of counts is one line.
void print(const json::value& value, std::size_t indent, std::string& out) {
  constexpr std::size_t widest = 118;
  const std::string compact = json::serialize(value);
  const bool composed =
      (value.is_object() && !value.get_object().empty()) || (value.is_array() && !value.get_array().empty());
  const bool event = value.is_object() && value.get_object().contains("index");
  if (!composed || event || (indent > 0 && indent + compact.size() <= widest)) {
    out += compact;
    return;
  }
  const std::string margin = "\n" + std::string(indent + 2, ' ');
  const char* separator = "";
  out += value.is_object() ? '{' : '[';
  if (value.is_object()) {
    for (const auto& [name, member] : value.get_object()) {
      out += separator + margin + json::serialize(json::string(name)) + ": ";
      print(member, indent + 2, out);
      separator = ",";
    }
  } else {
    for (const json::value& element : value.get_array()) {
      out += separator + margin;
      print(element, indent + 2, out);
      separator = ",";
    }
  }
  out += "\n" + std::string(indent, ' ') + (value.is_object() ? '}' : ']');
}

}  // namespace

std::string to_json(const Results& results) {
  json::object errors;
  for (const auto& [error, times] : results.errors) errors[valid_utf8(error)] = times;
  const json::object object = {
      {"verdict", checker::to_string(results.verdict)},
      {"plan", text(results.plan)},
      {"target", text(results.target)},
      {"seed", results.seed},
      {"started", text(results.started)},
      {"repeat_command", text(results.repeat_command)},
      {"load_began_ns", duration(results.load_began)},
      {"load_ended_ns", duration(results.load_ended)},
      {"ended_ns", duration(results.ended)},
      {"findings", finding_array(results.findings)},
      {"operations", operation_object(results.operations)},
      {"errors", errors},
      {"latencies_of_ok",
       {{"p50_ns", duration(results.latencies.p50)},
        {"p99_ns", duration(results.latencies.p99)},
        {"max_ns", duration(results.latencies.max)}}},
      {"longest_stall_ns", duration(results.longest_stall)},
      {"faults", fault_object(results.faults)},
      {"exits", exit_array(results.exits)},
      {"seen_online", seen_value(results.seen_online)},
      {"frozen", frozen_array(results.frozen)},
  };
  std::string out;
  print(object, 0, out);
  return out + "\n";
}

}  // namespace ordeal::harness
