#include "harness/mutants/scores_json.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_to.hpp>

#include "harness/config/config_error.h"
#include "harness/report/escape.h"

namespace ordeal::harness {
namespace {

namespace json = boost::json;

std::string text(const std::string& bytes) {
  return json::serialize(json::string(valid_utf8(bytes)));
}

// One digit behind the point is as exact as such a measurement is; Boost.JSON would write 3.4E0.
std::string seconds(double value) {
  return fmt::format("{:.1f}", value);
}
std::string seconds(std::optional<double> value) {
  return value ? seconds(*value) : "null";
}

std::string object_of(const MutantScore& score) {
  return fmt::format(R"({{"name":{},"tier":"{}","status":"{}","by":{},"median_s":{},"max_s":{},"runs":{},"seeds":{},)"
                     R"("killed_seeds":{},"load_s":{},"plan":{},"detail":{}}})",
                     text(score.name), to_string(score.tier), to_string(score.status),
                     score.by.empty() ? "null" : text(score.by), seconds(score.median_s), seconds(score.max_s),
                     score.runs, score.seeds, score.killed_seeds, seconds(score.load_s), text(score.plan),
                     text(score.detail));
}

std::string object_of(const ControlScore& score) {
  return fmt::format(R"({{"name":{},"status":{},"runs":{},"load_s":{},"detail":{}}})", text(score.name),
                     text(score.status), score.runs, seconds(score.load_s), text(score.detail));
}

// One line for each, so that two tables compare by `diff`.
template <typename Score>
std::string lines_of(const std::vector<Score>& scores) {
  std::string lines;
  for (const Score& score : scores) lines += (lines.empty() ? "\n  " : ",\n  ") + object_of(score);
  return lines;
}

std::string word(const json::object& object, const char* name) {
  const json::value& value = object.at(name);
  return value.is_null() ? std::string() : json::value_to<std::string>(value);
}

template <typename Number>
Number number(const json::object& object, const char* name) {
  const json::value* value = object.if_contains(name);
  return value == nullptr ? Number{} : value->to_number<Number>();
}

std::optional<double> optional_number(const json::object& object, const char* name) {
  const json::value& value = object.at(name);
  return value.is_null() ? std::nullopt : std::optional(value.to_number<double>());
}

MutantScore mutant_of(const json::object& object) {
  MutantScore score;
  score.name = word(object, "name");
  score.tier = parse_tiers(word(object, "tier"), "tier").front();
  const std::string status = word(object, "status");
  score.status = status == "killed"   ? MutantStatus::killed
                 : status == "broken" ? MutantStatus::broken
                                      : MutantStatus::survived;
  score.by = word(object, "by");
  score.median_s = optional_number(object, "median_s");
  score.max_s = optional_number(object, "max_s");
  score.runs = number<int>(object, "runs");
  score.seeds = number<int>(object, "seeds");
  score.killed_seeds = number<int>(object, "killed_seeds");
  score.load_s = number<double>(object, "load_s");
  if (object.contains("plan")) score.plan = word(object, "plan");
  if (object.contains("detail")) score.detail = word(object, "detail");
  return score;
}

ControlScore control_of(const json::object& object) {
  ControlScore score;
  score.name = word(object, "name");
  score.status = word(object, "status");
  score.runs = number<int>(object, "runs");
  score.load_s = number<double>(object, "load_s");
  if (object.contains("detail")) score.detail = word(object, "detail");
  return score;
}

}  // namespace

std::string to_json(const Scores& scores) {
  return fmt::format("{{\"mutants\":[{}],\n\"controls\":[{}]}}\n", lines_of(scores.mutants), lines_of(scores.controls));
}

Scores scores_from_json(std::string_view content, const std::string& file) {
  Scores scores;
  try {
    const json::value value = json::parse({content.data(), content.size()});
    for (const json::value& one : value.at("mutants").as_array()) scores.mutants.push_back(mutant_of(one.as_object()));
    for (const json::value& one : value.at("controls").as_array())
      scores.controls.push_back(control_of(one.as_object()));
  } catch (const std::exception& error) {
    throw ConfigError(fmt::format("{}: no table of scores ({}); write it anew with `ordeal mutants --json {}`", file,
                                  error.what(), file));
  }
  return scores;
}

}  // namespace ordeal::harness
