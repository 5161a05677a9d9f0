#include "checker/models/mutex.h"

#include <fmt/format.h>

#include <stdexcept>

namespace ordeal::checker {
namespace {

constexpr std::int64_t held = -1;

}  // namespace

Value mutex_initial(const Value& asked) {
  if (asked.is_nil() || asked == Value("free")) return {};
  if (asked == Value("held")) return held;
  throw std::invalid_argument(
      fmt::format("the initial value of a mutex is {}; it must be free or held", to_string(asked)));
}

Effect mutex_effect(const CompactOperation& operation, const Vocabulary& vocabulary) {
  if (operation.f == verb::acquire) return {.needs = Atom(), .makes = Atom::integer(held)};
  if (operation.f == verb::release) return {.needs = Atom::integer(held), .makes = Atom()};
  refuse_unknown(operation, "mutex", "acquire and release", vocabulary);
}

Value owned_mutex_initial(const Value& asked) {
  return asked == Value("free") ? Value() : asked;
}

Effect owned_mutex_effect(const CompactOperation& operation, const Vocabulary& vocabulary) {
  const Atom owner = operation.argument.is_nil() ? Atom::integer(operation.process) : operation.argument;
  if (operation.f == verb::acquire) return {.needs = Atom(), .makes = owner};
  if (operation.f == verb::release) return {.needs = owner, .makes = Atom()};
  refuse_unknown(operation, "owned-mutex", "acquire and release", vocabulary);
}

std::string lock_text(const Value& state) {
  if (state.is_nil()) return "free";
  return state == Value(held) ? "held" : "held by " + to_string(state);
}

}  // namespace ordeal::checker
