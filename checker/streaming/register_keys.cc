#include "checker/streaming/register_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "checker/models/model.h"
#include "checker/streaming/register_keys_steps.h"

namespace ordeal::checker {
namespace {

bool is_effectless(const PairedEvent& event) {  // a cas from a value to itself is a read of it
  return event.f == verb::cas && event.second == event.value;
}

}  // namespace

RegisterKeys::RegisterKeys(const Vocabulary& vocabulary, const LinearizableOptions& options, Atom initial,
                           StreamLimits limits)
    : vocabulary_(vocabulary),
      has_cas_(options.model == ModelName::cas_register),
      nil_reads_say_nothing_(options.nil_reads_say_nothing && !options.initial.is_nil()),
      failed_cas_(options.failed_cas),
      initial_(initial),
      limits_(limits) {}

void RegisterKeys::add(const PairedEvents& paired) {
  const std::span<const PairedEvent> events = paired.events();
  const std::span<const Straggler> stragglers = paired.stragglers();
  std::size_t at = 0, stragglers_begin = 0;
  for (const Horizon& horizon : paired.horizons()) {
    for (const PairedEvent& event : events.subspan(at, horizon.at - at)) add(event);
    at = horizon.at;
    look(horizon, stragglers.subspan(stragglers_begin, horizon.stragglers_end - stragglers_begin));
    stragglers_begin = horizon.stragglers_end;
  }
  for (const PairedEvent& event : events.subspan(at)) add(event);
}

void RegisterKeys::add_unusual(const PairedEvent& event) {
  now_ = event.now;
  if (event.type == EventType::invoke) {
    call(event);
  } else {
    complete(event);
  }
}

RegisterKeys::Key& RegisterKeys::new_key(KeyId id) {
  keys_.hold(id);
  Key& key = keys_[id];
  ++key_count_;
  key.status = Status::followed;
  key.written.add(initial_);
  const StageId stage = table_.add(id, initial_);
  table_[stage].first_return = before_all;
  table_[stage].block = 0;
  key.blocks.push_back({.first_return = before_all, .last_call = before_all, .tail = stage});
  key.seen = 1;
  key.forget_at = limits_.forget_from;
  account(key);
  return key;
}

void RegisterKeys::account(Key& key) {
  const auto bytes = static_cast<std::uint32_t>(key.blocks.capacity() * sizeof(Block) +
                                                key.unseen.capacity() * sizeof(StageId) + key.written.bytes());
  key_bytes_ += bytes;
  key_bytes_ -= key.accounted;
  key.accounted = bytes;
}

void RegisterKeys::call(const PairedEvent& event) {
  Key& key = key_of(event.key);
  if (key.status != Status::followed || event.f == verb::read) return;
  if (event.f != verb::cas || !has_cas_ || event.second.is_absent()) {
    give_up(event.key, fmt::format("event {} is a {} that the model does not know", event.now - 1,
                                   vocabulary_.verb_name(event.f)));
  } else if (!is_effectless(event)) {
    write(key, event, event.second, event.value);
  }
}

// No next value of the one before it.
bool RegisterKeys::write_elsewhere(Key& key, Atom value) {
  const bool is_new = key.written.add_anywhere(value);
  account(key);
  return is_new;
}

void RegisterKeys::give_up_repeated(const PairedEvent& event) {
  give_up(event.key, fmt::format("event {} writes a value that may have been written before", event.now - 1));
}

bool RegisterKeys::writes(const PairedEvent& event) const {
  return event.f == verb::write || (event.f == verb::cas && has_cas_ && !is_effectless(event));
}

// The stage that this completion's call began, if it can still be found.
StageId RegisterKeys::written_by(const PairedEvent& event) const {
  if (!writes(event)) return no_stage;
  const StageId id = table_.find(event.key, event.f == verb::cas ? event.second : event.value);
  return id != no_stage && table_[id].written == event.called ? id : no_stage;
}

void RegisterKeys::complete(const PairedEvent& event) {
  Key& key = keys_[event.key];
  called_ = event.called;
  if (key.status != Status::followed) return complete_stopped(key, event);
  if (event.type == EventType::fail) return fail(key, event);
  const StageId id = written_by(event);
  if (id != no_stage) table_[id].open = false;
  if (event.type != EventType::ok) return;
  if (event.f == verb::read || is_effectless(event)) {
    const bool says_nothing = event.f == verb::read && nil_reads_say_nothing_ && event.value.is_nil();
    if (!says_nothing) see(key, event.key, event.value, event.called);
  } else if (id != no_stage && table_[id].block == no_block) {
    see_first(key, id, event.called);
  }
}

// A violation stands only if no write that was seen before it fails in the end. What is still there of a violated key
// are the stages of writes that were open; one that is not was seen, and is forgotten.
void RegisterKeys::complete_stopped(Key& key, const PairedEvent& event) {
  const StageId id = written_by(event);
  const bool was_seen = id == no_stage ? event.called < key.stopped : table_[id].block != no_block;
  if (id != no_stage) table_.release(id);
  if (key.status == Status::violated && event.type == EventType::fail && writes(event) && was_seen) {
    give_up(event.key, "a violation, but among its values is one whose write failed");
  }
}

// It did not happen, and never will.
void RegisterKeys::fail(Key& key, const PairedEvent& event) {
  if (writes(event)) {
    const StageId id = written_by(event);
    if (id == no_stage || table_[id].block != no_block) {  // not found: it was seen, and is forgotten
      give_up(event.key, fmt::format("the write of event {} failed, but its value was seen", event.called - 1));
      return;
    }
    key.written.remove(table_[id].value);
    unsee(key, id);
    table_.release(id);
  }
  const bool observes = event.f == verb::cas && has_cas_ &&
                        (failed_cas_ == FailedCas::observes || (failed_cas_ == FailedCas::by_error && event.mismatch));
  if (observes) forbid(key, event.key, event.value, event.called);
}

void RegisterKeys::look(const Horizon& horizon, std::span<const Straggler> stragglers) {
  oldest_ = horizon.oldest;
  stragglers_.assign(stragglers.begin(), stragglers.end());
}

// The first call among the reads and cas of this key that are open now, or an earlier moment. (A write that is open
// concerns its value only.)
Moment RegisterKeys::oldest_open(KeyId key) const {
  Moment oldest = oldest_;
  for (const Straggler& straggler : stragglers_) {
    if (straggler.key == key) oldest = std::min(oldest, straggler.called);
  }
  return oldest;
}

// Forgets what nobody can read any more.
void RegisterKeys::forget(KeyId id) {
  Key& key = keys_[id];
  forget_before(key, oldest_open(id));
  key.forget_at = std::max(limits_.forget_from, 2 * key.seen);
  if (key.seen > limits_.most_live) {
    give_up(id, fmt::format("at event {} {} of its values could still be read, as an operation is open for long",
                            now_ - 1, key.seen));
  }
}

// See "Forgetting" in register_keys_checks.cc. Only blocks that returned before `oldest` are looked at: the first
// ones. Those of them that stay, which are few, move up to the others, so that the others keep their numbers.
void RegisterKeys::forget_before(Key& key, Moment oldest) {
  Moment last = key.dead_call, second = before_all;
  std::size_t last_one = key.blocks.size(), count = 0;
  for (; count < key.blocks.size() && key.blocks[count].first_return < oldest; ++count) {
    const Moment called = key.blocks[count].last_call;
    second = std::max(second, std::min(last, called));
    last_one = called > last ? count : last_one;
    last = std::max(last, called);
  }
  std::size_t kept_from = count;
  for (std::size_t i = count; i-- > 0;) {
    const Block block = key.blocks[i];
    const bool dead = (i == last_one ? second : last) > block.first_return;
    const BlockId id = key.first_block + static_cast<BlockId>(i);
    if (dead) {
      key.dead_call = std::max(key.dead_call, block.last_call);
      key.dead_return = std::max(key.dead_return, block.first_return);
      if (key.top_block == id) key.top_block = no_block;
      key.seen -= release_from(block.tail);
    } else {
      key.blocks[--kept_from] = block;
      const BlockId new_id = key.first_block + static_cast<BlockId>(kept_from);
      if (key.top_block == id) key.top_block = new_id;
      forget_chain_before(key, block.tail, new_id, oldest);
    }
  }
  key.blocks.erase(key.blocks.begin(), key.blocks.begin() + static_cast<std::ptrdiff_t>(kept_from));
  key.first_block += static_cast<BlockId>(kept_from);
  if (key.first_block >= limits_.renumber_from) renumber(key);
}

// Of a block that stays, under this number from now on.
void RegisterKeys::forget_chain_before(Key& key, StageId tail, BlockId block, Moment oldest) {
  StageId later = no_stage;
  for (StageId at = tail; at != no_stage; at = table_[at].previous) {
    if (table_[at].next_return < oldest) {
      table_[later].previous = no_stage;  // there is one, as nothing follows the tail
      key.seen -= release_from(at);
      return;
    }
    table_[at].block = block;
    later = at;
  }
}

// This stage and those before it in the chain. How many they were.
std::uint32_t RegisterKeys::release_from(StageId stage) {
  std::uint32_t count = 0;
  for (; stage != no_stage; ++count) {
    const StageId previous = table_[stage].previous;
    table_.release(stage);
    stage = previous;
  }
  return count;
}

// So that no number ever becomes no_block.
void RegisterKeys::renumber(Key& key) {
  for (std::size_t i = 0; i < key.blocks.size(); ++i) {
    for (StageId at = key.blocks[i].tail; at != no_stage; at = table_[at].previous) {
      table_[at].block = static_cast<BlockId>(i);
    }
  }
  if (key.top_block != no_block) key.top_block -= key.first_block;
  key.first_block = 0;
}

void RegisterKeys::stop(Key& key, Status status) {
  const auto release = [&](StageId stage) {
    if (status != Status::violated || !table_[stage].open) table_.release(stage);
  };
  for (const StageId stage : key.unseen) release(stage);
  for (const Block& block : key.blocks) {
    for (StageId stage = block.tail; stage != no_stage;) {
      const StageId previous = table_[stage].previous;
      release(stage);
      stage = previous;
    }
  }
  key.status = status;
  key.stopped = now_;
  key.blocks = {};
  key.unseen = {};
  key.written = {};
  account(key);
}

void RegisterKeys::give_up(KeyId id, std::string reason) {
  stop(keys_[id], Status::undecided);
  std::erase_if(violations_, [&](const StreamViolation& violation) { return violation.key == id; });
  undecided_.push_back({.key = id, .reason = std::move(reason)});
}

std::size_t RegisterKeys::bytes() const {
  return stragglers_.capacity() * sizeof(Straggler) + table_.bytes() + keys_.bytes() + key_bytes_;
}

}  // namespace ordeal::checker
