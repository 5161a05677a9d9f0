#include "checker/models/model.h"

#include <fmt/format.h>

#include <array>
#include <cassert>

#include "checker/models/kv_append.h"
#include "checker/models/mutex.h"
#include "checker/models/register.h"

namespace ordeal::checker {
namespace {

constexpr std::array<Model, 4> models = {{
    {ModelName::register_, "register", "register", register_initial, register_effect},
    {ModelName::cas_register, "cas-register", "register", register_initial, cas_register_effect},
    {ModelName::mutex, "mutex", "lock", mutex_initial, mutex_effect},
    {ModelName::kv_append, "kv-append", "key", kv_append_initial, kv_append_effect},
}};

}  // namespace

std::optional<ModelName> model_named(std::string_view name) {
  for (const Model& model : models) {
    if (model.text == name) return model.name;
  }
  return std::nullopt;
}

const Model& model_of(ModelName name) {
  for (const Model& model : models) {
    if (model.name == name) return model;
  }
  assert(false && "a model that has no line in the table");
  return models.front();
}

std::string to_string(ModelName model) {
  return std::string(model_of(model).text);
}

std::optional<Value> step(const Value& state, const Effect& effect) {
  if (effect.transform != nullptr) return effect.transform(state, effect.argument);
  if (effect.needs && state != *effect.needs) return std::nullopt;
  if (effect.forbids && state == *effect.forbids) return std::nullopt;
  return effect.makes ? *effect.makes : state;
}

std::string refusal(const Value& state, const Effect& effect, const Operation& operation) {
  const std::string& f = operation.call->f;
  std::string what = f;
  if (f == "read" || f == "get") {
    what = fmt::format("reading {}", to_string(*effect.needs));
  } else if (f == "acquire" || f == "release") {
    return fmt::format("{} is refused: it is {}", f == "acquire" ? "acquiring" : "releasing",
                       *state.get_if<std::string>());
  } else if (effect.needs) {
    what = fmt::format("a {} that expects {}", f, to_string(*effect.needs));
  } else if (effect.forbids) {
    what = fmt::format("a {} that fails because the value is not {}", f, to_string(*effect.forbids));
  }
  return fmt::format("{} is refused: it holds {}", what, to_string(state));
}

bool only_reads(const Operation& operation) {
  return operation.call->f == "read" || operation.call->f == "get";
}

void refuse_unknown(const Operation& operation, std::string_view model, std::string_view known) {
  throw MalformedHistory(operation.call->index, fmt::format("the model {} does not know \"{}\"; it knows {}", model,
                                                            operation.call->f, known));
}

}  // namespace ordeal::checker
