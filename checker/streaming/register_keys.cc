#include "checker/streaming/register_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "checker/models/model.h"
#include "checker/streaming/register_keys_steps.h"

namespace ordeal::checker {
namespace {

bool is_effectless(const UnusualEvent& unusual) {  // a cas from a value to itself is a read of it
  return unusual.event.f == verb::cas && unusual.second == unusual.event.value;
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
  const std::span<const Straggler> stragglers = paired.stragglers();
  std::size_t stragglers_begin = 0;
  PairedPlace done;
  for (const Horizon& horizon : paired.horizons()) {
    add_until(horizon.place, paired, done);
    look(horizon, stragglers.subspan(stragglers_begin, horizon.stragglers_end - stragglers_begin));
    stragglers_begin = horizon.stragglers_end;
  }
  add_until(paired.place(), paired, done);
}

void RegisterKeys::add_until(const PairedPlace& end, const PairedEvents& paired, PairedPlace& done) {
  const auto add_usual_until = [&](const PairedPlace& place) {
    add_usual(paired.writes().subspan(done.writes, place.writes - done.writes),
              paired.oks().subspan(done.oks, place.oks - done.oks));
  };
  for (const UnusualEvent& unusual : paired.unusual().subspan(done.unusual, end.unusual - done.unusual)) {
    add_usual_until(unusual.place);
    add_unusual(unusual);
    done = unusual.place;
  }
  add_usual_until(end);
  done = end;
}

void RegisterKeys::add_unusual(const UnusualEvent& unusual) {
  if (unusual.event.type == EventType::invoke) {
    call(unusual);
  } else {
    complete(unusual);
  }
}

RegisterKeys::Key& RegisterKeys::new_key(KeyId id) {
  keys_.hold(id);
  Key& key = keys_[id];
  ++key_count_;
  key.status = Status::followed;
  key.written.add(initial_);
  key.window = StageTable::window();
  const StageId stage = table_.add(key.window, id, initial_, 0);
  table_[stage].first_return = before_all;
  key.values.push_back(stage);
  key.forget_at = 1 + limits_.forget_after;
  account(key);
  return key;
}

void RegisterKeys::account(Key& key) {
  const auto bytes = static_cast<std::uint32_t>((key.values.capacity() + key.aside.capacity()) * sizeof(StageId) +
                                                key.window.bytes() + key.written.bytes());
  key_bytes_ += bytes;
  key_bytes_ -= key.accounted;
  key.accounted = bytes;
}

void RegisterKeys::call(const UnusualEvent& unusual) {
  const PairedEvent& event = unusual.event;
  Key& key = key_of(event.key);
  now_ = event.now;
  if (key.status != Status::followed || event.f == verb::read || is_effectless(unusual)) return;
  const bool is_cas = event.f == verb::cas && has_cas_ && !unusual.second.is_absent();
  if (!is_cas && event.f != verb::write) {
    give_up(event.key, fmt::format("event {} is a {} that the model does not know", event.now - 1,
                                   vocabulary_.verb_name(event.f)));
    return;
  }
  const Atom value = is_cas ? unusual.second : event.value, expected = is_cas ? event.value : Atom::absent();
  if (!write(key, event, value, expected)) give_up_repeated(key, event);
}

// No next value of the one before it.
bool RegisterKeys::write_elsewhere(Key& key, Atom value) {
  const bool is_new = key.written.add_anywhere(value);
  account(key);
  return is_new;
}

void RegisterKeys::give_up_repeated(const Key& key, const PairedEvent& event) {
  if (key.status != Status::followed) return;
  now_ = event.now;
  give_up(event.key, fmt::format("event {} writes a value that may have been written before", event.now - 1));
}

bool RegisterKeys::writes(const UnusualEvent& unusual) const {
  return unusual.event.f == verb::write || (unusual.event.f == verb::cas && has_cas_ && !is_effectless(unusual));
}

// The stage that this completion's call began, if it can still be found.
StageId RegisterKeys::written_by(const Key& key, const UnusualEvent& unusual) const {
  if (!writes(unusual)) return no_stage;
  const PairedEvent& event = unusual.event;
  const StageId id = find(key, event.key, event.f == verb::cas ? unusual.second : event.value);
  return id != no_stage && table_[id].written == event.called ? id : no_stage;
}

void RegisterKeys::complete(const UnusualEvent& unusual) {
  const PairedEvent& event = unusual.event;
  Key& key = keys_[event.key];
  now_ = event.now;
  called_ = event.called;
  if (key.status != Status::followed) return complete_stopped(key, unusual);
  if (event.type == EventType::fail) return fail(key, unusual);
  const StageId id = written_by(key, unusual);
  if (id != no_stage) table_[id].open = false;
  if (event.type != EventType::ok) return;
  if (event.f == verb::read || is_effectless(unusual)) {
    const bool says_nothing = event.f == verb::read && nil_reads_say_nothing_ && event.value.is_nil();
    if (!says_nothing) see(key, event.key, event.value, event.called);
  } else if (id != no_stage && !table_[id].is_seen()) {
    see_first(key, id, event.called);
  }
}

// A violation stands only if no write that was seen before it fails in the end. What is still there of a violated key
// are the stages of writes that were open; one that is not was seen, and is forgotten.
void RegisterKeys::complete_stopped(Key& key, const UnusualEvent& unusual) {
  const PairedEvent& event = unusual.event;
  const StageId id = written_by(key, unusual);
  const bool was_seen = id == no_stage ? event.called < key.stopped : table_[id].is_seen();
  if (id != no_stage) table_.release(key.window, id);
  if (key.status == Status::violated && event.type == EventType::fail && writes(unusual) && was_seen) {
    give_up(event.key, "a violation, but among its values is one whose write failed");
  }
}

// It did not happen, and never will.
void RegisterKeys::fail(Key& key, const UnusualEvent& unusual) {
  const PairedEvent& event = unusual.event;
  if (writes(unusual)) {
    const StageId id = written_by(key, unusual);
    if (id == no_stage || table_[id].is_seen()) {  // not found: it was seen, and is forgotten
      give_up(event.key, fmt::format("the write of event {} failed, but its value was seen", event.called - 1));
      return;
    }
    key.written.remove(table_[id].value);
    std::erase(key.values, id);
    table_.release(key.window, id);
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
  const auto kept = static_cast<std::uint32_t>(key.values.size());
  key.forget_at = kept + std::max(limits_.forget_after, kept / 2);
  if (kept <= limits_.most_live) return;
  const auto is_seen = [&](StageId stage) { return table_[stage].is_seen(); };
  const auto seen = std::count_if(key.values.begin(), key.values.end(), is_seen);
  if (seen > limits_.most_live) {
    give_up(id, fmt::format("at event {} {} of its values could still be read, as an operation is open for long",
                            now_ - 1, seen));
  }
}

// See "Forgetting" in register_keys_checks.cc. From the newest value to the oldest: whoever makes that nobody can read
// a value is nearly always a newer one; if it is an older one, then soon another one is newer. Without branches, as
// nobody can predict which values are forgotten.
void RegisterKeys::forget_before(Key& key, Moment oldest) {
  if (key.chains > 0) [[unlikely]]
    judge_chains(key, oldest);
  const std::size_t size = key.values.size();
  gone_.resize(size);
  Moment last = key.dead_call;  // of blocks that returned before `oldest`
  std::size_t gone = 0;
  for (std::size_t i = size; i-- > 0;) {
    const StageId id = key.values[i];
    const Stage& stage = table_[id];
    bool is_gone = stage.first_return < std::min(oldest, last);
    Moment its_call = stage.last_call & (Moment{stage.first_return >= oldest} - 1);
    if (stage.chain != no_chain) [[unlikely]] {
      const Block& chain = chains_[stage.chain];
      is_gone = chain.is_dead || stage.next_return < oldest;
      its_call = chain.tail == id && chain.first_return < oldest ? chain.last_call : before_all;
    }
    last = std::max(last, its_call);
    is_gone |= !stage.open & !stage.is_seen();  // whose write ended as info: it is put aside
    gone_[gone] = id;
    key.values[i + gone] = id;
    gone += is_gone;
  }
  key.values.erase(key.values.begin(), key.values.begin() + static_cast<std::ptrdiff_t>(gone));
  for (const StageId id : std::span(gone_).first(gone)) {
    if (!table_[id].is_seen()) [[unlikely]] {
      put_aside(key, id);
      continue;
    }
    if (table_[id].chain != no_chain) [[unlikely]] {
      forget_of_chain(key, id);
    } else {
      forget_block(key, block_of(id));
    }
    table_.release(key.window, id);
  }
}

void RegisterKeys::put_aside(Key& key, StageId id) {
  table_.put_beside(key.window, id);
  table_[id].chain = set_aside;
  table_[id].previous = static_cast<StageId>(key.aside.size());
  const bool full = key.aside.size() == key.aside.capacity();
  key.aside.push_back(id);
  if (full) account(key);
}

// It is seen after all.
void RegisterKeys::take_back(Key& key, StageId id) {
  Stage& stage = table_[id];
  const StageId last = key.aside.back();
  key.aside[stage.previous] = last;
  table_[last].previous = stage.previous;
  key.aside.pop_back();
  stage.chain = no_chain;
  stage.previous = no_stage;
  key.values.push_back(id);
  account(key);
}

// A chain is forgotten with all its values, wherever they stand.
void RegisterKeys::judge_chains(const Key& key, Moment oldest) {
  Moment last = key.dead_call, second = before_all;  // of blocks that returned before `oldest`
  for (const StageId id : key.values) {
    const Block block = block_of(id);
    if (block.tail != id || block.first_return >= oldest) continue;
    second = std::max(second, std::min(last, block.last_call));
    last = std::max(last, block.last_call);
  }
  for (const StageId id : key.values) {
    if (table_[id].chain == no_chain) continue;
    Block& chain = chains_[table_[id].chain];
    chain.is_dead = chain.first_return < std::min(oldest, chain.last_call == last ? second : last);
  }
}

void RegisterKeys::forget_of_chain(Key& key, StageId id) {
  const ChainId its = table_[id].chain;
  const Block& chain = chains_[its];
  if (chain.tail == id) {
    forget_block(key, chain);
    free_chains_.push_back(its);
    --key.chains;
    return;
  }
  for (StageId at = chain.tail; at != no_stage; at = table_[at].previous) {
    if (table_[at].previous == id) table_[at].previous = no_stage;
  }
}

void RegisterKeys::stop(Key& key, Status status) {
  for (const StageId id : key.values) {
    const Stage& stage = table_[id];
    if (stage.chain != no_chain && chains_[stage.chain].tail == id) free_chains_.push_back(stage.chain);
    if (status != Status::violated || !stage.open) table_.release(key.window, id);
  }
  for (const StageId id : key.aside) table_.release(key.window, id);
  if (status != Status::violated && key.status == Status::followed) key.window = StageTable::window();
  key.status = status;
  key.stopped = now_;
  key.chains = 0;
  key.values = {};
  key.aside = {};
  key.written = {};
  account(key);
}

void RegisterKeys::give_up(KeyId id, std::string reason) {
  stop(keys_[id], Status::undecided);
  std::erase_if(violations_, [&](const StreamViolation& violation) { return violation.key == id; });
  undecided_.push_back({.key = id, .reason = std::move(reason)});
}

std::size_t RegisterKeys::bytes() const {
  return stragglers_.capacity() * sizeof(Straggler) + chains_.capacity() * sizeof(Block) +
         free_chains_.capacity() * sizeof(ChainId) + table_.bytes() + keys_.bytes() + key_bytes_;
}

}  // namespace ordeal::checker
