// The steps of RegisterKeys that nearly every event takes: inline, for the sources of the stream
// only. What they mean stands in the latter.  Not thread-safe.

#pragma once

#include <algorithm>
#include <cassert>

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

inline BlockId RegisterKeys::add_block(Key& key, Moment first_return, Moment last_call, StageId tail) {
  const bool full = key.blocks.size() == key.blocks.capacity();
  Block& block = key.blocks.emplace_back();
  block.first_return = first_return;
  block.last_call = last_call;
  block.tail = tail;
  if (full) [[unlikely]]
    account(key);
  return key.first_block + static_cast<BlockId>(key.blocks.size() - 1);
}

inline void RegisterKeys::unsee(Key& key, StageId id) {
  const std::uint32_t place = table_[id].unseen_at;
  assert(key.unseen[place] == id);
  const StageId last = key.unseen.back();
  key.unseen[place] = last;
  table_[last].unseen_at = place;
  key.unseen.pop_back();
}

// Nobody has seen this value yet.
inline void RegisterKeys::see_first(Key& key, StageId id, Moment called) {
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
inline void RegisterKeys::raise(Key& key, BlockId id, Moment called) {
  Block& block = block_of(key, id);
  if (called <= block.last_call) return;
  block.last_call = called;
  note_call(key, id, called);
  if (last_call_of_others(key, id) >= block.first_return) check_raised(key, id, called);
}

// An operation on the value of this stage returns.
inline void RegisterKeys::see_stage(Key& key, KeyId id, StageId found, Moment called) {
  Stage& stage = table_[found];
  if (stage.block == no_block) return see_first(key, found, called);
  if (called > stage.next_return) [[unlikely]]
    return violate_chain(key, id, found);
  if (stage.first_return == never) stage.first_return = now_;
  raise(key, stage.block, called);
}

inline void RegisterKeys::see(Key& key, KeyId id, Atom value, Moment called) {
  const StageId found = table_.find(id, value);
  if (found == no_stage) [[unlikely]]
    return violate_missing(key, id, value, called);
  see_stage(key, id, found, called);
}

inline StageId RegisterKeys::write(Key& key, const PairedEvent& event, Atom value, Atom expected) {
  if (!key.written.add_next(value) && !write_elsewhere(key, value)) [[unlikely]] {
    give_up_repeated(event);
    return no_stage;
  }
  const StageId id = table_.add(event.key, value);
  Stage& stage = table_[id];
  stage.expected = expected;
  stage.written = now_;
  stage.open = true;
  stage.unseen_at = static_cast<std::uint32_t>(key.unseen.size());
  const bool full = key.unseen.size() == key.unseen.capacity();
  key.unseen.push_back(id);
  if (full) account(key);
  return id;
}

// The value of an ok read, unless it says nothing.
inline void RegisterKeys::complete_read(const PairedEvent& event) {
  Key& key = keys_[event.key];
  if (key.status != Status::followed || (nil_reads_say_nothing_ && event.value.is_nil())) [[unlikely]]
    return;
  now_ = event.now;
  called_ = event.called;
  see(key, event.key, event.value, event.called);
}

// An ok write. `written` is its stage, unless that was seen and is forgotten.
inline void RegisterKeys::complete_write(const PairedEvent& event, StageId written) {
  Key& key = keys_[event.key];
  now_ = event.now;
  if (key.status != Status::followed) [[unlikely]]
    return complete(event);
  if (written == no_stage) [[unlikely]]
    return;
  Stage& stage = table_[written];
  stage.open = false;
  if (stage.block == no_block) see_first(key, written, event.called);
}

inline StageId RegisterKeys::call_write(const PairedEvent& event) {
  Key& key = key_of(event.key);
  now_ = event.now;
  return key.status == Status::followed ? write(key, event, event.value, Atom::absent()) : no_stage;
}

inline void RegisterKeys::add(const PairedEvent& event) {
  switch (kind_of(event.type, event.f)) {
    case kind_of(EventType::invoke, verb::write):
      call_write(event);
      break;
    case kind_of(EventType::ok, verb::read):
      complete_read(event);
      break;
    case kind_of(EventType::ok, verb::write):
      complete_write(event, table_.find(event.key, event.value));
      break;
    default:
      add_unusual(event);
  }
}

}  // namespace ordeal::checker
