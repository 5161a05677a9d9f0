#include "checker/linearizability/collection.h"

#include <algorithm>
#include <array>
#include <utility>

#include "checker/linearizability/budget.h"
#include "checker/linearizability/rounds.h"

namespace ordeal::checker {
namespace {

using Kind = KeyOperation::Kind;

}  // namespace

OngoingCollection::OngoingCollection(const Vocabulary& vocabulary, const LinearizableOptions& options,
                                     const CollectionOptions& which)
    : vocabulary_(vocabulary),
      options_(options),
      which_(which),
      model_(model_of(options.model)),
      kinds_(kinds_of(model_, options)),
      before_event_(which.before_event),
      group_mask_(model_.keys_are_independent ? ~no_key : no_key),
      texts_(model_.usual_are_texts),
      nil_reads_say_nothing_(options.nil_reads_say_nothing && !options.initial.is_nil()),
      calls_(vocabulary) {}

// A read that ended as info says nothing, nor does what failed, unless it is a cas that observes.
OngoingCollection::Kinds OngoingCollection::kinds_of(const Model& model, const LinearizableOptions& options) {
  const bool observes = model.has_cas && options.failed_cas != FailedCas::ignored;
  const Kind failed_cas = observes ? Kind::forbids : Kind::nothing;
  const std::array<Kind, 4> by_effect[] = {
      {Kind::steps, Kind::steps, Kind::steps, Kind::steps},
      {Kind::nothing, Kind::needs, Kind::nothing, Kind::nothing},
      {Kind::nothing, Kind::makes, Kind::nothing, Kind::makes},
      {Kind::nothing, Kind::cas, failed_cas, Kind::cas},
      {Kind::nothing, Kind::argument, Kind::nothing, Kind::argument},
  };
  Kinds kinds;
  for (Verb f = 0; f < kinds.size(); ++f) kinds[f] = by_effect[static_cast<std::size_t>(model.usual[f])];
  return kinds;
}

bool OngoingCollection::add(std::span<const CompactEvent> events) {
  std::uint32_t position = position_;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const CompactEvent& event = events[i];
    if (event.index >= before_event_) [[unlikely]] {
      if (!settle(event)) return false;
      continue;
    }
    if (event.type == EventType::invoke) {
      calls_.begin(event).note = note_call(event.key, position, events.size() - i);
    } else if (const OpenCalls::Call& call = calls_.complete(event); call.note != nobody) {
      note_end(call, event, position);
    }
    ++position;
  }
  position_ = position;
  return true;
}

Collection OngoingCollection::finish() {
  for (const OpenCalls::Call* call : calls_.open_calls()) {
    if (call->note != nobody) note_unusual_end(*call, nullptr, PreparedOperation::forever);
  }
  for (const JudgedObject& object : collection_.objects) collection_.operations += object.operations.operations.size();
  collection_.bytes = bytes();
  return std::move(collection_);
}

// Behind the last event that is wanted: what was open there is optional, unless it turns out to have failed; then it
// never took effect, and whoever saw it before was wrong already.
bool OngoingCollection::settle(const CompactEvent& event) {
  if (!unsettled_) unsettled_ = count_wanted();
  if (event.type == EventType::invoke) {
    calls_.begin(event).note = nobody;
  } else if (const OpenCalls::Call& call = calls_.complete(event); call.note != nobody) {
    --*unsettled_;
    if (event.type != EventType::fail) note_unusual_end(call, nullptr, PreparedOperation::forever);
  }
  return *unsettled_ > 0;
}

std::size_t OngoingCollection::count_wanted() {
  const std::vector<OpenCalls::Call*> open = calls_.open_calls();
  return static_cast<std::size_t>(
      std::count_if(open.begin(), open.end(), [](const OpenCalls::Call* call) { return call->note != nobody; }));
}

inline std::uint64_t OngoingCollection::note_call(KeyId key, std::uint32_t position, std::size_t events_to_come) {
  const std::uint32_t object = object_of(key);
  if (object == unwanted) return nobody;
  KeyOperations& operations = collection_.objects[object].operations;
  if (operations.operations.size() == operations.operations.capacity()) [[unlikely]]
    make_room(operations, events_to_come);
  return std::uint64_t{object} << 32 | operations.call(position);
}

std::uint32_t OngoingCollection::new_object(KeyId key) {
  if (which_.wanted && !which_.wanted(key)) return unwanted;
  const KeyId group = key & group_mask_;
  if (group >= object_of_key_.size()) {
    object_of_key_.resize(std::max<std::size_t>({16, std::size_t{group} + 1, 2 * object_of_key_.size()}), unknown);
  }
  if (collection_.objects.empty()) collection_.objects.reserve(8);
  const auto object = static_cast<std::uint32_t>(collection_.objects.size());
  collection_.objects.push_back({.key = key, .operations = {}});
  object_bytes_ += sizeof(JudgedObject);
  return object_of_key_[group] = object;
}

// The first time for as many as it will be if half of the events to come are calls and as many objects come as there
// are already; but for no more than a small guess that may be wrong should cost. Later for twice as many.
void OngoingCollection::make_room(KeyOperations& key, std::size_t events_to_come) {
  constexpr std::size_t most_guessed = 128;
  const std::size_t before = key.bytes(), size = key.operations.size();
  const std::size_t guessed = std::min(most_guessed, (events_to_come + 16) / (2 * collection_.objects.size()));
  key.operations.reserve(size > 0 ? 2 * size : std::max<std::size_t>(guessed, 2));
  object_bytes_ += key.bytes() - before;
}

// Without a branch between reads and writes, as nobody can predict which it is.
[[gnu::always_inline]] inline void OngoingCollection::note_end(const OpenCalls::Call& call,
                                                               const CompactEvent& completion, std::uint32_t position) {
  const Verb f = call.event.f;
  const Kind kind = f < kinds_.size() ? kinds_[f][static_cast<std::size_t>(completion.type)] : Kind::steps;
  const Atom value = kind == Kind::needs ? completion.value : call.event.value;
  if (kind == Kind::steps || (nil_reads_say_nothing_ && value.is_nil()) || (texts_ && !vocabulary_.is_text(value)))
      [[unlikely]] {
    return note_unusual_end(call, &completion, position);
  }
  KeyOperation& operation = key_of(call).operations[slot_of(call)];
  operation.returned = completion.type == EventType::info ? KeyOperation::forever : position;
  operation.value = value;
  operation.kind = kind;
  operation.f = f;
  if (kind == Kind::cas || kind == Kind::forbids) note_swap(call, completion, position);
}

// What is still to be said of a cas.
void OngoingCollection::note_swap(const OpenCalls::Call& call, const CompactEvent& completion, std::uint32_t position) {
  if (call.event.second.is_absent()) return note_unusual_end(call, &completion, position);
  KeyOperations& key = key_of(call);
  KeyOperation& operation = key.operations[slot_of(call)];
  if (operation.kind == Kind::forbids) {
    const bool observes = completion.mismatch || options_.failed_cas == FailedCas::observes;
    if (!observes) operation.kind = Kind::nothing;
    return;
  }
  const std::size_t before = key.seconds.capacity();
  operation.more = key.add_second(call.event.second);
  object_bytes_ += (key.seconds.capacity() - before) * sizeof(Atom);
}

// What effect_of() of model.h says, without a copy of it: that would have to wait until what was stored in small
// pieces can be loaded in larger ones, which takes as long as all the rest.
void OngoingCollection::note_unusual_end(const OpenCalls::Call& call, const CompactEvent* completion,
                                         std::uint32_t position) {
  const CompactOperation operation = compact_operation(call.event, completion);
  const bool is_open = operation.outcome == EventType::info;
  KeyOperations& key = key_of(call);
  if (!says_something(operation, model_, options_)) {
    if (!is_open) key.complete(slot_of(call), position, {.reads_only = true});
    return;
  }
  Effect effect = model_.effect(operation, vocabulary_);
  effect.nil_says_nothing = nil_reads_say_nothing_;
  const std::size_t before = key.bytes();
  if (is_open) {
    key.leave_open(slot_of(call), effect);  // nothing when it only reads
  } else {
    key.complete(slot_of(call), position, effect);
  }
  object_bytes_ += key.bytes() - before;
}

Collection collect(EventSource& source, const LinearizableOptions& options, const CollectionOptions& which) {
  OngoingCollection collecting(std::as_const(source).vocabulary(), options, which);
  Rounds rounds(source, options);
  bool cut_short = false, more = true;
  std::uint64_t last_event = 0;
  const auto add = [&](const Rounds::Round& round) { more = collecting.add(round.events); };
  while (more && !cut_short) {
    const Rounds::Round round = rounds.next({add});
    if (round.count == 0) break;
    last_event = round.last;
    const std::size_t bytes = collecting.bytes() + std::as_const(source).vocabulary().bytes();
    cut_short = over_a_limit(options, bytes) != Budget::Exceeded::nothing;
  }
  Collection collection = collecting.finish();
  collection.cut_short = cut_short;
  collection.last_event = last_event;
  return collection;
}

}  // namespace ordeal::checker
