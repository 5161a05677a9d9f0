// The second pass of a check: the operations of the keys that an engine must judge as a whole.  One thread at a time.
//
//   0 process 3 key 7 invoke write 41          key 7: {called 0, returned 2, makes 41}
//   1 process 5 key 8 invoke read              key 8: {called 1, returned 3, needs nil}
//   2 process 3 key 7 ok     write 41
//   3 process 5 key 8 ok     read nil
//
// Positions are ordinals of the clients' events in the whole history, from 0, however the indices leap.

#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "checker/event_source.h"
#include "checker/linearizability/compact_problem.h"
#include "checker/linearizable.h"
#include "checker/streaming/open_calls.h"

namespace ordeal::checker {

// What is judged by itself: one key, or all of them where they depend on each other.
struct JudgedObject {
  KeyId key = no_key;
  KeyOperations operations;
};

struct Collection {
  std::vector<JudgedObject> objects;  // in the order in which they first appear
  std::size_t operations = 0;
  std::size_t bytes = 0;         // held, without the vocabulary
  bool cut_short = false;        // at a limit of memory or time, or cancelled; what follows was not collected
  std::uint64_t last_event = 0;  // Event::index of the last one that was read
};

struct CollectionOptions {
  std::function<bool(KeyId)> wanted = {};  // which keys, of those judged by themselves; empty: all
  // Only events with a smaller Event::index; what is open there is optional, or nothing if it fails later.
  std::uint64_t before_event = UINT64_MAX;
};

// Collects from events that are handed in, in order, from the first one of the history on.
class OngoingCollection {
 public:
  // All must outlive it.
  OngoingCollection(const Vocabulary& vocabulary, const LinearizableOptions& options, const CollectionOptions& which);

  // False: no further event is wanted. Throws MalformedHistory.
  bool add(std::span<const CompactEvent> events);
  std::size_t bytes() const { return calls_.bytes() + object_bytes_; }  // held, accounted, without the vocabulary
  Collection finish();                                                  // what is open now stays open

 private:
  // What an operation becomes, by its function and how it ends; steps: ask Model::effect.
  using Kinds = std::array<std::array<KeyOperation::Kind, 4>, UsualEffects::verbs>;
  static Kinds kinds_of(const Model& model, const LinearizableOptions& options);

  // A call's note: its object and its slot there.
  static constexpr std::uint64_t nobody = UINT64_MAX;
  static constexpr std::uint32_t unknown = UINT32_MAX, unwanted = unknown - 1;  // instead of an object
  KeyOperations& key_of(const OpenCalls::Call& call) { return collection_.objects[call.note >> 32].operations; }
  static std::uint32_t slot_of(const OpenCalls::Call& call) { return static_cast<std::uint32_t>(call.note); }

  std::uint64_t note_call(KeyId key, std::uint32_t position, std::size_t events_to_come);
  void note_end(const OpenCalls::Call& call, const CompactEvent& completion, std::uint32_t position);
  void note_unusual_end(const OpenCalls::Call& call, const CompactEvent* completion, std::uint32_t position);
  bool settle(const CompactEvent& event);
  std::uint32_t object_of(KeyId key) {
    const KeyId group = key & group_mask_;
    const std::uint32_t object = group < object_of_key_.size() ? object_of_key_[group] : unknown;
    return object < unwanted ? object : new_object(key);
  }
  std::uint32_t new_object(KeyId key);
  void make_room(KeyOperations& key, std::size_t events_to_come);
  void note_swap(const OpenCalls::Call& call, const CompactEvent& completion, std::uint32_t position);
  std::size_t count_wanted();

  const Vocabulary& vocabulary_;
  const LinearizableOptions& options_;
  const CollectionOptions& which_;
  const Model& model_;
  const Kinds kinds_;
  const std::uint64_t before_event_;
  const KeyId group_mask_;  // none of its bits where all keys are one object
  const bool texts_, nil_reads_say_nothing_;
  OpenCalls calls_;
  Collection collection_;
  std::uint32_t position_ = 0;
  std::optional<std::size_t> unsettled_;  // behind the last event that is wanted: calls that are wanted and open
  std::size_t object_bytes_ = 0;
  std::vector<std::uint32_t> object_of_key_;
};

// Reads the source from where it stands. Throws MalformedHistory, and what the source throws.
Collection collect(EventSource& source, const LinearizableOptions& options, const CollectionOptions& which);

}  // namespace ordeal::checker
