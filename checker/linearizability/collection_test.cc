// Collecting event by event against the slow way: pair_operations, and effect_of() for each operation.

#include "checker/linearizability/collection.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <tuple>

#include "checker/formats/json_lines.h"
#include "checker/testing/histories.h"
#include "checker/testing/model_histories.h"

namespace ordeal::checker {
namespace {

constexpr ModelName models[] = {ModelName::register_,   ModelName::cas_register,   ModelName::kv,
                                ModelName::mutex,       ModelName::owned_mutex,    ModelName::kv_append,
                                ModelName::list_append, ModelName::multi_register, ModelName::kv_revisions};

// Called, returned, and what the effect says; nothing of what says nothing.
using Said = std::tuple<std::uint32_t, std::uint32_t, std::string>;
using Objects = std::map<KeyId, std::vector<Said>>;

std::string text_of(const Effect& effect) {
  std::string text = effect.steps ? "steps " + std::to_string(effect.f) + (effect.refusable ? " refusable" : "") : "";
  const auto add = [&](const char* name, Atom atom) { text += name + std::to_string(atom.bits()); };
  add(" needs ", effect.needs);
  add(" forbids ", effect.forbids);
  add(" makes ", effect.makes);
  if (!effect.steps) return text;
  add(" argument ", effect.argument);
  add(" second ", effect.second);
  add(" result ", effect.result);
  return text + " key " + std::to_string(effect.key) + (effect.reads_only ? " reads" : "");
}

bool says_nothing(const Effect& effect) {
  return !effect.steps && effect.needs.is_absent() && effect.forbids.is_absent() && effect.makes.is_absent();
}

// Nothing: an operation is one that the model does not know.
std::optional<Objects> slowly(const History& history, const LinearizableOptions& options, std::uint64_t before,
                              Vocabulary& vocabulary) {
  const Model& model = model_of(options.model);
  std::map<std::uint64_t, std::uint32_t> positions;  // by index
  for (const Event& event : history) positions.try_emplace(event.index, static_cast<std::uint32_t>(positions.size()));
  Objects objects;
  for (Operation operation : pair_operations(history)) {
    if (operation.call->index >= before) continue;
    if (operation.completion != nullptr && operation.completion->index >= before) {
      if (operation.completion->type == EventType::fail) continue;
      operation.completion = nullptr;
    }
    try {
      const CompactOperation compact = compact_operation(operation, vocabulary);
      const auto effect = effect_of(compact, model, options, vocabulary);
      if (!effect || says_nothing(*effect)) continue;
      const bool is_open = compact.outcome == EventType::info;
      objects[model.keys_are_independent ? compact.key : no_key].emplace_back(
          positions[operation.call->index], is_open ? KeyOperation::forever : positions[operation.completion->index],
          text_of(*effect));
    } catch (const MalformedHistory&) {
      return std::nullopt;
    }
  }
  return objects;
}

Objects said_by(const Collection& collection, const Model& model) {
  Objects objects;
  for (const JudgedObject& object : collection.objects) {
    for (const KeyOperation& operation : object.operations.operations) {
      const Effect effect = object.operations.effect(operation);
      if (says_nothing(effect)) continue;
      objects[model.keys_are_independent ? object.key : no_key].emplace_back(operation.called, operation.returned,
                                                                             text_of(effect));
    }
  }
  return objects;
}

std::optional<Objects> collected(std::mt19937_64& random, const History& history, const LinearizableOptions& options,
                                 std::uint64_t before, Vocabulary& vocabulary) {
  std::vector<CompactEvent> events;
  for (const Event& event : history) events.push_back(compact(event, vocabulary));
  const CollectionOptions which = {.before_event = before};
  OngoingCollection collecting(vocabulary, options, which);
  try {
    bool more = true;
    for (std::span<const CompactEvent> left = events; more && !left.empty();) {
      const std::size_t some = std::min<std::size_t>(left.size(), 1 + draw(random, 8));
      more = collecting.add(left.first(some));
      left = left.subspan(some);
    }
    const Collection collection = collecting.finish();
    EXPECT_GE(collection.bytes, collection.operations * sizeof(KeyOperation));
    return said_by(collection, model_of(options.model));
  } catch (const MalformedHistory&) {
    return std::nullopt;
  }
}

// Now and then another function, or a value that the model does not know.
void break_one(std::mt19937_64& random, History& history) {
  Event& event = history[draw(random, history.size())];
  if (draw(random, 2) == 0) {
    event.value = draw(random, 2) == 0 ? Value(7) : Value();
    return;
  }
  const Process process = event.process;
  const std::string f = draw(random, 2) == 0 ? "cas" : "frobnicate";
  for (Event& other : history) {
    if (other.process == process) other.f = f;
  }
}

LinearizableOptions random_options(std::mt19937_64& random, ModelName model) {
  LinearizableOptions options;
  options.model = model;
  options.failed_cas = static_cast<FailedCas>(draw(random, 3));
  options.nil_reads_say_nothing = draw(random, 3) == 0;
  if (draw(random, 2) == 0 && model <= ModelName::cas_register) options.initial = 1;
  return options;
}

TEST(Collection, SaysOfEachOperationWhatItsEffectSays) {
  std::mt19937_64 random(17);
  std::map<ModelName, std::size_t> operations;
  std::size_t refused = 0, rounds = 0;
  for (; rounds < 60'000; ++rounds) {
    const ModelName model = models[draw(random, std::size(models))];
    const LinearizableOptions options = random_options(random, model);
    History history = model_history(random, {.model = model, .most_operations = 30});
    if (history.empty()) continue;
    for (Event& event : history) {
      if (event.type == EventType::fail && draw(random, 2) == 0) event.error = "mismatch";
    }
    if (draw(random, 4) == 0) break_one(random, history);
    const std::uint64_t before = draw(random, 3) == 0 ? history[draw(random, history.size())].index : UINT64_MAX;
    Vocabulary vocabulary;
    const auto expected = slowly(history, options, before, vocabulary);
    const auto found = collected(random, history, options, before, vocabulary);
    std::string text = to_string(model) + "\n";
    for (const Event& event : history) text += write_json_line(event) + "\n";
    ASSERT_EQ(expected.has_value(), found.has_value()) << text;
    if (!expected) {
      ++refused;
      continue;
    }
    ASSERT_EQ(*expected, *found) << text;
    for (const auto& [key, of_key] : *expected) operations[model] += of_key.size();
  }
  EXPECT_GT(refused, rounds / 50);
  for (const ModelName model : models) EXPECT_GT(operations[model], rounds / 10) << to_string(model);
}

}  // namespace
}  // namespace ordeal::checker
