#include "harness/clients/classify.h"

#include <fmt/format.h>

#include <cassert>

namespace ordeal::harness {
namespace {

using checker::EventType;

// A failure whose consequence nobody can rule out hurts only what changes something.
Classification indeterminate(OperationKind kind, std::string error) {
  return {kind == OperationKind::read ? EventType::fail : EventType::info, std::move(error)};
}

bool is_evaluated_cas(const Attempt& attempt) {
  return attempt.kind == OperationKind::cas && attempt.status == 409 && attempt.definite == true &&
         attempt.code == "mismatch";
}

// The word that the history gets for a refusal. "mismatch" is kept for the cas that was evaluated.
std::string name_of_refusal(const Attempt& attempt) {
  if (is_evaluated_cas(attempt)) return "mismatch";
  if (attempt.code.empty() || attempt.code == "mismatch") return fmt::format("http-{}", attempt.status);
  return attempt.code;
}

Classification classify_answer(const Attempt& attempt) {
  if (attempt.status >= 200 && attempt.status < 300) {
    if (attempt.body_understood) return {EventType::ok, ""};
    return indeterminate(attempt.kind, "bad-answer");
  }
  if (attempt.kind == OperationKind::read && attempt.status == 404 && attempt.code == "not_found") {
    return {EventType::ok, ""};
  }
  if (attempt.definite == true) return {EventType::fail, name_of_refusal(attempt)};
  return indeterminate(attempt.kind, name_of_refusal(attempt));
}

}  // namespace

OperationKind operation_kind(const std::string& f) {
  if (f == "read") return OperationKind::read;
  if (f == "cas") return OperationKind::cas;
  return OperationKind::write;
}

Classification classify(const Attempt& attempt) {
  if (attempt.reach == Reach::answered) return classify_answer(attempt);
  assert(!attempt.transport_error.empty());  // no answer without a reason
  if (attempt.reach == Reach::sent) return indeterminate(attempt.kind, attempt.transport_error);
  return {EventType::fail, attempt.transport_error};
}

}  // namespace ordeal::harness
