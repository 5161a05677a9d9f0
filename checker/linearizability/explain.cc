// Why an operation cannot be, in words. Where the history is of a register and the value in question has one writer,
// the reason is nearly always that the value had been overwritten before the operation began, or was never there; then
// the sentence names the operations that prove it. Each claim is checked on the history before it is made.

#include <fmt/format.h>

#include <algorithm>

#include "checker/linearizability/witness.h"

namespace ordeal::checker {
namespace {

std::string when(const Operation& operation) {
  if (operation.outcome == EventType::info) {
    return fmt::format("called at event {}, outcome unknown", operation.call->index);
  }
  return fmt::format("events {} to {}", operation.call->index, operation.completion->index);
}

std::string with_time(const Operation& operation) {
  return fmt::format("{} ({})", describe(operation), when(operation));
}

std::string capitalized(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

class RegisterStory {
 public:
  RegisterStory(const KeyHistory& key, std::uint32_t position)
      : key_(key), refused_(key.prepared[returning_at(key, position)]), position_(position) {}

  // Empty: no simple story.
  std::string tell() const {
    if (refused_.needs == no_state) return "";
    std::vector<std::uint32_t> writers;
    for (std::uint32_t i = 0; i < key_.prepared.size() && key_.prepared[i].called < position_; ++i) {
      if (key_.prepared[i].makes == refused_.needs && key_.prepared[i].source != refused_.source) writers.push_back(i);
    }
    const bool initial = refused_.needs == key_.initial;
    if (writers.empty() && !initial) return never_written();
    if (writers.size() + (initial ? 1 : 0) == 1) {
      const std::string twice = replaced_twice();
      return twice.empty() ? overwritten(initial ? nullptr : &key_.prepared[writers[0]]) : twice;
    }
    return overwritten_since_the_last_of(writers);
  }

 private:
  const Operation& source(const PreparedOperation& operation) const { return key_.operations[operation.source]; }
  std::string value(StateId state) const { return to_string(key_.known_states[state]); }

  std::string what_happened() const {
    const Operation& refused = source(refused_);
    if (refused.call->f == "cas") {
      return fmt::format("{} succeeded ({}), so it found {}", describe(refused), when(refused), value(refused_.needs));
    }
    return fmt::format("process {} read {} ({})", refused.call->process, value(refused_.needs), when(refused));
  }

  std::string never_written() const {
    for (const Operation& operation : key_.operations) {
      const bool writes = (operation.call->f == "write" || operation.call->f == "put") &&
                          operation.call->value == key_.known_states[refused_.needs];
      if (!writes) continue;
      if (operation.outcome == EventType::fail) {
        return fmt::format("{}, although nobody had written {}: {} had failed, and a failed write has no effect.",
                           what_happened(), value(refused_.needs), with_time(operation));
      }
      return fmt::format("{}, although nobody had written {} yet: {} began only later.", what_happened(),
                         value(refused_.needs), with_time(operation));
    }
    return fmt::format("{}, although nobody ever wrote {}.", what_happened(), value(refused_.needs));
  }

  // A value that was written once can be replaced once.
  std::string replaced_twice() const {
    if (refused_.observes()) return "";
    for (const PreparedOperation& operation : key_.prepared) {
      const bool replaces = operation.needs == refused_.needs && !operation.observes();
      if (!replaces || operation.returned >= position_) continue;
      return fmt::format("{}; but {} had found it, too. Each of the two replaced {}, which was there only once.",
                         what_happened(), with_time(source(operation)), value(refused_.needs));
    }
    return "";
  }

  // Who shows that the register held something else, after the one value was in place and before the refused operation
  // began? A write is preferred as evidence, then the latest.
  std::string overwritten(const PreparedOperation* writer) const {
    const PreparedOperation* in_place = nullptr;  // the first to return that shows that the value was there
    for (const PreparedOperation& operation : key_.prepared) {
      const bool shows = operation.makes == refused_.needs || operation.needs == refused_.needs;
      if (!shows || operation.optional() || operation.source == refused_.source) continue;
      if (in_place == nullptr || operation.returned < in_place->returned) in_place = &operation;
    }
    if (writer != nullptr && in_place == nullptr) return "";
    const PreparedOperation* other = nullptr;
    for (const PreparedOperation& operation : key_.prepared) {
      if (operation.optional() || operation.returned >= refused_.called || operation.forbids != no_state) continue;
      if (writer != nullptr && operation.called < in_place->returned) continue;
      if (leaves(operation) == refused_.needs) continue;
      if (other == nullptr || !operation.observes() || other->observes()) other = &operation;
    }
    return other == nullptr ? "" : sentence(writer, in_place, *other);
  }

  // Several operations wrote the value, but all of them had returned before something else was written.
  std::string overwritten_since_the_last_of(const std::vector<std::uint32_t>& writers) const {
    const PreparedOperation* last = nullptr;
    for (const std::uint32_t i : writers) {
      const PreparedOperation& writer = key_.prepared[i];
      if (writer.optional() || writer.returned > refused_.called) return "";
      if (last == nullptr || writer.returned > last->returned) last = &writer;
    }
    const PreparedOperation* other = nullptr;
    for (const PreparedOperation& operation : key_.prepared) {
      if (operation.optional() || operation.returned >= refused_.called || operation.makes == no_state) continue;
      if (operation.called < last->returned || operation.makes == refused_.needs) continue;
      other = &operation;
    }
    return other == nullptr ? "" : sentence(last, last, *other);
  }

  static StateId leaves(const PreparedOperation& operation) {
    return operation.makes != no_state ? operation.makes : operation.needs;
  }

  std::string sentence(const PreparedOperation* writer, const PreparedOperation* in_place,
                       const PreparedOperation& other) const {
    const std::string old = value(refused_.needs);
    const std::string now = value(leaves(other));
    const Event& by = *source(other).call;
    std::string text = fmt::format("{}, although ", what_happened());
    if (other.observes()) {
      text += fmt::format("process {} had already seen {} in its place before that {} began", by.process, now,
                          source(refused_).call->f);
    } else {
      text += fmt::format("process {} had already overwritten it with {} before that {} began", by.process, now,
                          source(refused_).call->f);
    }
    const std::uint64_t end = source(refused_).completion->index;
    if (writer == nullptr) {
      return text + fmt::format(
                        ": {} is the initial value, {} had returned, and nothing that was called before event "
                        "{} writes {}.",
                        old, with_time(source(other)), end, old);
    }
    text += fmt::format(": {} came from {}", old, with_time(source(*writer)));
    if (in_place != writer) text += fmt::format(" and was there no later than {}", with_time(source(*in_place)));
    text += fmt::format("; after that had returned came {}; only then was event {}, the call of the {}.",
                        with_time(source(other)), source(refused_).call->index, source(refused_).call->f);
    return text + fmt::format(" Nothing else that was called before event {} can have brought {} back.", end, old);
  }

  const KeyHistory& key_;
  const PreparedOperation& refused_;
  std::uint32_t position_;
};

std::string generic(const KeyHistory& key, const Operation& refused, const Core& core, const Witness& witness) {
  std::string text = fmt::format(
      "{} cannot have happened. Everything up to event {} can be put into an order that the model {} allows; its "
      "return at "
      "event {} cannot.",
      with_time(refused), refused.completion->index - 1, key.model->text, refused.completion->index);
  if (!witness.states.empty()) text += fmt::format(" Just before, {}.", sentence(witness.states.front()));
  if (witness.blocks) return text + " " + capitalized(witness.blocks->sentence);
  if (core.operations.size() == 1) return text;
  if (!witness.begins.empty()) text += fmt::format(" The operations that matter begin with {}.", witness.begins);
  const auto shown =
      static_cast<std::size_t>(std::count_if(witness.operations.begin(), witness.operations.end(),
                                             [](const Event& e) { return e.type == EventType::invoke; }));
  const std::string how_many = shown < core.operations.size() ? fmt::format(" (the last {} are shown)", shown) : "";
  return text + fmt::format(
                    " No order of the {} operations that matter{}, in which each comes after those that had "
                    "returned before it was called, avoids this.",
                    core.operations.size(), how_many);
}

}  // namespace

std::string where_it_begins(const KeyHistory& key, const Core& core) {
  if (core.anchor == Core::nobody) return "";
  const PreparedOperation& anchor = key.prepared[core.anchor];
  const std::string who = with_time(key.operations[anchor.source]);
  if (anchor.overwrites()) return fmt::format("{}, whatever was there before", who);
  return fmt::format("the {} being {}, as {} shows", key.model->noun,
                     state_text(*key.model, key.known_states[core.initial]), who);
}

std::string explain(const KeyHistory& key, std::uint32_t position, const Core& core, const Witness& witness) {
  const Operation& refused = key.operations[key.prepared[returning_at(key, position)].source];
  const bool is_register = key.model->name == ModelName::register_ || key.model->name == ModelName::cas_register ||
                           key.model->name == ModelName::kv;
  std::string story = is_register ? RegisterStory(key, position).tell() : "";
  if (story.empty()) story = generic(key, refused, core, witness);
  return refused.call->key ? fmt::format("Key {}: {}", *refused.call->key, story) : capitalized(std::move(story));
}

}  // namespace ordeal::checker
