#include "checker/linearizability/collection.h"

#include <utility>

#include "checker/linearizability/budget.h"
#include "checker/linearizability/rounds.h"
#include "checker/streaming/open_calls.h"

namespace ordeal::checker {

class OngoingCollection::Collector {
 public:
  Collector(const Vocabulary& vocabulary, const LinearizableOptions& options, const CollectionOptions& which)
      : vocabulary_(vocabulary),
        options_(options),
        which_(which),
        model_(model_of(options.model)),
        calls_(vocabulary) {}

  // False: no further event is wanted.
  bool add(const CompactEvent& event) {
    if (event.index >= which_.before_event) return settle(event);
    const std::uint32_t position = position_++;
    if (event.type == EventType::invoke) {
      const std::uint64_t note = note_call(event.key, position);
      calls_.begin(event).note = note;
      open_ += note == nobody ? 0 : 1;
      return true;
    }
    const OpenCalls::Call& call = calls_.complete(event);
    if (call.note == nobody) return true;
    --open_;
    note_end(call, &event, position);
    return true;
  }

  std::size_t bytes() const { return calls_.bytes() + object_bytes_; }

  Collection finish() {
    for (const OpenCalls::Call* call : calls_.open_calls()) {
      if (call->note != nobody) note_end(*call, nullptr, PreparedOperation::forever);
    }
    collection_.bytes = bytes();
    return std::move(collection_);
  }

 private:
  // Behind the last event that is wanted: what was open there is optional, unless it turns out to have failed; then it
  // never took effect, and whoever saw it before was wrong already.
  bool settle(const CompactEvent& event) {
    if (event.type == EventType::invoke) {
      calls_.begin(event).note = nobody;
    } else if (const OpenCalls::Call& call = calls_.complete(event); call.note != nobody) {
      --open_;
      if (event.type != EventType::fail) note_end(call, nullptr, PreparedOperation::forever);
    }
    return open_ > 0;
  }

  // A call's note: its object and its slot there.
  static constexpr std::uint64_t nobody = UINT64_MAX;
  static constexpr std::uint32_t no_object = UINT32_MAX;
  static std::uint32_t slot_of(const OpenCalls::Call& call) { return static_cast<std::uint32_t>(call.note); }
  KeyOperations& operations_of(const OpenCalls::Call& call) { return collection_.objects[call.note >> 32].operations; }

  std::uint64_t note_call(KeyId key, std::uint32_t position) {
    if (which_.wanted && !which_.wanted(key)) return nobody;
    const std::uint32_t object = object_of(key);
    KeyOperations& operations = collection_.objects[object].operations;
    const std::size_t before = operations.bytes();
    const std::uint32_t slot = operations.call(position);
    object_bytes_ += operations.bytes() - before;
    ++collection_.operations;
    return std::uint64_t{object} << 32 | slot;
  }

  std::uint32_t object_of(KeyId key) {
    const KeyId group = model_.keys_are_independent ? key : no_key;
    if (group >= object_of_key_.size()) object_of_key_.resize(group + 1, no_object);
    std::uint32_t& object = object_of_key_[group];
    if (object == no_object) {
      object = static_cast<std::uint32_t>(collection_.objects.size());
      collection_.objects.push_back({.key = key, .operations = {}});
      object_bytes_ += sizeof(JudgedObject);
    }
    return object;
  }

  // What effect_of() of model.h says, without a copy of it: that would have to wait until what was stored in small
  // pieces can be loaded in larger ones, which takes as long as all the rest.
  void note_end(const OpenCalls::Call& call, const CompactEvent* completion, std::uint32_t position) {
    const CompactOperation operation = compact_operation(call.event, completion);
    const bool is_open = operation.outcome == EventType::info;
    KeyOperations& key = operations_of(call);
    if (!says_something(operation, model_, options_)) {
      if (!is_open) key.complete(slot_of(call), position, {.reads_only = true});
      return;
    }
    Effect effect = model_.effect(operation, vocabulary_);
    effect.nil_says_nothing = options_.nil_reads_say_nothing && !options_.initial.is_nil();
    if (is_open) {
      key.leave_open(slot_of(call), effect);  // nothing when it only reads
    } else {
      key.complete(slot_of(call), position, effect);
    }
  }

  const Vocabulary& vocabulary_;
  const LinearizableOptions& options_;
  const CollectionOptions& which_;
  const Model& model_;
  OpenCalls calls_;
  Collection collection_;
  std::uint32_t position_ = 0;
  std::size_t open_ = 0;  // calls that are wanted and open
  std::size_t object_bytes_ = 0;
  std::vector<std::uint32_t> object_of_key_;
};

OngoingCollection::OngoingCollection(const Vocabulary& vocabulary, const LinearizableOptions& options,
                                     const CollectionOptions& which)
    : collector_(std::make_unique<Collector>(vocabulary, options, which)) {}

OngoingCollection::~OngoingCollection() = default;

bool OngoingCollection::add(std::span<const CompactEvent> events) {
  for (const CompactEvent& event : events) {
    if (!collector_->add(event)) return false;
  }
  return true;
}

std::size_t OngoingCollection::bytes() const {
  return collector_->bytes();
}

Collection OngoingCollection::finish() {
  return collector_->finish();
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
