// The steps of RegisterStream that nearly every event takes: inline, for register_stream.cc and
// register_stream_checks.cc only. What they mean stands in the latter.  Not thread-safe.

#pragma once

#include <algorithm>
#include <cassert>

#include "checker/streaming/register_stream.h"

namespace ordeal::checker {

// Without branches, as nobody can predict which block it is.
inline void RegisterStream::note_call(Key& key, BlockId block, Moment called) {
  const Moment top = key.top_call;
  const Moment unless_it_is_the_top = Moment{block == key.top_block} - 1;
  key.second_call = std::max(key.second_call, std::min(top, called) & unless_it_is_the_top);
  const BlockId if_later = BlockId{0} - BlockId{called > top};
  key.top_block ^= (key.top_block ^ block) & if_later;
  key.top_call = std::max(top, called);
}

inline BlockId RegisterStream::add_block(Key& key, Moment first_return, Moment last_call, StageId tail) {
  const bool full = key.blocks.size() == key.blocks.capacity();
  Block& block = key.blocks.emplace_back();
  block.first_return = first_return;
  block.last_call = last_call;
  block.tail = tail;
  if (full) [[unlikely]]
    account(key);
  return key.first_block + static_cast<BlockId>(key.blocks.size() - 1);
}

inline void RegisterStream::unsee(Key& key, StageId id) {
  const std::uint32_t place = table_[id].unseen_at;
  assert(key.unseen[place] == id);
  const StageId last = key.unseen.back();
  key.unseen[place] = last;
  table_[last].unseen_at = place;
  key.unseen.pop_back();
}

// Nobody has seen this value yet.
inline void RegisterStream::see_first(Key& key, StageId id, Moment called) {
  Stage& stage = table_[id];
  if (stage.expected.is_absent()) [[likely]] {
    const Moment last_call = std::max(called, stage.written);
    const BlockId block = add_block(key, now_, last_call, id);
    stage.first_return = now_;
    stage.block = block;
    unsee(key, id);
    note_call(key, block, last_call);
    ++key.seen;
  } else {
    see_chain(key, id, called);
  }
  if (key.seen >= key.forget_at && key.status == Status::followed) [[unlikely]]
    forget(table_[id].key);
}

// Something on this block was called then.
inline void RegisterStream::raise(Key& key, BlockId id, Moment called) {
  Block& block = block_of(key, id);
  if (called <= block.last_call) return;
  block.last_call = called;
  note_call(key, id, called);
  if (last_call_of_others(key, id) >= block.first_return) check_raised(key, id, called);
}

inline void RegisterStream::see(Key& key, KeyId id, Atom value, Moment called) {
  const StageId found = table_.find(id, value);
  if (found == no_stage) [[unlikely]]
    return violate_missing(key, id, value, called);
  Stage& stage = table_[found];
  if (stage.block == no_block) return see_first(key, found, called);
  if (called > stage.next_return) [[unlikely]]
    return violate_chain(key, id, found);
  if (stage.first_return == never) stage.first_return = now_;
  raise(key, stage.block, called);
}

}  // namespace ordeal::checker
