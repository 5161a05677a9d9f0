// The second pass of a check: the operations of the keys that an engine must judge as a whole.  One thread at a time.
//
//   0 process 3 key 7 invoke write 41          key 7: {called 0, returned 2, makes 41}
//   1 process 5 key 8 invoke read              key 8: {called 1, returned 3, needs nil}
//   2 process 3 key 7 ok     write 41
//   3 process 5 key 8 ok     read nil
//
// Positions are ordinals of the clients' events in the whole history, from 0, however the indices leap.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "checker/event_source.h"
#include "checker/linearizability/compact_problem.h"
#include "checker/linearizable.h"

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
  std::function<bool(KeyId)> wanted = {};  // which keys; empty: all
  // Only events with a smaller Event::index; what is open there is optional, or nothing if it fails later.
  std::uint64_t before_event = UINT64_MAX;
};

// Collects from events that are handed in, in order, from the first one of the history on.
class OngoingCollection {
 public:
  // All must outlive it.
  OngoingCollection(const Vocabulary& vocabulary, const LinearizableOptions& options, const CollectionOptions& which);
  ~OngoingCollection();

  // False: no further event is wanted. Throws MalformedHistory.
  bool add(std::span<const CompactEvent> events);
  std::size_t bytes() const;  // held, accounted, without the vocabulary
  Collection finish();        // what is open now stays open

 private:
  class Collector;
  std::unique_ptr<Collector> collector_;
};

// Reads the source from where it stands. Throws MalformedHistory, and what the source throws.
Collection collect(EventSource& source, const LinearizableOptions& options, const CollectionOptions& which);

}  // namespace ordeal::checker
