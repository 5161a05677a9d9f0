// Blocks and zones (Gibbons and Korach, SICOMP 1997; zones.cc has the theorem), one event at a time.
//
// Every value is written once, so a read says whose value it saw. All that concerns one value is a *stage*; a cas from
// u to v puts the stage of v right behind that of u; such a chain is a *block*, and in any linearization a block stands
// together. Only what was *seen* is looked at: a write or cas that returned ok, that a read saw, or that a seen cas
// builds upon. What was not seen may as well not have happened.
//
//   first return f   of a block: of the first of its operations to return
//   last call s      the last call of its operations, writers included
//   A precedes B     f(A) < s(B): an operation of A returned before one of B was called
//
// The events so far are linearizable exactly when no two blocks precede each other, and within a block no operation of
// a later stage returned before one of an earlier stage was called (next_return, below).
//
// When an event comes, now is later than every f and s. So
//   * a value that is seen for the first time (see_first) gets f = now and contradicts nothing by being there; it may
//     fail because the value that its cas builds upon is not there, has been built upon already, or waits for itself;
//   * a value that is seen again (see) may raise its block's s to the call of the reader. Only then is there something
//     to check, and only against this block (raise). Most of the time the last call of all others is before this
//     block's f, and that is the end of it.
//   * next_return of a stage, the first return in any later stage of its chain, is set once: when the first later stage
//     is seen to return. A read of the stage that was called after that is a contradiction.
//
// Forgetting. Let `oldest` be the first call among the reads and cas that are open: whatever returns later and says
// something about a block was called at or after it. (A write says something about its own value only: that it
// happened, which is known when it was seen.) So when f(D) < oldest and some E has f(E) < oldest and s(E) > f(D), every
// further operation on D would be called at or after oldest > f(E): D and E would precede each other. D need not be
// found any more: not to find it is a contradiction. Of D's zone only s(D) matters, as f(D) < oldest <= the s that is
// raised: the largest such s is kept. In the same way a stage is forgotten when its next_return < oldest.
//
// A failed cas that saw another value than u (forbid) is an operation on no block. With c and now its call and return:
// it fits into a linearization unless the stage of u begins before c and ends after now. Take the order of blocks that
// is found in the end, and let every operation take effect as late as that order permits: at the first return of
// itself and all behind it. Then the stage of u begins before c and ends after now only if something in it returned
// before c (for were it something behind it, u had ended before c), and nothing behind it returned before now.
// Therefore it is satisfied
//   * when u was not seen to return before c, or is forgotten, or has next_return <= now;
//   * when some block that u precedes is there: f(u) < s(E).
// Else u was there at c, and one of the values that were written, but do not precede u, must have replaced it by now.
// When there is none, that is a contradiction. When there is one, it is there now in every linearization, as if it
// had been read. When there are several: undecided.

#include <algorithm>

#include "checker/streaming/register_keys.h"
#include "checker/streaming/register_keys_steps.h"

namespace ordeal::checker {

using Kind = StreamViolation::Kind;

// A read of a value behind which its chain went on before the read was called.
void RegisterKeys::violate_chain(Key& key, KeyId id, StageId found) {
  const Stage& stage = table_[found];
  violate(key, {.kind = Kind::chain,
                .key = id,
                .value = stage.value,
                .other = table_[block_of(key, stage.block).tail].value,
                .events = {stage.written, stage.next_return}});
}

// Written by a cas. Its chain is followed back to a value that was seen, or to a plain write.
void RegisterKeys::see_chain(Key& key, StageId id, Moment called) {
  const KeyId key_id = table_[id].key;
  path_.clear();
  BlockId block = no_block;
  Moment last_call = called;
  StageId before = no_stage;
  for (StageId at = id;;) {
    path_.push_back(at);
    last_call = std::max(last_call, table_[at].written);
    before = no_stage;
    if (table_[at].expected.is_absent()) break;
    before = table_.find(key_id, table_[at].expected);
    if (before == no_stage) {
      violate_missing(key, key_id, table_[at].expected, table_[at].written);
      return;
    }
    block = table_[before].block;
    if (block == no_block && path_.size() <= key.unseen.size()) {
      at = before;
      continue;
    }
    if (block == no_block || block_of(key, block).tail != before) {
      violate(key, {.kind = block == no_block ? Kind::cas_cycle : Kind::two_cas,
                    .key = key_id,
                    .value = table_[before].value,
                    .other = table_[at].value,
                    .events = {table_[before].written, table_[before].next_return, table_[at].written}});
      return;
    }
    break;
  }
  if (block == no_block) {
    block = add_block(key, now_, before_all, no_stage);
  } else {
    for (StageId at = before; at != no_stage && table_[at].next_return == never; at = table_[at].previous) {
      table_[at].next_return = now_;
    }
  }
  for (std::size_t i = path_.size(); i-- > 0;) {
    Stage& stage = table_[path_[i]];
    stage.block = block;
    stage.previous = before;
    before = path_[i];
    if (i > 0) stage.next_return = now_;
    unsee(key, path_[i]);
  }
  table_[id].first_return = now_;
  block_of(key, block).tail = id;
  key.seen += static_cast<std::uint32_t>(path_.size());
  raise(key, block, last_call);
}

// Whether another block precedes this one and follows it, too.
void RegisterKeys::check_raised(Key& key, BlockId id, Moment called) {
  const Block& block = block_of(key, id);
  const Stage& stage = table_[block.tail];
  if (key.dead_call > block.first_return) {
    violate(key, {.kind = Kind::two_values,
                  .key = stage.key,
                  .value = stage.value,
                  .events = {stage.written, block.first_return, called, key.dead_call}});
    return;
  }
  for (BlockId i = 0; i < key.blocks.size() && key.blocks[i].first_return < called; ++i) {
    const Block& other = key.blocks[i];
    if (key.first_block + i == id || other.last_call < block.first_return) continue;
    const Stage& its = table_[other.tail];
    violate(key,
            {.kind = Kind::two_values,
             .key = stage.key,
             .value = stage.value,
             .other = its.value,
             .events = {stage.written, block.first_return, called, its.written, other.first_return, other.last_call}});
    return;
  }
}

void RegisterKeys::forbid(Key& key, KeyId id, Atom value, Moment called) {
  const StageId found = table_.find(id, value);
  if (found == no_stage) return;
  const Stage& stage = table_[found];
  if (stage.block == no_block || stage.first_return > called || stage.next_return != never) return;
  const Block block = block_of(key, stage.block);
  if (last_call_of_others(key, stage.block) > block.first_return) return;
  std::size_t candidates = key.dead_return > block.last_call ? 2 : 0;
  BlockId its_block = no_block;
  const auto may_follow = [&](BlockId i) {
    return i != stage.block && block_of(key, i).first_return > block.last_call;
  };
  for (BlockId i = 0; i < key.blocks.size() && candidates < 2; ++i) {
    if (!may_follow(key.first_block + i)) continue;
    ++candidates;
    its_block = key.first_block + i;
  }
  StageId its_stage = no_stage;
  for (std::size_t i = 0; i < key.unseen.size() && candidates < 2; ++i) {
    const Stage& unseen = table_[key.unseen[i]];
    if (!unseen.expected.is_absent()) {
      const StageId before = table_.find(id, unseen.expected);
      if (before == no_stage) continue;
      const BlockId base = table_[before].block;
      if (base != no_block && before != found && !may_follow(base)) continue;
    }
    ++candidates;
    its_stage = key.unseen[i];
  }
  if (candidates == 0) {
    violate(key, {.kind = Kind::failed_cas, .key = id, .value = value, .events = {stage.written, stage.first_return}});
  } else if (candidates > 1) {
    give_up(id, "a failed cas that several values may have made fail");
  } else if (its_stage != no_stage) {
    see_first(key, its_stage, called);
  } else {
    raise(key, its_block, called);
  }
}

// Is not to be found: nobody has called its write, or it was forgotten.
void RegisterKeys::violate_missing(Key& key, KeyId id, Atom value, Moment called) {
  StreamViolation violation{
      .kind = key.written.contains(value) ? Kind::overwritten : Kind::never_written, .key = id, .value = value};
  if (violation.kind == Kind::overwritten) {
    violation.events = {key.dead_call};
    Moment last = key.dead_call;
    for (const Block& block : key.blocks) {
      if (block.first_return > called || block.last_call < last) continue;
      last = block.last_call;
      const Stage& its = table_[block.tail];
      violation.other = its.value;
      violation.events = {its.written, block.first_return, block.last_call};
    }
  }
  violate(key, std::move(violation));
}

void RegisterKeys::violate(Key& key, StreamViolation violation) {
  violation.event = now_ - 1;
  violation.call = called_ - 1;
  std::erase_if(violation.events, [](Moment moment) { return moment == before_all || moment == never; });
  for (std::uint64_t& moment : violation.events) --moment;  // to indices
  violation.events.push_back(violation.call);
  violation.events.push_back(violation.event);
  std::sort(violation.events.begin(), violation.events.end());
  violation.events.erase(std::unique(violation.events.begin(), violation.events.end()), violation.events.end());
  violations_.push_back(std::move(violation));
  stop(key, Status::violated);
}

}  // namespace ordeal::checker
