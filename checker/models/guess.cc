#include "checker/models/guess.h"

#include <fmt/format.h>

#include <algorithm>

namespace ordeal::checker {
namespace {

constexpr std::size_t enough_events = 100'000;

bool reads(Verb f) {
  return f == verb::read || f == verb::get;
}

// The functions that some model knows.
constexpr Verb known[] = {verb::read,   verb::write,  verb::cas,     verb::get,     verb::put,
                          verb::append, verb::remove, verb::acquire, verb::release, verb::txn};

}  // namespace

void ModelGuesser::Shapes::note(Atom atom, const Vocabulary& vocabulary) {
  if (atom.is_nil() || atom.is_absent()) return;
  const Value* value = atom.is_named() ? &vocabulary.named(atom) : nullptr;
  if (value != nullptr && value->get_if<std::string>() != nullptr) {
    strings = true;
  } else if (value != nullptr && value->get_if<List>() != nullptr) {
    lists = true;
  } else if (value != nullptr && value->get_if<Map>() != nullptr) {
    maps = true;
  } else {
    others = true;
  }
}

void ModelGuesser::see(const CompactEvent& event, const Vocabulary& vocabulary) {
  if (event.f >= seen_.size()) seen_.resize(std::size_t{event.f} + 1, false);
  seen_[event.f] = true;
  const bool is_call = event.type == EventType::invoke;
  Key& key = keys_[event.key];
  if (is_call) {
    if (event.f == verb::append) {
      appended_.note(event.value, vocabulary);
    } else if (!reads(event.f)) {
      written_.note(event.value, vocabulary);
    }
    key.changed = key.changed || !reads(event.f);
    return;
  }
  if (event.type != EventType::ok) return;
  if (event.value.is_named() && vocabulary.named(event.value).find("revision") != nullptr) revisions_ = true;
  if (!reads(event.f)) return;
  read_.note(event.value, vocabulary);
  if (key.changed) return;
  if (!first_read_) {
    first_read_ = event.value;
    first_read_at_ = event.index;
  }
  first_reads_differ_ = first_reads_differ_ || *first_read_ != event.value;
}

// What was read before anything was written is where the objects began, if all such reads agree.
std::string ModelGuesser::initial_because(ModelGuess& guess, const Vocabulary& vocabulary) const {
  if (!first_read_ || first_read_->is_nil() || first_reads_differ_) return "";
  guess.initial = vocabulary.value(*first_read_);
  return fmt::format("; it begins with {}, which was read at event {}, before anything was written",
                     to_string(guess.initial), first_read_at_);
}

std::optional<std::string> ModelGuesser::unknown_function(const Vocabulary& vocabulary) const {
  for (std::size_t f = 0; f < seen_.size(); ++f) {
    if (seen_[f] && std::find(std::begin(known), std::end(known), f) == std::end(known)) {
      return vocabulary.verb_name(static_cast<Verb>(f));
    }
  }
  return std::nullopt;
}

ModelGuess ModelGuesser::guess(const Vocabulary& vocabulary) const {
  ModelGuess guess;
  const auto chosen = [&](ModelName model, std::string_view because) {
    guess.model = model;
    guess.why = fmt::format("{}, because {}", to_string(model), because);
    return guess;
  };
  if (const std::optional<std::string> function = unknown_function(vocabulary)) {
    guess.why = fmt::format("no model, because none knows \"{}\"; name one with --model", *function);
    return guess;
  }
  const bool locks = saw(verb::acquire) || saw(verb::release);
  const bool appends = saw(verb::append), transactions = saw(verb::txn);
  const bool stores = saw(verb::get) || saw(verb::put) || saw(verb::remove);
  const bool registers = saw(verb::read) || saw(verb::write) || saw(verb::cas);
  if ((locks ? 1 : 0) + (appends ? 1 : 0) + (transactions ? 1 : 0) > 1 || (locks && (stores || registers))) {
    guess.why = "no model, because none knows all of its operations together; name one with --model";
    return guess;
  }
  if (locks) return chosen(ModelName::mutex, "it acquires and releases; owned-mutex would also ask who releases");
  if (revisions_) return chosen(ModelName::kv_revisions, "its answers carry revisions");
  if (transactions) return chosen(ModelName::multi_register, "it reads and writes several registers in transactions");
  if (appends && (saw(verb::put) || (appended_.strings && !read_.lists))) {
    return chosen(ModelName::kv_append, "it appends to strings");
  }
  if (appends) return chosen(ModelName::list_append, "it appends elements to lists");
  if (read_.maps && written_.maps && !written_.others && !written_.strings) {
    return chosen(ModelName::multi_register, "it reads and writes maps from registers to values");
  }
  const std::string begin = initial_because(guess, vocabulary);
  if (stores) return chosen(ModelName::kv, "it gets, puts or deletes keys" + begin);
  return chosen(ModelName::cas_register, "it reads, writes or compares and sets" + begin);
}

ModelGuess guess_model(EventSource& source) {
  source.rewind();
  ModelGuesser guesser;
  std::size_t seen = 0;
  for (std::span<const CompactEvent> batch = source.next(); !batch.empty() && seen < enough_events;
       batch = source.next()) {
    for (const CompactEvent& event : batch) guesser.see(event, source.vocabulary());
    seen += batch.size();
  }
  const ModelGuess guess = guesser.guess(source.vocabulary());
  source.rewind();
  return guess;
}

}  // namespace ordeal::checker
