#include "checker/streaming/stage_table.h"

#include <bit>
#include <cassert>

namespace ordeal::checker {

StageTable::StageTable() : heads_(64, no_stage), shift_(64 - 6) {}

StageId StageTable::add(KeyId key, Atom value) {
  if (2 * (listed_ + 1) > heads_.size()) {
    const std::size_t size = 2 * heads_.size();
    heads_.assign(size, no_stage);
    shift_ = 64 - static_cast<unsigned>(std::countr_zero(size));
    for (StageId id = 0; id < stages_.size(); ++id) {
      if (stages_[id].listed) insert(id);
    }
  }
  StageId id = 0;
  if (free_.empty()) {
    id = static_cast<StageId>(stages_.size());
    stages_.emplace_back();
  } else {
    id = free_.back();
    free_.pop_back();
    stages_[id] = {};
  }
  Stage& stage = stages_[id];
  stage.key = key;
  stage.value = value;
  stage.listed = true;
  insert(id);
  ++listed_;
  return id;
}

void StageTable::insert(StageId id) {
  std::size_t i = place(stages_[id].key, stages_[id].value);
  while (heads_[i] != no_stage) i = (i + 1) & (heads_.size() - 1);
  heads_[i] = id;
}

// Closes the gap, so that no search ends too early: whoever stands behind it and belongs before it moves up.
void StageTable::unlist(StageId id) {
  if (!stages_[id].listed) return;
  stages_[id].listed = false;
  --listed_;
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
}

void StageTable::release(StageId id) {
  unlist(id);
  free_.push_back(id);
}

}  // namespace ordeal::checker
