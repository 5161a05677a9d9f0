#include "checker/linearizability/early_collection.h"

#include <algorithm>
#include <exception>

namespace ordeal::checker {
namespace {

// So many events are held if no key is given up among them, and if some are. (The first stays below what an allocator
// takes from the system by itself.)
constexpr std::size_t events_to_first = 3072;
constexpr std::size_t most_held = 16384;
// All keys are collected when at least one in so many was given up.
constexpr std::size_t many = 16;

}  // namespace

EarlyCollection::EarlyCollection(const Vocabulary& vocabulary, const LinearizableOptions& options)
    : vocabulary_(vocabulary), options_(options) {}

void EarlyCollection::add(std::span<const CompactEvent> events) {
  if (stage_ == Stage::holding) held_.insert(held_.end(), events.begin(), events.end());
  if (stage_ != Stage::collecting) return;
  try {
    if (!held_.empty()) {
      collection_->add(held_);
      held_ = {};
    }
    collection_->add(events);
  } catch (const std::exception&) {
    give_up();
  }
}

void EarlyCollection::decide(const RegisterStream& stream) {
  if (stage_ == Stage::over) return;
  if (stream.violation_count() > 0 || bytes() > options_.memory_limit / 4) return give_up();
  if (stage_ == Stage::collecting || held_.size() < events_to_first) return;
  if (stream.undecided_count() == 0) return give_up();
  if (held_.size() >= most_held) begin(stream, stream.undecided_count() * many >= stream.keys());
}

void EarlyCollection::begin(const RegisterStream& stream, bool all) {
  all_ = all;
  if (!all_) {
    for (const UndecidedKey& key : stream.undecided()) {
      if (key.key >= wanted_.size()) wanted_.resize(std::size_t{key.key} + 1, false);
      wanted_[key.key] = true;
    }
    which_.wanted = [this](KeyId key) { return key < wanted_.size() && wanted_[key]; };
  }
  collection_.emplace(vocabulary_, options_, which_);
  stage_ = Stage::collecting;
}

void EarlyCollection::give_up() {
  stage_ = Stage::over;
  collection_.reset();
  held_ = {};
}

std::size_t EarlyCollection::bytes() const {
  return held_.capacity() * sizeof(CompactEvent) + (collection_ ? collection_->bytes() : 0);
}

Collection EarlyCollection::finish(const RegisterStream& stream) {
  if (stream.violation_count() > 0 || stream.undecided_count() == 0) give_up();
  if (stage_ == Stage::holding) begin(stream, false);
  add({});
  if (stage_ != Stage::collecting) return {};
  Collection collection;
  try {
    collection = collection_->finish();
  } catch (const std::exception&) {
    give_up();
    return {};
  }
  std::erase_if(collection.objects, [&](const JudgedObject& object) { return !stream.is_undecided(object.key); });
  collection.operations = collection.bytes = 0;
  for (const JudgedObject& object : collection.objects) {
    collection.operations += object.operations.operations.size();
    collection.bytes += sizeof(JudgedObject) + object.operations.bytes();
  }
  return collection;
}

}  // namespace ordeal::checker
