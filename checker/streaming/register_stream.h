// Are the registers of a history linearizable? One pass over its events, all keys at once.  Not thread-safe, but see
// below.
//
//   RegisterStream stream(vocabulary, options);
//   while (!(events = source.next()).empty()) stream.add(events);
//   stream.finish();
//
// For register and cas-register whose written values are unique on each key. Exact: a key of which it reports no
// violation and does not say "undecided" is linearizable, and a violation comes with the very event that ends the
// shortest failing prefix. A key that it cannot judge (a value written twice, a failed cas that needs a search ...) is
// undecided, with the reason; the other keys go on. The idea and the proof stand in register_keys_checks.cc.
//
// Memory: the calls that are open, and what register_keys.h says.
//
// add() is pair(), and then check() of each share of the keys. Whoever has several threads may pair events on one while
// each of the others checks a share of events that were paired before: in order, each share by one thread at a time.

#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "checker/compact_event.h"
#include "checker/linearizable.h"
#include "checker/streaming/pairing.h"
#include "checker/streaming/register_keys.h"

namespace ordeal::checker {

// By share; key k is in the one of k mod their number.
using PairedShares = std::vector<PairedEvents>;

class RegisterStream {
 public:
  // The model must be register_ or cas_register. The vocabulary gets the initial value, and must outlive this. `shares`
  // is a power of two up to Pairing::most_shares.
  RegisterStream(Vocabulary& vocabulary, const LinearizableOptions& options, StreamLimits limits = {},
                 std::size_t shares = 1);

  // Throws MalformedHistory as pair_operations does.
  void add(std::span<const CompactEvent> events);
  void add(const CompactEvent& event) { add({&event, 1}); }
  // Nothing is left to say at the end of the history: what is still open may or may not have taken effect. Till then a
  // verdict is one about the events so far.
  void finish() { finished_ = true; }

  // The two halves of add(). `paired` is what it was, and more.
  void pair(std::span<const CompactEvent> events, PairedShares& paired);
  void check(std::size_t share, const PairedShares& paired) { shares_[share].add(paired[share]); }
  std::size_t shares() const { return shares_.size(); }

  // At most one a key, in the order of their events (see RegisterKeys).
  std::vector<StreamViolation> violations() const;
  std::vector<UndecidedKey> undecided() const;  // in any order
  std::size_t violation_count() const;
  std::size_t undecided_count() const;
  bool is_undecided(KeyId key) const { return shares_[key & (shares_.size() - 1)].is_undecided(key); }
  std::size_t keys() const;  // seen
  std::size_t operations() const { return pairing_.calls(); }

  std::size_t live_values() const;  // that may still be read
  std::size_t bytes() const;        // held, accounted

 private:
  Pairing pairing_;
  std::vector<RegisterKeys> shares_;
  PairedShares paired_;  // of add()
  bool finished_ = false;
};

}  // namespace ordeal::checker
