// The values of all keys that may still be seen, each with what is known of it.  Not thread-safe.
//
// A stage is the time during which a register holds one value: its writer and the reads of it. The table finds it by
// key and value (open addressing, linear probing); its number stays the same until it is released.

#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "checker/streaming/paired_events.h"

namespace ordeal::checker {

using StageId = std::uint32_t;
using BlockId = std::uint32_t;
inline constexpr StageId no_stage = std::numeric_limits<StageId>::max();
inline constexpr BlockId no_block = std::numeric_limits<BlockId>::max();

// One cache line.
struct alignas(64) Stage {
  Atom value = {};
  Atom expected = Atom::absent();  // of the cas that writes it; absent: a plain write
  Moment written = before_all;     // the call of its writer
  Moment first_return = never;     // of the operations on this value
  Moment next_return = never;      // the first of an operation on a later value of its chain
  KeyId key = no_key;
  BlockId block = no_block;     // none: nobody knows yet whether its writer took effect
  StageId previous = no_stage;  // of its chain, as far as it is remembered
  std::uint32_t unseen_at = 0;  // as long as it is in no block: its place among those of its key
  bool open = false;            // its writer has not returned
  bool is_free = false;
};

class StageTable {
 public:
  StageTable();

  StageId find(KeyId key, Atom value) const {
    for (std::size_t i = place(key, value);; i = (i + 1) & (heads_.size() - 1)) {
      const StageId id = heads_[i];
      if (id == no_stage || (stages_[id].value == value && stages_[id].key == key)) return id;
    }
  }
  // Whether `id`, which was of this key and value once, still is.
  bool is_of(StageId id, KeyId key, Atom value) const {
    return id != no_stage && stages_[id].value == value && stages_[id].key == key && !stages_[id].is_free;
  }
  Stage& operator[](StageId id) { return stages_[id]; }
  const Stage& operator[](StageId id) const { return stages_[id]; }

  // A new one that can be found; there must be none for this key and value.
  StageId add(KeyId key, Atom value) {
    if (4 * (used_ + 1) > heads_.size()) grow();
    StageId id = static_cast<StageId>(stages_.size());
    if (free_.empty()) {
      stages_.emplace_back();
    } else {
      id = free_.back();
      free_.pop_back();
      stages_[id] = {};
    }
    stages_[id].key = key;
    stages_[id].value = value;
    insert(id);
    ++used_;
    return id;
  }

  // Closes the gap, so that no search ends too early: whoever stands behind it and belongs before it moves up.
  void release(StageId id) {
    assert(!stages_[id].is_free);
    const std::size_t mask = heads_.size() - 1;
    std::size_t gap = place(stages_[id].key, stages_[id].value);
    while (heads_[gap] != id) gap = (gap + 1) & mask;
    for (std::size_t i = (gap + 1) & mask; heads_[i] != no_stage; i = (i + 1) & mask) {
      const std::size_t home = place(stages_[heads_[i]].key, stages_[heads_[i]].value);
      if (((i - home) & mask) < ((i - gap) & mask)) continue;  // it would stand before its home
      heads_[gap] = heads_[i];
      gap = i;
    }
    heads_[gap] = no_stage;
    stages_[id].is_free = true;
    free_.push_back(id);
    --used_;
  }
  std::size_t size() const { return used_; }
  std::size_t bytes() const {
    return stages_.capacity() * sizeof(Stage) + (free_.capacity() + heads_.capacity()) * sizeof(StageId);
  }

 private:
  std::size_t place(KeyId key, Atom value) const {
    return static_cast<std::size_t>(((value.bits() ^ std::uint64_t{key} << 40) * 0x9e3779b97f4a7c15ULL) >> shift_);
  }
  void insert(StageId id) {
    std::size_t i = place(stages_[id].key, stages_[id].value);
    while (heads_[i] != no_stage) i = (i + 1) & (heads_.size() - 1);
    heads_[i] = id;
  }
  void grow();

  std::vector<Stage> stages_;
  std::vector<StageId> free_;
  std::vector<StageId> heads_;  // a power of two of them, at most a quarter of them taken
  std::size_t used_ = 0;
  unsigned shift_ = 0;
};

}  // namespace ordeal::checker
