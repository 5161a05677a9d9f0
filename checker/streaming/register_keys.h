// Are the registers linearizable that stand in one share of the keys? The engine of register_stream.h, which see.  Not
// thread-safe.
//
// Memory: the values that may still be read (as many as are written while the oldest read is open), and 70 bytes for
// each indeterminate write that nobody has seen.

#pragma once

#include <cstddef>
#include <cstdint>
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
  // The same one by one; inline in register_keys_steps.h. Of the usual events each kind has its own way: which comes
  // next nobody can predict, but what it meets.
  void add(const PairedEvent& event);
  void add_unusual(const PairedEvent& event);
  void complete_read(const PairedEvent& event);                    // ok
  StageId call_write(const PairedEvent& event);                    // the stage that it begins, if the key is followed
  void complete_write(const PairedEvent& event, StageId written);  // ok
  // Whether this is still the stage of a value, as they are forgotten.
  bool is_stage_of(StageId stage, KeyId key, Atom value) const { return table_.is_of(stage, key, value); }
  void look(const Horizon& horizon, std::span<const Straggler> stragglers);

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
  struct Block {
    Moment first_return = never;
    Moment last_call = before_all;
    StageId tail = no_stage;
  };
  struct alignas(64) Key {
    // What most events need is in one cache line.
    Status status = Status::unseen;
    std::uint32_t seen = 0;           // stages in blocks
    std::uint32_t forget_at = 0;      // that many of them
    BlockId top_block = no_block;     // none: a forgotten one's
    Moment top_call = before_all;     // the last calls of different blocks, of top_block ...
    Moment second_call = before_all;  // ... and before it
    BlockId first_block = 0;          // the number of the first of blocks
    std::vector<Block> blocks;        // that may still be read, by first_return
    // And in the next one.
    std::vector<StageId> unseen;  // written, and nobody knows yet whether that took effect
    WrittenValues written;
    // Rarely used.
    Moment dead_call = before_all;  // the last call and the last first return of the blocks that are forgotten
    Moment dead_return = before_all;
    Moment stopped = before_all;
    std::uint32_t accounted = 0;  // bytes in key_bytes_
  };

  // register_keys.cc: events, and what is forgotten.
  void call(const PairedEvent& event);
  void complete(const PairedEvent& event);
  void complete_stopped(Key& key, const PairedEvent& event);
  bool writes(const PairedEvent& event) const;
  StageId written_by(const PairedEvent& event) const;
  bool write_elsewhere(Key& key, Atom value);
  StageId write(Key& key, const PairedEvent& event, Atom value, Atom expected);
  void fail(Key& key, const PairedEvent& event);
  void unsee(Key& key, StageId stage);
  void forget(KeyId key);
  void forget_before(Key& key, Moment oldest);
  void forget_chain_before(Key& key, StageId tail, BlockId block, Moment oldest);
  std::uint32_t release_from(StageId stage);
  void renumber(Key& key);
  Moment oldest_open(KeyId key) const;
  void stop(Key& key, Status status);
  void give_up(KeyId key, std::string reason);
  void give_up_repeated(const PairedEvent& event);
  Key& key_of(KeyId id) { return keys_.holds(id) && keys_[id].status != Status::unseen ? keys_[id] : new_key(id); }
  Key& new_key(KeyId id);
  void account(Key& key);

  // register_keys_checks.cc: what is checked.
  void see(Key& key, KeyId id, Atom value, Moment called);
  void see_stage(Key& key, KeyId id, StageId found, Moment called);
  void see_first(Key& key, StageId stage, Moment called);
  void see_chain(Key& key, StageId stage, Moment called);
  void raise(Key& key, BlockId block, Moment called);
  void check_raised(Key& key, BlockId block, Moment called);
  BlockId add_block(Key& key, Moment first_return, Moment last_call, StageId tail);
  static Block& block_of(Key& key, BlockId id) { return key.blocks[id - key.first_block]; }
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
  KeyTable<Key> keys_;
  std::size_t key_bytes_ = 0;  // of what keys hold outside of themselves, about
  std::vector<StageId> path_;  // of see_chain()
  Moment now_ = before_all;
  Moment called_ = before_all;  // the call of what completes now
  Moment oldest_ = before_all;  // no read or cas that is open now was called before, but for the stragglers
  std::vector<Straggler> stragglers_;
  std::size_t key_count_ = 0;
  std::vector<StreamViolation> violations_;
  std::vector<UndecidedKey> undecided_;
};

}  // namespace ordeal::checker
