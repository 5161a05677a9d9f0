#include "checker/streaming/stage_table.h"

#include <bit>

namespace ordeal::checker {

StageTable::StageTable() : heads_(64, no_stage), shift_(64 - 6) {}

void StageTable::grow() {
  const std::size_t size = 2 * heads_.size();
  heads_.assign(size, no_stage);
  shift_ = 64 - static_cast<unsigned>(std::countr_zero(size));
  for (StageId id = 0; id < stages_.size(); ++id) {
    if (!stages_[id].is_free) insert(id);
  }
}

}  // namespace ordeal::checker
