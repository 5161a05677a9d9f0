// Are the registers linearizable that stand in one share of the keys? The engine of register_stream.h, which see.  Not
// thread-safe.
//
// Memory: the values that may still be read (as many as are written while the oldest read is open), and 110 bytes for
// each indeterminate write that nobody has seen.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "checker/compact_event.h"
#include "checker/linearizable.h"
#include "checker/streaming/key_table.h"
#include "checker/streaming/paired_events.h"
#include "checker/streaming/register_findings.h"
#include "checker/streaming/stage_table.h"
#include "checker/streaming/written_values.h"

namespace ordeal::checker {

class RegisterKeys {
 public:
  // The model must be register_ or cas_register, `initial` the initial value. The vocabulary is for texts.
  RegisterKeys(const Vocabulary& vocabulary, const LinearizableOptions& options, Atom initial, StreamLimits limits);

  void add(const PairedEvents& paired);

  // At most one a key, in the order of their events. (One is withdrawn, and its key undecided, when a write that was
  // seen turns out to have failed: then a smaller prefix may fail, which only a second look can tell.)
  const std::vector<StreamViolation>& violations() const { return violations_; }
  const std::vector<UndecidedKey>& undecided() const { return undecided_; }
  bool is_undecided(KeyId key) const { return keys_.holds(key) && keys_[key].status == Status::undecided; }
  std::size_t keys() const { return key_count_; }            // seen
  std::size_t live_values() const { return table_.size(); }  // that may still be read
  std::size_t bytes() const;                                 // held, accounted

 private:
  enum class Status : std::uint8_t { unseen, followed, violated, undecided };
  // Values that stand together: one, or a chain made by cas.
  using BlockId = std::uint32_t;  // the stage that stands alone, or the chain
  static constexpr BlockId no_block = std::numeric_limits<BlockId>::max(), chain_bit = BlockId{1} << 31;
  struct Block {
    BlockId id = no_block;
    Moment first_return = never;
    Moment last_call = before_all;
    StageId tail = no_stage;
    bool is_dead = false;  // of a chain: it is to be forgotten
  };
  struct alignas(64) Key {
    // An ok needs no more than the first cache line.
    Status status = Status::unseen;
    BlockId top_block = no_block;     // none: a forgotten one's
    Moment top_call = before_all;     // the last calls of different blocks, of top_block ...
    Moment second_call = before_all;  // ... and before it
    StageWindow window;               // of the values that may still be read
    Moment dead_call = before_all;    // the last call and the last first return of the blocks that are forgotten
    Moment dead_return = before_all;
    // And the call of a write the next one.
    std::vector<StageId> values;  // that may still be read, in the order of their writes, but for ...
    std::vector<StageId> aside;   // ... those whose writes ended as info and were not seen: there may be many
    std::uint32_t forget_at = 0;  // that many of them
    std::uint32_t chains = 0;     // among their blocks
    std::uint32_t accounted = 0;  // bytes in key_bytes_
    WrittenValues written;
    Moment stopped = before_all;
  };

  // register_keys_usual.cc: those of which there are many.
  void add_usual(std::span<const PairedEvent> writes, std::span<const PairedEvent> oks);
  void add_oks(std::span<const PairedEvent> oks);

  // register_keys.cc: all events, and what is forgotten.
  void add_until(const PairedPlace& end, const PairedEvents& paired, PairedPlace& done);
  void look(const Horizon& horizon, std::span<const Straggler> stragglers);
  void add_unusual(const UnusualEvent& unusual);
  void call(const UnusualEvent& unusual);
  void complete(const UnusualEvent& unusual);
  void complete_stopped(Key& key, const UnusualEvent& unusual);
  bool writes(const UnusualEvent& unusual) const;
  StageId written_by(const Key& key, const UnusualEvent& unusual) const;
  bool write_elsewhere(Key& key, Atom value);
  bool write(Key& key, const PairedEvent& event, Atom value, Atom expected);
  void fail(Key& key, const UnusualEvent& unusual);
  void forget(KeyId key);
  void forget_before(Key& key, Moment oldest);
  void judge_chains(const Key& key, Moment oldest);
  void put_aside(Key& key, StageId id);
  void take_back(Key& key, StageId id);
  void forget_of_chain(Key& key, StageId id);
  static void forget_block(Key& key, const Block& block) {
    key.dead_call = std::max(key.dead_call, block.last_call);
    key.dead_return = std::max(key.dead_return, block.first_return);
    key.top_block = key.top_block == block.id ? no_block : key.top_block;
  }
  Moment oldest_open(KeyId key) const;
  void stop(Key& key, Status status);
  void give_up(KeyId key, std::string reason);
  void give_up_repeated(const Key& key, const PairedEvent& event);
  Key& key_of(KeyId id) { return keys_.holds(id) && keys_[id].status != Status::unseen ? keys_[id] : new_key(id); }
  Key& new_key(KeyId id);
  void account(Key& key);

  // register_keys_checks.cc: what is checked.
  void see(Key& key, KeyId id, Atom value, Moment called);
  void see_first(Key& key, StageId stage, Moment called);
  void see_chain(Key& key, StageId stage, Moment called);
  ChainId chain_with(Key& key, StageId stage);
  void raise(Key& key, StageId stage, Moment called);
  void check_raised(Key& key, StageId stage, Moment called);
  // Calls of writes are taken before the oks that precede them (register_keys_usual.cc).
  static bool is_early(const Stage& stage, Moment now) { return stage.written > now; }
  StageId find(const Key& key, KeyId id, Atom value) const { return table_.find(key.window, id, value); }
  StageId find_written(const Key& key, KeyId id, Atom value) const {
    const StageId found = find(key, id, value);
    return found == no_stage || is_early(table_[found], now_) ? no_stage : found;
  }
  BlockId block_id_of(StageId id) const {
    const ChainId chain = table_[id].chain;
    return chain == no_chain ? id : chain | chain_bit;
  }
  Block block_of(StageId id) const {  // of a value that was seen
    const Stage& stage = table_[id];
    if (stage.chain != no_chain) return chains_[stage.chain];
    return {.id = id, .first_return = stage.first_return, .last_call = stage.last_call, .tail = id};
  }
  void forbid(Key& key, KeyId id, Atom value, Moment called);
  Moment last_call_of_others(const Key& key, BlockId block) const {
    return block == key.top_block ? key.second_call : key.top_call;
  }
  void note_call(Key& key, BlockId block, Moment called);
  void violate(Key& key, StreamViolation violation);
  void violate_chain(Key& key, KeyId id, StageId found);
  void violate_missing(Key& key, KeyId id, Atom value, Moment called);

  const Vocabulary& vocabulary_;
  bool has_cas_;
  bool nil_reads_say_nothing_;
  FailedCas failed_cas_;
  Atom initial_;
  StreamLimits limits_;
  StageTable table_;
  std::vector<Block> chains_;         // by ChainId
  std::vector<ChainId> free_chains_;  // of those
  KeyTable<Key> keys_;
  std::size_t key_bytes_ = 0;  // of what keys hold outside of themselves, about
  std::vector<StageId> path_;  // of see_chain()
  std::vector<StageId> gone_;  // of forget_before()
  Moment now_ = before_all;
  Moment called_ = before_all;  // the call of what completes now
  Moment oldest_ = before_all;  // no read or cas that is open now was called before, but for the stragglers
  std::vector<Straggler> stragglers_;
  std::size_t key_count_ = 0;
  std::vector<StreamViolation> violations_;
  std::vector<UndecidedKey> undecided_;
};

}  // namespace ordeal::checker
