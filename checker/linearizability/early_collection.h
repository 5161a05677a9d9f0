// The operations of keys that the streaming check gives up soon, collected while it reads on: so there need not be a
// second reading.  One thread at a time.
//
//   EarlyCollection early(vocabulary, options);
//   while (...) { early.add(events); stream.add(events); early.decide(stream); }    // in this order, or both at once
//   early.finish(stream)  ->  the keys that were given up and that it has whole
//
// A key is given up at an event in the middle, and what came before is needed too. So the first events are held until
// it shows whether keys are given up here: when many are, all are collected from then on, as the others will follow;
// when few are, these; when none is, nothing. What it does not have at the end is read again, as is everything after a
// violation (then what follows it does not matter), when memory is short, or when the model does not know an event: it
// is an advantage, and nobody may notice it otherwise.

#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "checker/linearizability/collection.h"
#include "checker/streaming/register_stream.h"

namespace ordeal::checker {

class EarlyCollection {
 public:
  // Both must outlive it.
  EarlyCollection(const Vocabulary& vocabulary, const LinearizableOptions& options);

  bool is_over() const { return stage_ == Stage::over; }  // it collects nothing, and will not

  // The events that come next. Never throws MalformedHistory, which is for others to do.
  void add(std::span<const CompactEvent> events);
  // What the stream says after these events.
  void decide(const RegisterStream& stream);
  std::size_t bytes() const;

  // At the end of the history: of the keys that are undecided, the operations of those for which has_collected().
  Collection finish(const RegisterStream& stream);
  bool has_collected(KeyId key) const { return collection_ && (all_ || (key < wanted_.size() && wanted_[key])); }

 private:
  enum class Stage : std::uint8_t { holding, collecting, over };
  void begin(const RegisterStream& stream, bool all);
  void give_up();

  const Vocabulary& vocabulary_;
  const LinearizableOptions& options_;
  Stage stage_ = Stage::holding;
  std::vector<CompactEvent> held_;
  bool all_ = false;          // all keys are collected
  std::vector<bool> wanted_;  // otherwise these, by KeyId
  CollectionOptions which_;
  std::optional<OngoingCollection> collection_;
};

}  // namespace ordeal::checker
