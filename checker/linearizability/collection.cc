#include "checker/linearizability/collection.h"

#include "checker/linearizability/budget.h"
#include "checker/streaming/open_calls.h"

namespace ordeal::checker {
namespace {

class Collector {
 public:
  Collector(EventSource& source, const LinearizableOptions& options, const CollectionOptions& which)
      : vocabulary_(source.vocabulary()),
        options_(options),
        which_(which),
        model_(model_of(options.model)),
        calls_(source.vocabulary()) {}

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
    const Effect effect = effect_of(compact_operation(call.event, &event));
    if (event.type == EventType::info) {
      operations_of(call).leave_open(slot_of(call), effect);
    } else {
      operations_of(call).complete(slot_of(call), position, effect);
    }
    return true;
  }

  std::size_t bytes() const { return vocabulary_.bytes() + calls_.bytes() + object_bytes_; }

  Collection finish() {
    for (const OpenCalls::Call* call : calls_.open_calls()) {
      if (call->note == nobody) continue;
      operations_of(*call).leave_open(slot_of(*call), effect_of(compact_operation(call->event, nullptr)));
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
      if (event.type != EventType::fail) {
        operations_of(call).leave_open(slot_of(call), effect_of(compact_operation(call.event, nullptr)));
      }
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

  Effect effect_of(const CompactOperation& operation) const {
    return checker::effect_of(operation, model_, options_, vocabulary_).value_or(Effect{.reads_only = true});
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

}  // namespace

Collection collect(EventSource& source, const LinearizableOptions& options, const CollectionOptions& which) {
  Collector collector(source, options, which);
  bool cut_short = false;
  std::uint64_t last_event = 0;
  for (bool more = true; more && !cut_short;) {
    const std::span<const CompactEvent> batch = source.next();
    more = !batch.empty();
    for (const CompactEvent& event : batch) {
      more = more && collector.add(event);
      last_event = event.index;
    }
    cut_short = over_a_limit(options, collector.bytes()) != Budget::Exceeded::nothing;
  }
  Collection collection = collector.finish();
  collection.cut_short = cut_short;
  collection.last_event = last_event;
  return collection;
}

}  // namespace ordeal::checker
