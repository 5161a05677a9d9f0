// Where a check gets its events from: a file that is read in pieces, or a history in memory.  One thread at a time.
//
// A check reads a source once, and again only when it must: to search keys that the streaming check could not decide,
// and to fetch the few events of a witness. So a check's memory does not grow with the file.
//
// A check that was lent threads calls next() on whichever of them is free (linearizability/rounds.h): from different
// threads, but never from two at once, and each call sees what the ones before it did. Nothing here may depend on the
// thread that calls.

#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "checker/compact_event.h"
#include "checker/event.h"

namespace ordeal::checker {

class EventSource {
 public:
  virtual ~EventSource() = default;

  // The next events of clients in the order of the history, `most_at_once` at most; empty at the end. The nemesis's
  // events are left out. The span is valid until the next call of anything here. Throws FormatError
  // (checker/formats/history_reader.h) for broken input.
  static constexpr std::size_t most_at_once = 4096;
  virtual std::span<const CompactEvent> next() = 0;

  // For who keeps them: the next events are written to `into`, which has room for `most_at_once` at the least. How many
  // there were; 0: the end.
  virtual std::size_t next_into(std::span<CompactEvent> into) {
    const std::span<const CompactEvent> events = next();
    assert(events.size() <= into.size());
    std::copy(events.begin(), events.end(), into.begin());
    return events.size();
  }

  // Back to the begin; a rewound source gives the same events with the same atoms, keys and verbs.
  virtual void rewind() = 0;

  virtual const Vocabulary& vocabulary() const = 0;
  // For atoms that the history does not hold, such as the model's initial value.
  virtual Vocabulary& vocabulary() = 0;

  // The events in full for which `wanted` holds, in order, up to the event with the index `last`; among them those of
  // the nemesis are never asked about. Rewinds before and after.
  virtual History fetch(const std::function<bool(const CompactEvent&)>& wanted, std::uint64_t last) = 0;

  // Sentences with place about what was passed over: a last line cut short... Complete once next() was empty.
  virtual std::vector<std::string> warnings() const { return {}; }
};

// A history in memory, which must outlive it.
class HistorySource final : public EventSource {
 public:
  explicit HistorySource(const History& history) : history_(history) {}

  std::span<const CompactEvent> next() override;
  void rewind() override { at_ = 0; }
  const Vocabulary& vocabulary() const override { return vocabulary_; }
  Vocabulary& vocabulary() override { return vocabulary_; }
  History fetch(const std::function<bool(const CompactEvent&)>& wanted, std::uint64_t last) override;

 private:
  const History& history_;
  std::size_t at_ = 0;
  Vocabulary vocabulary_;
  std::vector<CompactEvent> batch_;
};

}  // namespace ordeal::checker
