// The smallest steps of RegisterKeys, inline, for its sources only. What they mean stands in
// register_keys_checks.cc.  Not thread-safe.

#pragma once

#include <algorithm>

#include "checker/streaming/register_keys.h"

namespace ordeal::checker {

// Without branches, as nobody can predict which block it is.
inline void RegisterKeys::note_call(Key& key, BlockId block, Moment called) {
  const Moment top = key.top_call;
  const Moment unless_it_is_the_top = Moment{block == key.top_block} - 1;
  key.second_call = std::max(key.second_call, std::min(top, called) & unless_it_is_the_top);
  const BlockId if_later = BlockId{0} - BlockId{called > top};
  key.top_block ^= (key.top_block ^ block) & if_later;
  key.top_call = std::max(top, called);
}

// False: nothing was done, as the value may have been written before.
inline bool RegisterKeys::write(Key& key, const PairedEvent& event, Atom value, Atom expected) {
  if (!key.written.add_next(value) && !write_elsewhere(key, value)) [[unlikely]]
    return false;
  const StageId id = table_.add(key.window, event.key, value, key.values.size());
  Stage& stage = table_[id];
  stage.expected = expected;
  stage.written = event.now;
  stage.last_call = event.now;
  stage.open = true;
  const bool full = key.values.size() == key.values.capacity();
  key.values.push_back(id);
  if (full) [[unlikely]]
    account(key);
  if (key.values.size() >= key.forget_at) [[unlikely]] {
    now_ = event.now;
    forget(event.key);
  }
  return true;
}

}  // namespace ordeal::checker
