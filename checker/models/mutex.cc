#include "checker/models/mutex.h"

#include <fmt/format.h>

#include <stdexcept>

namespace ordeal::checker {

Value mutex_initial(const Value& asked) {
  if (asked.is_nil()) return "free";
  if (asked == Value("free") || asked == Value("held")) return asked;
  throw std::invalid_argument(
      fmt::format("the initial value of a mutex is {}; it must be free or held", to_string(asked)));
}

Effect mutex_effect(const Operation& operation) {
  if (operation.call->f == "acquire") return {.needs = "free", .makes = "held"};
  if (operation.call->f == "release") return {.needs = "held", .makes = "free"};
  refuse_unknown(operation, "mutex", "acquire and release");
}

}  // namespace ordeal::checker
