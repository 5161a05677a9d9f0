#include "harness/clients/http_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cassert>
#include <utility>

#include "harness/clients/base64.h"
#include "harness/clients/classify.h"
#include "harness/clients/wire_value.h"

namespace ordeal::harness {
namespace {

namespace json = boost::json;
using checker::EventType;
using checker::Nil;
using checker::Value;
using workloads::Operation;
using Meaning = AnswerPattern::Meaning;

json::value parsed(const std::string& body) {
  json::error_code error;
  json::value value = json::parse(body, error);
  return error ? json::value() : value;
}

// nullptr: nothing is there, or null.
const json::value* find(const json::value& body, const std::string& pointer) {
  json::error_code missing;
  const json::value* found = body.find_pointer(pointer, missing);
  return found == nullptr || found->is_null() ? nullptr : found;
}

std::string as_text(const json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : json::serialize(value);
}

bool fits(const AnswerPattern& pattern, const HttpAnswer& answer, const json::value& body) {
  if (pattern.status && *pattern.status != answer.status) return false;
  if (!pattern.text.empty() && answer.body.find(pattern.text) == std::string::npos) return false;
  if (pattern.field.empty()) return true;
  if (body.is_null()) return false;  // no JSON: nothing is known of its fields, not even that they are missing
  const json::value* field = find(body, pattern.field);
  if (!pattern.equals) return (field != nullptr) == pattern.there;
  return field != nullptr && as_text(*field) == *pattern.equals;
}

// nullopt: nobody understands it.
std::optional<Value> value_in(const json::value& body, const HttpTemplate& request) {
  const json::value* value = find(body, request.value);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) {
    const std::string_view text(value->get_string());
    if (!request.base64) return history_value(text);
    const std::optional<std::string> bytes = from_base64(text);
    return bytes ? std::optional(history_value(*bytes)) : std::nullopt;
  }
  if (value->is_int64() && !request.base64) return value->get_int64();
  return std::nullopt;
}

// In the words of classify.h, which are raftd's: 409 "mismatch", 404 "not_found". Other names go without a status, so
// that none of them passes for these.
void say(Attempt& attempt, const AnswerPattern* pattern, const HttpAnswer& answer) {
  if (pattern == nullptr) return;
  const auto refusal = [&](bool definite) {
    attempt.status = 0;
    attempt.definite = definite;
    attempt.code = pattern->error.empty() ? fmt::format("http-{}", answer.status) : pattern->error;
  };
  switch (pattern->is) {
    case Meaning::ok:
      attempt.status = 200;
      return;
    case Meaning::fail:
      return refusal(true);
    case Meaning::info:
      return refusal(false);
    case Meaning::mismatch:
      attempt.status = 409;
      attempt.definite = true;
      attempt.code = "mismatch";
      return;
    case Meaning::absent:
      attempt.status = 404;
      attempt.code = "not_found";
      return;
  }
}

bool is_success(int status) {
  return status >= 200 && status < 300;
}

}  // namespace

Outcome http_outcome(const Operation& operation, const HttpTemplate& request, const HttpAnswer& answer) {
  const bool is_answered = answer.reach == Reach::answered;
  const json::value body = is_answered ? parsed(answer.body) : json::value();
  const auto pattern = std::ranges::find_if(
      request.answers, [&](const AnswerPattern& one) { return is_answered && fits(one, answer, body); });
  const AnswerPattern* found = pattern == request.answers.end() ? nullptr : &*pattern;
  const bool by_default = found == nullptr && is_success(answer.status) &&
                          std::ranges::find(request.answers, Meaning::ok, &AnswerPattern::is) == request.answers.end();
  Attempt attempt{.kind = operation_kind(operation.f),
                  .reach = answer.reach,
                  .transport_error = answer.transport_error,
                  .status = answer.status,
                  .body_understood = by_default || (found != nullptr && found->is == Meaning::ok),
                  .definite = std::nullopt,
                  .code = {}};
  std::optional<Value> read;
  if (attempt.kind == OperationKind::read) {
    read = value_in(body, request);
    attempt.body_understood = attempt.body_understood && read;
  }
  say(attempt, found, answer);
  Classification classified = classify(attempt);
  Outcome outcome{classified.type, operation.value, std::move(classified.error)};
  if (outcome.type == EventType::ok && attempt.kind == OperationKind::read) {
    outcome.value = attempt.body_understood ? std::move(*read) : Nil{};
  }
  return outcome;
}

std::optional<std::string> text_at(const std::string& body, const std::string& pointer) {
  const json::value all = parsed(body);
  const json::value* found = find(all, pointer);
  return found == nullptr ? std::nullopt : std::optional(as_text(*found));
}

}  // namespace ordeal::harness
