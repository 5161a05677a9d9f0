#include "checker/models/model.h"

#include <fmt/format.h>

#include <array>
#include <cassert>

#include "checker/linearizability/append_order.h"
#include "checker/models/kv.h"
#include "checker/models/kv_append.h"
#include "checker/models/kv_revisions.h"
#include "checker/models/list_append.h"
#include "checker/models/multi_register.h"
#include "checker/models/mutex.h"
#include "checker/models/prefix_machine.h"
#include "checker/models/register.h"
#include "checker/revisions/revision_order.h"

namespace ordeal::checker {
namespace {

using enum UsualEffect;

constexpr std::array<Model, 9> models = {{
    {.name = ModelName::register_,
     .text = "register",
     .noun = "register",
     .initial = register_initial,
     .effect = register_effect,
     .usual = {{verb::read, reads}, {verb::write, makes}}},
    {.name = ModelName::cas_register,
     .text = "cas-register",
     .noun = "register",
     .initial = register_initial,
     .effect = cas_register_effect,
     .usual = {{verb::read, reads}, {verb::write, makes}, {verb::cas, swaps}},
     .has_cas = true},
    {.name = ModelName::kv,
     .text = "kv",
     .noun = "key",
     .initial = register_initial,
     .effect = kv_effect,
     .usual = {{verb::get, reads}, {verb::read, reads}, {verb::put, makes}, {verb::write, makes}, {verb::cas, swaps}},
     .has_cas = true},
    {.name = ModelName::mutex,
     .text = "mutex",
     .noun = "lock",
     .initial = mutex_initial,
     .effect = mutex_effect,
     .state_text = lock_text},
    {.name = ModelName::owned_mutex,
     .text = "owned-mutex",
     .noun = "lock",
     .initial = owned_mutex_initial,
     .effect = owned_mutex_effect,
     .state_text = lock_text},
    {.name = ModelName::kv_append,
     .text = "kv-append",
     .noun = "key",
     .initial = kv_append_initial,
     .effect = kv_append_effect,
     .usual = {{verb::get, reads}, {verb::put, makes}, {verb::append, appends}},
     .usual_are_texts = true,
     .step = kv_append_step,
     .machine = prefix_machine,
     .order = append_order},
    {.name = ModelName::list_append,
     .text = "list-append",
     .noun = "list",
     .initial = list_append_initial,
     .effect = list_append_effect,
     .usual = {{verb::append, appends}},
     .step = list_append_step,
     .machine = prefix_machine,
     .order = append_order},
    {.name = ModelName::multi_register,
     .text = "multi-register",
     .noun = "store",
     .initial = multi_register_initial,
     .effect = multi_register_effect,
     .keys_are_independent = false,
     .step = multi_register_step,
     .machine = multi_register_machine,
     .state_text = multi_register_state_text},
    {.name = ModelName::kv_revisions,
     .text = "kv-revisions",
     .noun = "store",
     .initial = kv_revisions_initial,
     .effect = kv_revisions_effect,
     .has_cas = true,
     .keys_are_independent = false,
     .step = kv_revisions_step,
     .order = revision_order,
     .state_text = kv_revisions_state_text},
}};

constexpr bool is_read(Verb f) {
  return f == verb::read || f == verb::get;
}

std::optional<Value> in_full(Atom atom, const Vocabulary& vocabulary) {
  return atom.is_absent() ? std::nullopt : std::optional(vocabulary.value(atom));
}

}  // namespace

std::optional<ModelName> model_named(std::string_view name) {
  for (const Model& model : models) {
    if (model.text == name) return model.name;
  }
  return std::nullopt;
}

std::vector<std::string> model_names() {
  std::vector<std::string> names;
  for (const Model& model : models) names.emplace_back(model.text);
  return names;
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

std::string state_text(const Model& model, const Value& state) {
  return model.state_text != nullptr ? model.state_text(state) : to_string(state);
}

CompactOperation compact_operation(const CompactEvent& call, const CompactEvent* completion) {
  CompactOperation operation{.event = call.index,
                             .process = call.process,
                             .key = call.key,
                             .f = call.f,
                             .argument = call.value,
                             .second = call.second};
  if (completion == nullptr) return operation;
  operation.completion_event = completion->index;
  operation.outcome = completion->type;
  operation.mismatch = completion->mismatch;
  if (completion->type != EventType::info) operation.result = completion->value;
  return operation;
}

CompactOperation compact_operation(const Operation& operation, Vocabulary& vocabulary) {
  const CompactEvent call = compact(*operation.call, vocabulary);
  if (operation.completion == nullptr) return compact_operation(call, nullptr);
  const CompactEvent completion = compact(*operation.completion, vocabulary);
  return compact_operation(call, &completion);
}

bool says_something(const CompactOperation& operation, const Model& model, const LinearizableOptions& options) {
  if (operation.outcome == EventType::info) return !is_read(operation.f);
  if (operation.outcome == EventType::ok) {
    return !options.nil_reads_say_nothing || options.initial.is_nil() || !is_read(operation.f) ||
           !operation.result.is_nil();
  }
  if (operation.f != verb::cas || !model.has_cas) return false;
  if (options.failed_cas == FailedCas::by_error) return operation.mismatch;
  return options.failed_cas == FailedCas::observes;
}

std::optional<Effect> effect_of(const CompactOperation& operation, const Model& model,
                                const LinearizableOptions& options, const Vocabulary& vocabulary) {
  if (!says_something(operation, model, options)) return std::nullopt;
  Effect effect = model.effect(operation, vocabulary);
  if (effect.reads_only && operation.outcome == EventType::info) return std::nullopt;
  effect.nil_says_nothing = options.nil_reads_say_nothing && !options.initial.is_nil();
  return effect;
}

FullEffect full(const Effect& effect, const Model& model, const Vocabulary& vocabulary) {
  FullEffect out{.needs = in_full(effect.needs, vocabulary),
                 .forbids = in_full(effect.forbids, vocabulary),
                 .makes = in_full(effect.makes, vocabulary),
                 .reads_only = effect.reads_only,
                 .nil_says_nothing = effect.nil_says_nothing};
  if (!effect.steps) return out;
  out.step = model.step;
  out.f = effect.f;
  out.key = vocabulary.key_name(effect.key);
  out.argument = vocabulary.value(effect.argument);
  out.second = in_full(effect.second, vocabulary);
  out.result = in_full(effect.result, vocabulary);
  return out;
}

std::optional<Value> step(const Value& state, const FullEffect& effect) {
  if (effect.step != nullptr) return effect.step(state, effect);
  if (effect.needs && state != *effect.needs) return std::nullopt;
  if (effect.forbids && state == *effect.forbids) return std::nullopt;
  return effect.makes ? *effect.makes : state;
}

std::string refusal(const Value& state, const FullEffect& effect, const Operation& operation) {
  const std::string& f = operation.call->f;
  if (f == "acquire" || f == "release") {
    return fmt::format("{} is refused: it is {}", f == "acquire" ? "acquiring" : "releasing", lock_text(state));
  }
  std::string what = f;
  if ((f == "read" || f == "get") && effect.needs) {
    what = fmt::format("reading {}", to_string(*effect.needs));
  } else if (effect.needs) {
    what = fmt::format("a {} that expects {}", f, to_string(*effect.needs));
  } else if (effect.forbids) {
    what = fmt::format("a {} that fails because the value is not {}", f, to_string(*effect.forbids));
  } else if (effect.result) {
    what = fmt::format("a {} that answers {}", f, to_string(*effect.result));
  }
  return fmt::format("{} is refused: it holds {}", what, to_string(state));
}

void refuse_unknown(const CompactOperation& operation, std::string_view model, std::string_view known,
                    const Vocabulary& vocabulary) {
  throw MalformedHistory(operation.event, fmt::format("the model {} does not know \"{}\"; it knows {}", model,
                                                      vocabulary.verb_name(operation.f), known));
}

}  // namespace ordeal::checker
