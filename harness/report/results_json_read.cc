#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parser.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>

#include "harness/config/config_error.h"
#include "harness/report/results_json.h"

namespace ordeal::harness {
namespace {

namespace json = boost::json;
using checker::Event;
using checker::EventType;
using checker::Value;
using checker::Verdict;
using std::chrono::nanoseconds;

constexpr const char* cure = "judge the run again with `ordeal check`, or take the file as ordeal wrote it";

// A value and the path that leads to it, so that every complaint can say where.
class Place {
 public:
  Place(const json::value& value, std::string path, const std::string& file)
      : value_(value), path_(std::move(path)), file_(file) {}

  [[noreturn]] void refuse(const std::string& wrong) const {
    throw ConfigError(fmt::format("{}: {}: {}; {}", file_, path_.empty() ? "top level" : path_, wrong, cure));
  }

  const json::value& value() const { return value_; }
  bool is_null() const { return value_.is_null(); }

  std::string text() const {
    if (!value_.is_string()) refuse("is no text");
    return std::string(value_.get_string());
  }
  bool boolean() const {
    if (!value_.is_bool()) refuse("is neither true nor false");
    return value_.get_bool();
  }
  std::uint64_t count() const {
    if (value_.is_uint64()) return value_.get_uint64();
    if (!value_.is_int64() || value_.get_int64() < 0) refuse("is no whole number from 0");
    return static_cast<std::uint64_t>(value_.get_int64());
  }
  std::int64_t integer() const {
    if (!value_.is_int64()) refuse("is no whole number of 64 bits");
    return value_.get_int64();
  }
  nanoseconds duration() const { return nanoseconds(integer()); }

  Place at(std::string_view name) const {
    if (!value_.is_object()) refuse("is no object");
    const json::value* member = value_.get_object().if_contains(name);
    if (member == nullptr) refuse(fmt::format("the field `{}` is missing", name));
    return {*member, path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name), file_};
  }
  bool has(std::string_view name) const { return value_.is_object() && value_.get_object().contains(name); }

  void allow_only(std::initializer_list<std::string_view> names) const {
    if (!value_.is_object()) refuse("is no object");
    for (const auto& member : value_.get_object()) {
      const std::string_view name(member.key().data(), member.key().size());
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        refuse(fmt::format("the field `{}` is not known", name));
      }
    }
  }

  template <typename Read>
  auto elements(Read read) const {
    if (!value_.is_array()) refuse("is no array");
    std::vector<decltype(read(*this))> all;
    for (const json::value& element : value_.get_array()) {
      all.push_back(read(Place(element, fmt::format("{}[{}]", path_, all.size()), file_)));
    }
    return all;
  }
  template <typename Read>
  auto members(Read read) const {
    if (!value_.is_object()) refuse("is no object");
    std::map<std::string, decltype(read(*this))> all;
    for (const auto& member : value_.get_object()) {
      const std::string name(member.key().data(), member.key().size());
      all.emplace(name, read(Place(member.value(), path_ + "." + name, file_)));
    }
    return all;
  }

 private:
  const json::value& value_;
  std::string path_;
  const std::string& file_;
};

std::string read_text(const Place& place) {
  return place.text();
}

Value read_value(const Place& place) {
  const json::value& value = place.value();
  if (value.is_null()) return checker::Nil{};
  if (value.is_bool()) return value.get_bool();
  if (value.is_int64()) return value.get_int64();
  if (value.is_double()) return value.get_double();
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_array()) return place.elements(read_value);
  if (!value.is_object()) place.refuse("is a number beyond 64 bits with sign");
  checker::Map map;
  for (const auto& member : value.get_object()) {
    const std::string name(member.key().data(), member.key().size());
    map.emplace_back(name, read_value(place.at(name)));
  }
  return map;
}

Verdict read_verdict(const Place& place) {
  const std::string name = place.text();
  for (const Verdict verdict :
       {Verdict::valid, Verdict::not_exercised, Verdict::unknown, Verdict::unavailable, Verdict::invalid}) {
    if (checker::to_string(verdict) == name) return verdict;
  }
  place.refuse(fmt::format("`{}` is no verdict", name));
}

EventType read_type(const Place& place) {
  const std::string name = place.text();
  if (name == "invoke") return EventType::invoke;
  if (name == "ok") return EventType::ok;
  if (name == "fail") return EventType::fail;
  if (name == "info") return EventType::info;
  place.refuse(fmt::format("`{}` is no type of an event", name));
}

checker::Process read_process(const Place& place) {
  if (place.value().is_string() && place.text() == "nemesis") return checker::nemesis_process;
  return place.integer();
}

Event read_event(const Place& place) {
  place.allow_only({"index", "time", "process", "type", "f", "key", "value", "node", "error"});
  Event event;
  event.index = place.at("index").count();
  event.time = place.at("time").duration();
  event.process = read_process(place.at("process"));
  event.type = read_type(place.at("type"));
  event.f = place.at("f").text();
  if (place.has("key")) event.key = place.at("key").text();
  event.value = read_value(place.at("value"));
  if (place.has("node")) event.node = place.at("node").text();
  if (place.has("error")) event.error = place.at("error").text();
  return event;
}

std::uint64_t read_count(const Place& place) {
  return place.count();
}

checker::LastState read_state(const Place& place) {
  place.allow_only({"state", "pending", "why_not"});
  return {
      .state = place.at("state").text(), .pending = place.at("pending").text(), .why_not = place.at("why_not").text()};
}

checker::Contradiction read_blocks(const Place& place) {
  place.allow_only({"one", "other", "operations", "sentence"});
  return {.one = place.at("one").text(),
          .other = place.at("other").text(),
          .operations = place.at("operations").elements(read_count),
          .sentence = place.at("sentence").text()};
}

// Runs of before they were written do not have them.
void read_newer_parts(const Place& place, checker::Witness& witness) {
  if (place.has("states")) witness.states = place.at("states").elements(read_state);
  if (place.has("prefix_operations")) witness.prefix_operations = place.at("prefix_operations").count();
  if (place.has("operations_in_all")) witness.operations_in_all = place.at("operations_in_all").count();
  if (place.has("begins")) witness.begins = place.at("begins").text();
  if (place.has("order")) witness.order = place.at("order").elements(read_count);
  if (place.has("blocks") && !place.at("blocks").is_null()) witness.blocks = read_blocks(place.at("blocks"));
  if (place.has("confirmed") && !place.at("confirmed").is_null()) {
    witness.confirmed = place.at("confirmed").boolean();
  }
}

checker::Witness read_witness(const Place& place) {
  place.allow_only({"key", "explanation", "call", "completion", "last_states", "operations", "states",
                    "prefix_operations", "operations_in_all", "begins", "order", "blocks", "confirmed"});
  checker::Witness witness;
  if (!place.at("key").is_null()) witness.key = place.at("key").text();
  witness.explanation = place.at("explanation").text();
  witness.call = read_event(place.at("call"));
  witness.completion = read_event(place.at("completion"));
  witness.last_states = place.at("last_states").elements(read_text);
  witness.operations = place.at("operations").elements(read_event);
  read_newer_parts(place, witness);
  return witness;
}

checker::Finding read_finding(const Place& place) {
  place.allow_only({"check", "verdict", "summary", "details", "witness"});
  checker::Finding finding;
  finding.check = place.at("check").text();
  finding.verdict = read_verdict(place.at("verdict"));
  finding.summary = place.at("summary").text();
  finding.details = place.at("details").elements(read_text);
  if (!place.at("witness").is_null()) finding.witness = read_witness(place.at("witness"));
  return finding;
}

NodeExit read_exit(const Place& place) {
  place.allow_only({"node", "time_ns", "expected", "status", "last_lines"});
  return {.node = place.at("node").text(),
          .time = place.at("time_ns").duration(),
          .expected = place.at("expected").boolean(),
          .status = place.at("status").text(),
          .last_lines = place.at("last_lines").elements(read_text)};
}

std::optional<SeenViolation> read_seen(const Place& place) {
  if (place.is_null()) return std::nullopt;
  place.allow_only({"time_ns", "check", "summary", "ended_load"});
  return SeenViolation{.time = place.at("time_ns").duration(),
                       .check = place.at("check").text(),
                       .summary = place.at("summary").text(),
                       .ended_load = place.at("ended_load").boolean()};
}

FrozenNode read_frozen(const Place& place) {
  place.allow_only({"node", "folder", "files", "bytes", "status", "skipped"});
  return {.node = place.at("node").text(),
          .folder = place.at("folder").text(),
          .files = place.at("files").count(),
          .bytes = place.at("bytes").count(),
          .status = place.at("status").text(),
          .skipped = place.at("skipped").elements(read_text)};
}

OutcomeCounts read_outcomes(const Place& place) {
  place.allow_only({"ok", "fail", "info"});
  return {.ok = place.at("ok").count(), .fail = place.at("fail").count(), .info = place.at("info").count()};
}

FaultCounts read_fault(const Place& place) {
  place.allow_only({"injected", "with_effect"});
  return {.injected = place.at("injected").count(), .with_effect = place.at("with_effect").count()};
}

Latencies read_latencies(const Place& place) {
  place.allow_only({"p50_ns", "p99_ns", "max_ns"});
  return {
      .p50 = place.at("p50_ns").duration(), .p99 = place.at("p99_ns").duration(), .max = place.at("max_ns").duration()};
}

json::value parse(std::string_view text, const std::string& file) {
  json::parse_options options;
  options.max_depth = 200;  // a value of the history may nest deeper than the default of 32
  json::parser parser(json::storage_ptr(), options);
  json::error_code error;
  const std::size_t end = parser.write_some(text.data(), text.size(), error);
  if (error == json::error::incomplete) {
    throw ConfigError(fmt::format("{}: the text ends before its JSON does; {}", file, cure));
  }
  const std::size_t stray = text.find_first_not_of(" \t\r\n", end);
  if (!error && stray == std::string_view::npos) return parser.release();
  const std::string_view before = text.substr(0, error ? end : stray);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t column = before.size() - (before.rfind('\n') + 1) + 1;
  const std::string wrong = error ? error.message() : "text after the end of the JSON";
  throw ConfigError(fmt::format("{}:{}:{}: no valid JSON ({}); {}", file, line, column, wrong, cure));
}

}  // namespace

Results results_from_json(std::string_view text, const std::string& file) {
  const json::value value = parse(text, file);
  const Place top(value, "", file);
  top.allow_only({"verdict", "plan", "target", "seed", "started", "repeat_command", "load_began_ns", "load_ended_ns",
                  "ended_ns", "findings", "operations", "errors", "latencies_of_ok", "longest_stall_ns", "faults",
                  "exits", "seen_online", "frozen"});
  Results results;
  results.verdict = read_verdict(top.at("verdict"));
  results.plan = top.at("plan").text();
  results.target = top.at("target").text();
  results.seed = top.at("seed").count();
  results.started = top.at("started").text();
  results.repeat_command = top.at("repeat_command").text();
  results.load_began = top.at("load_began_ns").duration();
  results.load_ended = top.at("load_ended_ns").duration();
  results.ended = top.at("ended_ns").duration();
  results.findings = top.at("findings").elements(read_finding);
  results.operations = top.at("operations").members(read_outcomes);
  results.errors = top.at("errors").members([](const Place& place) { return place.count(); });
  results.latencies = read_latencies(top.at("latencies_of_ok"));
  results.longest_stall = top.at("longest_stall_ns").duration();
  results.faults = top.at("faults").members(read_fault);
  results.exits = top.at("exits").elements(read_exit);
  results.seen_online = read_seen(top.at("seen_online"));
  results.frozen = top.at("frozen").elements(read_frozen);
  return results;
}

}  // namespace ordeal::harness
