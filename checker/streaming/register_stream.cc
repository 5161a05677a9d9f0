#include "checker/streaming/register_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "checker/models/model.h"
#include "checker/streaming/register_stream_steps.h"

namespace ordeal::checker {
namespace {

constexpr std::uint64_t note_of(StageId stage) {
  return stage;
}

constexpr StageId stage_of(std::uint64_t note) {
  return static_cast<StageId>(note);
}

constexpr unsigned kind_of(EventType type, Verb f) {
  return static_cast<unsigned>(type) | unsigned{f} << 2;
}

bool is_effectless(const CompactEvent& call) {  // a cas from a value to itself is a read of it
  return call.f == verb::cas && call.second == call.value;
}

}  // namespace

RegisterStream::RegisterStream(Vocabulary& vocabulary, const LinearizableOptions& options, StreamLimits limits)
    : vocabulary_(vocabulary),
      has_cas_(options.model == ModelName::cas_register),
      nil_reads_say_nothing_(options.nil_reads_say_nothing && !options.initial.is_nil()),
      failed_cas_(options.failed_cas),
      initial_(vocabulary.atom(model_of(options.model).initial(options.initial))),
      limits_(limits),
      open_(vocabulary) {
  assert(options.model == ModelName::register_ || options.model == ModelName::cas_register);
}

// Which event comes next nobody can predict; so each usual kind has its own way, on which its type and function are
// not asked for again.
void RegisterStream::add(std::span<const CompactEvent> events) {
  assert(!finished_);
  for (const CompactEvent& event : events) {
    now_ = event.index + 1;
    switch (kind_of(event.type, event.f)) {
      case kind_of(EventType::invoke, verb::read):
        ++operations_;
        open_.begin(event).note = note_of(no_stage);
        key_of(event.key);
        break;
      case kind_of(EventType::invoke, verb::write):
        call(open_.begin(event), verb::write);
        break;
      case kind_of(EventType::ok, verb::read): {
        const OpenCalls::Call& completed = open_.complete(event);
        current_call_ = &completed.event;
        complete_read(completed, event);
        break;
      }
      case kind_of(EventType::ok, verb::write): {
        const OpenCalls::Call& completed = open_.complete(event);
        current_call_ = &completed.event;
        complete_write(completed, event);
        break;
      }
      default:
        add_unusual(event);
    }
  }
}

void RegisterStream::add_unusual(const CompactEvent& event) {
  if (event.type == EventType::invoke) {
    call(open_.begin(event), event.f);
    return;
  }
  const OpenCalls::Call& completed = open_.complete(event);
  current_call_ = &completed.event;
  complete(completed, event);
}

// The value of an ok read, unless it says nothing.
inline void RegisterStream::complete_read(const OpenCalls::Call& call, const CompactEvent& event) {
  Key& key = keys_[event.key];
  if (key.status != Status::followed || (nil_reads_say_nothing_ && event.value.is_nil())) [[unlikely]]
    return;
  see(key, event.key, event.value, call.event.index + 1);
}

// An ok write.
inline void RegisterStream::complete_write(const OpenCalls::Call& call, const CompactEvent& event) {
  const StageId id = stage_of(call.note);
  Key& key = keys_[event.key];
  if (key.status != Status::followed || id == no_stage) [[unlikely]]
    return complete(call, event);
  Stage& stage = table_[id];
  stage.open = false;
  if (stage.block == no_block) {
    see_first(key, id, call.event.index + 1);
  } else if (!stage.listed) {
    table_.release(id);  // it was forgotten, except for this event
  }
}

RegisterStream::Key& RegisterStream::new_key(KeyId id) {
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

void RegisterStream::account(Key& key) {
  const auto bytes = static_cast<std::uint32_t>(key.blocks.capacity() * sizeof(Block) +
                                                key.unseen.capacity() * sizeof(StageId) + key.written.bytes());
  key_bytes_ += bytes;
  key_bytes_ -= key.accounted;
  key.accounted = bytes;
}

inline void RegisterStream::call(OpenCalls::Call& call, Verb f) {
  ++operations_;
  call.note = note_of(no_stage);
  const CompactEvent& event = call.event;
  Key& key = key_of(event.key);
  if (key.status != Status::followed || f == verb::read) return;
  if (f == verb::write) {
    write(key, call, event.value, Atom::absent());
  } else if (f != verb::cas || !has_cas_ || event.second.is_absent()) {
    give_up(event.key,
            fmt::format("event {} is a {} that the model does not know", event.index, vocabulary_.verb_name(event.f)));
  } else if (!is_effectless(event)) {
    write(key, call, event.second, event.value);
  }
}

// No next value of the one before it.
bool RegisterStream::write_elsewhere(Key& key, Atom value) {
  const bool is_new = key.written.add_anywhere(value);
  account(key);
  return is_new;
}

inline void RegisterStream::write(Key& key, OpenCalls::Call& call, Atom value, Atom expected) {
  if (!key.written.add_next(value) && !write_elsewhere(key, value)) {
    give_up(call.event.key, fmt::format("event {} writes a value that may have been written before", call.event.index));
    return;
  }
  const StageId id = table_.add(call.event.key, value);
  Stage& stage = table_[id];
  stage.expected = expected;
  stage.written = now_;
  stage.open = true;
  stage.unseen_at = static_cast<std::uint32_t>(key.unseen.size());
  const bool full = key.unseen.size() == key.unseen.capacity();
  key.unseen.push_back(id);
  if (full) account(key);
  call.note = note_of(id);
}

inline void RegisterStream::complete(const OpenCalls::Call& call, const CompactEvent& event) {
  const StageId id = stage_of(call.note);
  Key& key = keys_[event.key];
  const bool seen = id != no_stage && table_[id].block != no_block;
  if (id != no_stage) table_[id].open = false;
  if (key.status != Status::followed) {
    if (seen && event.type == EventType::fail && key.status == Status::violated) {
      give_up(event.key, "a violation, but among its values is one whose write failed");
    }
    if (id != no_stage) table_.release(id);
    return;
  }
  const Moment called = call.event.index + 1;
  if (event.type == EventType::fail) {
    const bool observes =
        event.f == verb::cas && has_cas_ &&
        (failed_cas_ == FailedCas::observes || (failed_cas_ == FailedCas::by_error && event.mismatch));
    fail(key, call.event, id, observes);
  } else if (event.type == EventType::ok && id == no_stage) {
    const bool is_read = event.f == verb::read;
    const Atom value = is_read ? event.value : call.event.value;
    if (!is_read || !nil_reads_say_nothing_ || !value.is_nil()) see(key, event.key, value, called);
  } else if (event.type == EventType::ok && !seen) {
    see_first(key, id, called);
  } else if (seen && !table_[id].listed) {
    table_.release(id);  // it was forgotten, except for this event
  }
}

// It did not happen, and never will.
void RegisterStream::fail(Key& key, const CompactEvent& call, StageId id, bool observes) {
  if (id != no_stage) {
    if (table_[id].block != no_block) {
      const bool listed = table_[id].listed;
      give_up(call.key, fmt::format("the write of event {} failed, but its value was seen", call.index));
      if (!listed) table_.release(id);
      return;
    }
    key.written.remove(table_[id].value);
    unsee(key, id);
    table_.release(id);
  }
  if (observes) forbid(key, call.key, call.value, call.index + 1);
}

// Nobody can find it any more; whoever completes its writer gives its number back.
void RegisterStream::let_go(StageId id) {
  if (table_[id].open) {
    table_.unlist(id);
  } else {
    table_.release(id);
  }
}

// The first call among the reads and cas that are open now, or `now_`. (A write that is open concerns its value only.)
Moment RegisterStream::oldest_open(std::optional<KeyId> key) const {
  const bool all = !key;
  const KeyId its_key = key.value_or(no_key);
  const auto observes = [&](const CompactEvent& call) {
    return (call.f != verb::write) & (all | (call.key == its_key));
  };
  return open_.oldest_index(observes, now_ - 1) + 1;
}

// Forgets what nobody can read any more. To find out what is open costs a look at every open call; so first with what
// was found a while ago for all keys together.
void RegisterStream::forget(KeyId id) {
  Key& key = keys_[id];
  const std::uint32_t before = key.seen;
  if (now_ - oldest_known_at_ > 4 * open_.places()) {
    oldest_ = oldest_open(std::nullopt);
    oldest_known_at_ = now_;
  }
  forget_before(key, oldest_);
  if (2 * key.seen > before) {
    const Moment its_oldest = oldest_open(id);
    if (its_oldest > oldest_) forget_before(key, its_oldest);
  }
  key.forget_at = std::max<std::uint32_t>(
      {limits_.forget_from, 2 * key.seen, key.seen + static_cast<std::uint32_t>(open_.places() / 64)});
  if (key.seen > limits_.most_live) {
    give_up(id, fmt::format("at event {} {} of its values could still be read, as an operation is open for long",
                            now_ - 1, key.seen));
  }
}

// See "Forgetting" in register_stream_checks.cc. Only blocks that returned before `oldest` are looked at: the first
// ones. Those of them that stay, which are few, move up to the others, so that the others keep their numbers.
void RegisterStream::forget_before(Key& key, Moment oldest) {
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
      key.seen -= let_go_from(block.tail);
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
void RegisterStream::forget_chain_before(Key& key, StageId tail, BlockId block, Moment oldest) {
  StageId later = no_stage;
  for (StageId at = tail; at != no_stage; at = table_[at].previous) {
    if (table_[at].next_return < oldest) {
      table_[later].previous = no_stage;  // there is one, as nothing follows the tail
      key.seen -= let_go_from(at);
      return;
    }
    table_[at].block = block;
    later = at;
  }
}

// Of this stage and those before it in the chain. How many they were.
std::uint32_t RegisterStream::let_go_from(StageId stage) {
  std::uint32_t count = 0;
  for (; stage != no_stage; ++count) {
    const StageId previous = table_[stage].previous;
    let_go(stage);
    stage = previous;
  }
  return count;
}

// So that no number ever becomes no_block.
void RegisterStream::renumber(Key& key) {
  for (std::size_t i = 0; i < key.blocks.size(); ++i) {
    for (StageId at = key.blocks[i].tail; at != no_stage; at = table_[at].previous) {
      table_[at].block = static_cast<BlockId>(i);
    }
  }
  if (key.top_block != no_block) key.top_block -= key.first_block;
  key.first_block = 0;
}

void RegisterStream::stop(Key& key, Status status) {
  key.status = status;
  for (const StageId stage : key.unseen) let_go(stage);
  for (const Block& block : key.blocks) let_go_from(block.tail);
  key.blocks = {};
  key.unseen = {};
  key.written = {};
  account(key);
}

void RegisterStream::give_up(KeyId id, std::string reason) {
  stop(keys_[id], Status::undecided);
  std::erase_if(violations_, [&](const StreamViolation& violation) { return violation.key == id; });
  undecided_.push_back({.key = id, .reason = std::move(reason)});
}

std::size_t RegisterStream::bytes() const {
  return open_.bytes() + table_.bytes() + keys_.bytes() + key_bytes_;
}

}  // namespace ordeal::checker
