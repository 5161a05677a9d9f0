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
// raised: the largest such s is kept. In the same way a stage is forgotten when its next_return < oldest. When and how
// thoroughly one looks for such D is a matter of time and memory only.
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

// Nobody has seen this value yet.
void RegisterKeys::see_first(Key& key, StageId id, Moment called) {
  Stage& stage = table_[id];
  if (!stage.expected.is_absent()) return see_chain(key, id, called);
  if (stage.chain == set_aside) take_back(key, id);
  stage.first_return = now_;
  stage.last_call = std::max(called, stage.last_call);
  note_call(key, id, stage.last_call);
}

// Something on the block of this value was called then.
void RegisterKeys::raise(Key& key, StageId id, Moment called) {
  Stage& stage = table_[id];
  Moment& last_call = stage.chain == no_chain ? stage.last_call : chains_[stage.chain].last_call;
  if (called <= last_call) return;
  last_call = called;
  note_call(key, block_id_of(id), called);
  if (last_call_of_others(key, block_id_of(id)) >= block_of(id).first_return) check_raised(key, id, called);
}

// An operation on this value returns.
void RegisterKeys::see(Key& key, KeyId id, Atom value, Moment called) {
  const StageId found = find_written(key, id, value);
  if (found == no_stage) return violate_missing(key, id, value, called);
  Stage& stage = table_[found];
  if (!stage.is_seen()) return see_first(key, found, called);
  if (called > stage.next_return) return violate_chain(key, id, found);
  stage.first_return = std::min(stage.first_return, now_);
  raise(key, found, called);
}

// A read of a value behind which its chain went on before the read was called.
void RegisterKeys::violate_chain(Key& key, KeyId id, StageId found) {
  const Stage& stage = table_[found];
  violate(key, {.kind = Kind::chain,
                .key = id,
                .value = stage.value,
                .other = table_[block_of(found).tail].value,
                .events = {stage.written, stage.next_return}});
}

// Written by a cas. Its chain is followed back to a value that was seen, or to a plain write.
void RegisterKeys::see_chain(Key& key, StageId id, Moment called) {
  const KeyId key_id = table_[id].key;
  path_.clear();
  Moment last_call = called;
  StageId before = no_stage;
  for (StageId at = id;;) {
    path_.push_back(at);
    last_call = std::max(last_call, table_[at].written);
    before = no_stage;
    if (table_[at].expected.is_absent()) break;
    before = find_written(key, key_id, table_[at].expected);
    if (before == no_stage) return violate_missing(key, key_id, table_[at].expected, table_[at].written);
    const bool is_seen = table_[before].is_seen();
    if (!is_seen && path_.size() <= key.values.size() + key.aside.size()) {
      at = before;
      continue;
    }
    if (is_seen && block_of(before).tail == before) break;
    violate(key, {.kind = is_seen ? Kind::two_cas : Kind::cas_cycle,
                  .key = key_id,
                  .value = table_[before].value,
                  .other = table_[at].value,
                  .events = {table_[before].written, table_[before].next_return, table_[at].written}});
    return;
  }
  const ChainId chain = chain_with(key, before);
  for (StageId at = before; at != no_stage && table_[at].next_return == never; at = table_[at].previous) {
    table_[at].next_return = now_;
  }
  for (std::size_t i = path_.size(); i-- > 0;) {
    Stage& stage = table_[path_[i]];
    if (stage.chain == set_aside) take_back(key, path_[i]);
    stage.chain = chain;
    stage.previous = before;
    before = path_[i];
    if (i > 0) stage.next_return = now_;
  }
  table_[id].first_return = now_;
  chains_[chain].tail = id;
  raise(key, id, last_call);
}

// The chain of this value that was seen, whose only one it may be; of none, a new one.
ChainId RegisterKeys::chain_with(Key& key, StageId id) {
  if (id != no_stage && table_[id].chain != no_chain) return table_[id].chain;
  if (free_chains_.empty()) {
    free_chains_.push_back(static_cast<ChainId>(chains_.size()));
    chains_.emplace_back();
  }
  const ChainId chain = free_chains_.back();
  free_chains_.pop_back();
  ++key.chains;
  chains_[chain] = id == no_stage ? Block{.first_return = now_} : block_of(id);
  chains_[chain].id = chain | chain_bit;
  if (id != no_stage) {
    table_[id].chain = chain;
    if (key.top_block == id) key.top_block = chain | chain_bit;
  }
  return chain;
}

// Whether another block precedes that of this value and follows it, too.
void RegisterKeys::check_raised(Key& key, StageId id, Moment called) {
  const Block block = block_of(id);
  const Stage& stage = table_[block.tail];
  if (key.dead_call > block.first_return) {
    violate(key, {.kind = Kind::two_values,
                  .key = stage.key,
                  .value = stage.value,
                  .events = {stage.written, block.first_return, called, key.dead_call}});
    return;
  }
  Block other{.first_return = called};  // the one that returned first
  for (const StageId value : key.values) {
    const Block its = block_of(value);
    if (its.first_return < other.first_return && its.last_call >= block.first_return && its.id != block.id) other = its;
  }
  if (other.id == no_block) return;
  const Stage& its = table_[other.tail];
  violate(key,
          {.kind = Kind::two_values,
           .key = stage.key,
           .value = stage.value,
           .other = its.value,
           .events = {stage.written, block.first_return, called, its.written, other.first_return, other.last_call}});
}

void RegisterKeys::forbid(Key& key, KeyId id, Atom value, Moment called) {
  const StageId found = find(key, id, value);
  if (found == no_stage) return;
  const Stage& stage = table_[found];
  if (stage.first_return > called || stage.next_return != never) return;
  const Block block = block_of(found);
  if (last_call_of_others(key, block.id) > block.first_return) return;
  const auto may_follow = [&](StageId seen) {
    const Block its = block_of(seen);
    return its.id != block.id && its.first_return > block.last_call;
  };
  const auto is_candidate = [&](StageId other) {
    if (table_[other].is_seen()) return block_of(other).tail == other && may_follow(other);
    if (table_[other].expected.is_absent()) return true;
    const StageId before = find(key, id, table_[other].expected);
    return before != no_stage && (!table_[before].is_seen() || before == found || may_follow(before));
  };
  std::size_t candidates = key.dead_return > block.last_call ? 2 : 0;
  StageId candidate = no_stage;
  for (const std::vector<StageId>* some : {&key.values, &key.aside}) {
    for (std::size_t i = 0; i < some->size() && candidates < 2; ++i) {
      if (!is_candidate((*some)[i])) continue;
      ++candidates;
      candidate = (*some)[i];
    }
  }
  if (candidates == 0) {
    violate(key, {.kind = Kind::failed_cas, .key = id, .value = value, .events = {stage.written, stage.first_return}});
  } else if (candidates > 1) {
    give_up(id, "a failed cas that several values may have made fail");
  } else if (table_[candidate].is_seen()) {
    raise(key, candidate, called);
  } else {
    see_first(key, candidate, called);
  }
}

// Is not to be found: nobody has called its write, or it was forgotten.
void RegisterKeys::violate_missing(Key& key, KeyId id, Atom value, Moment called) {
  const bool was_written = key.written.contains(value) && find(key, id, value) == no_stage;  // and not just early
  StreamViolation violation{.kind = was_written ? Kind::overwritten : Kind::never_written, .key = id, .value = value};
  if (violation.kind == Kind::overwritten) {
    violation.events = {key.dead_call};
    Moment last = key.dead_call;
    for (const StageId stage : key.values) {
      const Block block = block_of(stage);
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
