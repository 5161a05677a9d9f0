#include "checker/streaming/stage_table.h"

#include <bit>
#include <utility>

namespace ordeal::checker {
namespace {

constexpr std::uint32_t smallest_window = 8;
// A window that has fewer places for each value is crowded.
constexpr std::size_t places_for_a_value = 4;

}  // namespace

StageTable::StageTable() : stages_(1), heads_(64, no_stage), shift_(64 - 6) {}

StageWindow StageTable::window() {
  StageWindow window;
  window.places_ = std::make_unique<StageId[]>(smallest_window);
  window.mask_ = smallest_window - 1;
  return window;
}

StageId StageTable::find_beside(KeyId key, Atom value) const {
  for (std::size_t i = head_of(key, value);; i = (i + 1) & (heads_.size() - 1)) {
    const StageId id = heads_[i];
    if (id == no_stage || (stages_[id].value == value && stages_[id].key == key)) return id;
  }
}

// Its place is taken. Values that differ in their last bits differ in one more of them, too, so whoever is in the
// window finds a place in one of double size.
void StageTable::add_elsewhere(StageWindow& window, StageId id, std::size_t values) {
  while (window.place(stages_[id].value) != no_stage && window.mask_ < places_for_a_value * values) {
    const std::uint32_t size = window.mask_ + 1;
    const std::unique_ptr<StageId[]> before =
        std::exchange(window.places_, std::make_unique<StageId[]>(std::size_t{2} * size));
    window.mask_ = 2 * size - 1;
    for (std::uint32_t i = 0; i < size; ++i) {
      if (before[i] != no_stage) window.place(stages_[before[i]].value) = before[i];
    }
  }
  if (StageId& place = window.place(stages_[id].value); place == no_stage) {
    place = id;
  } else {
    add_beside(window, id);
  }
}

void StageTable::add_beside(StageWindow& window, StageId id) {
  if (4 * (used_ + 1) > heads_.size()) grow();
  insert(id);
  ++used_;
  ++window.beside_;
}

// Closes the gap, so that no search ends too early: whoever stands behind it and belongs before it moves up.
void StageTable::release_beside(StageWindow& window, StageId id) {
  const std::size_t mask = heads_.size() - 1;
  std::size_t gap = head_of(stages_[id].key, stages_[id].value);
  while (heads_[gap] != id) gap = (gap + 1) & mask;
  for (std::size_t i = (gap + 1) & mask; heads_[i] != no_stage; i = (i + 1) & mask) {
    const std::size_t home = head_of(stages_[heads_[i]].key, stages_[heads_[i]].value);
    if (((i - home) & mask) < ((i - gap) & mask)) continue;  // it would stand before its home
    heads_[gap] = heads_[i];
    gap = i;
  }
  heads_[gap] = no_stage;
  --used_;
  --window.beside_;
}

void StageTable::insert(StageId id) {
  std::size_t i = head_of(stages_[id].key, stages_[id].value);
  while (heads_[i] != no_stage) i = (i + 1) & (heads_.size() - 1);
  heads_[i] = id;
}

void StageTable::grow() {
  const std::vector<StageId> before = std::exchange(heads_, std::vector<StageId>(2 * heads_.size(), no_stage));
  shift_ = 64 - static_cast<unsigned>(std::countr_zero(heads_.size()));
  for (const StageId id : before) {
    if (id != no_stage) insert(id);
  }
}

}  // namespace ordeal::checker
