// Are the registers of a history linearizable? One pass over its events, all keys at once.  Not thread-safe.
//
//   RegisterStream stream(vocabulary, options);
//   while (!(events = source.next()).empty()) stream.add(events);
//   stream.finish();
//
// For register and cas-register whose written values are unique on each key. Exact: a key of which it reports no
// violation and does not say "undecided" is linearizable, and a violation comes with the very event that ends the
// shortest failing prefix. A key that it cannot judge (a value written twice, a failed cas that needs a search ...) is
// undecided, with the reason; the other keys go on. The idea and the proof stand in register_stream_checks.cc.
//
// Memory: the calls that are open, the values that may still be read (as many as are written while the oldest read is
// open), and 70 bytes for each indeterminate write that nobody has seen.

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
#include "checker/streaming/open_calls.h"
#include "checker/streaming/stage_table.h"
#include "checker/streaming/written_values.h"

namespace ordeal::checker {

// One key's contradiction, in the numbers of the history.
struct StreamViolation {
  enum class Kind : std::uint8_t {
    never_written,  // `value` was read, or expected by a cas, and nobody wrote it
    overwritten,    // the same, but it had been replaced for good before the operation was called
    two_values,     // operations on `value` and on `other` must each precede the other
    chain,          // `value` was read after a cas had replaced it
    two_cas,        // two cas took effect that both expect `value`
    cas_cycle,      // cas that each wait for another one's value
    failed_cas,     // it says that the value was not `value`, which nothing can have replaced
  };
  Kind kind = Kind::never_written;
  KeyId key = no_key;
  std::uint64_t event = 0;  // Event::index of the completion with which the shortest failing prefix ends
  std::uint64_t call = 0;   // and of its call
  Atom value = {}, other = Atom::absent();
  std::vector<std::uint64_t> events = {};  // of calls or completions of the operations that contradict each other
};

struct UndecidedKey {
  KeyId key = no_key;
  std::string reason;
};

struct StreamLimits {
  // From so many live values of a key on, those that nobody can read any more are looked for. Of no influence on the
  // verdict.
  std::uint32_t forget_from = 16;
  // A key with more live values is undecided, as each event might cost a look at all of them.
  std::uint32_t most_live = 4096;
  // Blocks are numbered as they come; from there on, from 0 again. Of no influence on the verdict.
  std::uint32_t renumber_from = std::uint32_t{1} << 31;
};

class RegisterStream {
 public:
  // The model must be register_ or cas_register. The vocabulary gets the initial value, and must outlive this.
  RegisterStream(Vocabulary& vocabulary, const LinearizableOptions& options, StreamLimits limits = {});

  // Throws MalformedHistory as pair_operations does.
  void add(std::span<const CompactEvent> events);
  void add(const CompactEvent& event) { add({&event, 1}); }
  // Nothing is left to say at the end of the history: what is still open may or may not have taken effect. Till then a
  // verdict is one about the events so far.
  void finish() { finished_ = true; }

  // At most one a key, in the order of their events. (One is withdrawn, and its key undecided, when a write that was
  // seen turns out to have failed: then a smaller prefix may fail, which only a second look can tell.)
  const std::vector<StreamViolation>& violations() const { return violations_; }
  const std::vector<UndecidedKey>& undecided() const { return undecided_; }
  bool is_undecided(KeyId key) const { return keys_.holds(key) && keys_[key].status == Status::undecided; }
  std::size_t keys() const { return key_count_; }  // seen
  std::size_t operations() const { return operations_; }

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
    std::uint32_t accounted = 0;  // bytes in key_bytes_
  };

  // register_stream.cc: events, and what is forgotten.
  void add_unusual(const CompactEvent& event);
  void call(OpenCalls::Call& call, Verb f);
  void complete_read(const OpenCalls::Call& call, const CompactEvent& event);
  void complete_write(const OpenCalls::Call& call, const CompactEvent& event);
  void complete(const OpenCalls::Call& call, const CompactEvent& event);
  bool write_elsewhere(Key& key, Atom value);
  void write(Key& key, OpenCalls::Call& call, Atom value, Atom expected);
  void fail(Key& key, const CompactEvent& call, StageId stage, bool observes);
  void let_go(StageId stage);
  void unsee(Key& key, StageId stage);
  void forget(KeyId key);
  void forget_before(Key& key, Moment oldest);
  void forget_chain_before(Key& key, StageId tail, BlockId block, Moment oldest);
  std::uint32_t let_go_from(StageId stage);
  void renumber(Key& key);
  Moment oldest_open(std::optional<KeyId> key) const;
  void stop(Key& key, Status status);
  void give_up(KeyId key, std::string reason);
  Key& key_of(KeyId id) { return keys_.holds(id) && keys_[id].status != Status::unseen ? keys_[id] : new_key(id); }
  Key& new_key(KeyId id);
  void account(Key& key);

  // register_stream_checks.cc: what is checked.
  void see(Key& key, KeyId id, Atom value, Moment called);
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
  OpenCalls open_;
  StageTable table_;
  KeyTable<Key> keys_;
  std::size_t key_bytes_ = 0;  // of what keys hold outside of themselves, about
  std::vector<StageId> path_;  // of see_first()
  Moment now_ = before_all;
  const CompactEvent* current_call_ = nullptr;
  Moment oldest_ = before_all;  // no read or cas that is open now was called before
  Moment oldest_known_at_ = before_all;
  std::size_t key_count_ = 0, operations_ = 0;
  std::vector<StreamViolation> violations_;
  std::vector<UndecidedKey> undecided_;
  bool finished_ = false;
};

}  // namespace ordeal::checker
