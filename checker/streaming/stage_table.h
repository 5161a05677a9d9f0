// The values of all keys that may still be seen, each with what is known of it.  Not thread-safe.
//
// A stage is the time during which a register holds one value: its writer and the reads of it. Its number stays the
// same until it is released. A value is found by its key's window, which has a place for the numbers that end in the
// same bits:
//
//   41 42 43 44 are alive        window of 8:   - 41 42 43 44 - - -
//   49 is written                41 and 49 both end in 001: 49 is put beside (a hash table of all keys), or, if the
//                                window is crowded, a window of 16 has room for both
//
// Clients mostly count their values up, so hardly anything is put beside, and nothing depends on luck.

#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "checker/streaming/paired_events.h"

namespace ordeal::checker {

using StageId = std::uint32_t;
using ChainId = std::uint32_t;
inline constexpr StageId no_stage = 0;
inline constexpr ChainId no_chain = std::numeric_limits<ChainId>::max(), set_aside = no_chain - 1;

// One cache line.
struct alignas(64) Stage {
  Atom value = Atom::absent();
  Atom expected = Atom::absent();  // of the cas that writes it; absent: a plain write
  Moment written = before_all;     // the call of its writer
  Moment first_return = never;     // of the operations on this value
  Moment last_call = before_all;   // of them, the writer's included; of a chain, see there
  Moment next_return = never;      // the first of an operation on a later value of its chain
  KeyId key = no_key;
  // none: it stands alone, or nobody knows yet whether its writer took effect. set_aside: nobody may ever know.
  ChainId chain = no_chain;
  StageId previous = no_stage;  // of its chain, as far as it is remembered; of one set aside, its place there
  bool open = false;            // its writer has not returned
  bool is_free = false;

  bool is_plain() const { return (chain == no_chain) & expected.is_absent(); }
  bool is_seen() const { return (first_return != never) | (chain < set_aside); }
};

// Where the values of a key are found.
class StageWindow {
 public:
  std::size_t bytes() const { return places_ ? (std::size_t{mask_} + 1) * sizeof(StageId) : 0; }

 private:
  friend class StageTable;
  StageId& place(Atom value) const { return places_[(value.bits() >> Atom::tag_bits) & mask_]; }

  std::unique_ptr<StageId[]> places_;
  std::uint32_t mask_ = 0;
  std::uint32_t beside_ = 0;  // that did not find their place free
};

class StageTable {
 public:
  StageTable();

  // Of a key that has no values.
  static StageWindow window();

  StageId find(const StageWindow& window, KeyId key, Atom value) const {
    const StageId id = window.place(value);
    if (stages_[id].value == value) [[likely]]
      return id;
    return window.beside_ == 0 ? no_stage : find_beside(key, value);
  }
  Stage& operator[](StageId id) { return stages_[id]; }
  const Stage& operator[](StageId id) const { return stages_[id]; }

  // A new one that can be found; there must be none for this key and value. The key has so many values already.
  StageId add(StageWindow& window, KeyId key, Atom value, std::size_t values) {
    StageId id = static_cast<StageId>(stages_.size());
    if (free_.empty()) [[unlikely]] {
      stages_.emplace_back();
    } else {
      id = free_.back();
      free_.pop_back();
      stages_[id] = {};
    }
    stages_[id].key = key;
    stages_[id].value = value;
    if (StageId& place = window.place(value); place == no_stage) [[likely]] {
      place = id;
    } else {
      add_elsewhere(window, id, values);
    }
    return id;
  }

  void release(StageWindow& window, StageId id) {
    Stage& stage = stages_[id];
    assert(!stage.is_free);
    if (StageId& place = window.place(stage.value); place == id) [[likely]] {
      place = no_stage;
    } else {
      release_beside(window, id);
    }
    stage.is_free = true;
    free_.push_back(id);
  }
  // Leaves its place in the window to others; it is found all the same.
  void put_beside(StageWindow& window, StageId id) {
    StageId& place = window.place(stages_[id].value);
    if (place != id) return;
    place = no_stage;
    add_beside(window, id);
  }
  std::size_t size() const { return stages_.size() - 1 - free_.size(); }
  std::size_t bytes() const {
    return stages_.capacity() * sizeof(Stage) + (free_.capacity() + heads_.capacity()) * sizeof(StageId);
  }

 private:
  StageId find_beside(KeyId key, Atom value) const;
  void add_elsewhere(StageWindow& window, StageId id, std::size_t values);
  void add_beside(StageWindow& window, StageId id);
  void release_beside(StageWindow& window, StageId id);
  std::size_t head_of(KeyId key, Atom value) const {
    return static_cast<std::size_t>(((value.bits() ^ std::uint64_t{key} << 40) * 0x9e3779b97f4a7c15ULL) >> shift_);
  }
  void insert(StageId id);
  void grow();

  std::vector<Stage> stages_;  // the first is no_stage, which has no value
  std::vector<StageId> free_;
  // Those that are put beside: open addressing, linear probing. A power of two, at most a quarter of them taken.
  std::vector<StageId> heads_;
  std::size_t used_ = 0;
  unsigned shift_ = 0;
};

}  // namespace ordeal::checker
