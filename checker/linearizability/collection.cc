#include "checker/linearizability/collection.h"

#include <fmt/format.h>

#include <unordered_map>

namespace ordeal::checker {
namespace {

class Collector {
 public:
  Collector(EventSource& source, const LinearizableOptions& options, const CollectionOptions& which)
      : vocabulary_(source.vocabulary()), options_(options), which_(which), model_(model_of(options.model)) {}

  // False: no further event is wanted.
  bool add(const CompactEvent& event) {
    if (position_ == which_.end) return false;
    const std::uint32_t position = position_++;
    if (event.type == EventType::invoke) {
      begin(event, position);
    } else {
      end(event, position);
    }
    return true;
  }

  std::size_t bytes() const {
    std::size_t bytes = vocabulary_.bytes() + object_bytes_ + 64 * open_.size();
    return bytes;
  }

  Collection finish() {
    for (const auto& [process, call] : open_) leave_open(call);
    collection_.bytes = bytes();
    return std::move(collection_);
  }

 private:
  struct Open {
    CompactEvent call;
    std::uint32_t object = none;
    std::uint32_t slot = 0;
  };
  static constexpr std::uint32_t none = 0xffffffff;

  std::uint32_t object_of(KeyId key) {
    if (which_.wanted && !which_.wanted(key)) return none;
    const KeyId group = model_.keys_are_independent ? key : no_key;
    if (group >= object_of_key_.size()) object_of_key_.resize(group + 1, none);
    std::uint32_t& object = object_of_key_[group];
    if (object == none) {
      object = static_cast<std::uint32_t>(collection_.objects.size());
      collection_.objects.push_back({.key = key, .operations = {}});
      object_bytes_ += sizeof(JudgedObject);
    }
    return object;
  }

  Effect effect_of(const CompactOperation& operation) const {
    if (!says_something(operation, model_, options_)) return {.reads_only = true};
    return model_.effect(operation, vocabulary_);
  }

  void begin(const CompactEvent& event, std::uint32_t position) {
    Open call{.call = event};
    call.object = object_of(event.key);
    if (call.object != none) {
      call.slot = collection_.objects[call.object].operations.call(position);
      object_bytes_ += sizeof(KeyOperation);
      ++collection_.operations;
    }
    open_.insert_or_assign(event.process, call);
  }

  void end(const CompactEvent& event, std::uint32_t position) {
    const auto found = open_.find(event.process);
    if (found == open_.end()) return;
    const Open& call = found->second;
    if (call.object != none) {
      const Effect effect = effect_of(compact_operation(call.call, &event));
      KeyOperations& operations = collection_.objects[call.object].operations;
      if (event.type == EventType::info) {
        operations.leave_open(call.slot, effect);
      } else {
        operations.complete(call.slot, position, effect);
      }
    }
    open_.erase(found);
  }

  void leave_open(const Open& call) {
    if (call.object == none) return;
    collection_.objects[call.object].operations.leave_open(call.slot, effect_of(compact_operation(call.call, nullptr)));
  }

  const Vocabulary& vocabulary_;
  const LinearizableOptions& options_;
  const CollectionOptions& which_;
  const Model& model_;
  Collection collection_;
  std::uint32_t position_ = 0;
  std::size_t object_bytes_ = 0;
  std::vector<std::uint32_t> object_of_key_;
  std::unordered_map<Process, Open> open_;
};

}  // namespace

Collection collect(EventSource& source, const LinearizableOptions& options, const CollectionOptions& which) {
  Collector collector(source, options, which);
  bool more = true;
  bool too_large = false;
  while (more && !too_large) {
    const std::span<const CompactEvent> batch = source.next();
    more = !batch.empty();
    for (const CompactEvent& event : batch) more = more && collector.add(event);
    too_large = collector.bytes() > which.memory_limit || (options.cancelled && options.cancelled());
  }
  Collection collection = collector.finish();
  collection.too_large = too_large;
  return collection;
}

}  // namespace ordeal::checker
