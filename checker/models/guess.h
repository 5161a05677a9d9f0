// Which model does a history mean? For `--model auto`.  Pure; one thread.
//
// Only from what the events hold: the functions' names, the shapes of the values, and what was read of each key before
// anything was written there. It prefers the model that forbids least where the history does not tell, and it says what
// it went by, so that a person can disagree.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "checker/event_source.h"
#include "checker/linearizable.h"

namespace ordeal::checker {

struct ModelGuess {
  std::optional<ModelName> model = {};  // nothing: no model knows these operations
  Value initial = {};                   // as LinearizableOptions::initial
  std::string why = {};                 // a sentence without a full stop: "cas-register, because ..."
};

// Of the events so far, in order: call see() for as many as are cheap to look at, then guess().
class ModelGuesser {
 public:
  void see(const CompactEvent& event, const Vocabulary& vocabulary);
  ModelGuess guess(const Vocabulary& vocabulary) const;

 private:
  struct Key {
    bool changed = false;  // something that may change it was called
  };
  struct Shapes {  // of the values that were seen
    bool strings = false, lists = false, maps = false, others = false;
    void note(Atom atom, const Vocabulary& vocabulary);
  };

  bool saw(Verb f) const { return f < seen_.size() && seen_[f]; }
  std::optional<std::string> unknown_function(const Vocabulary& vocabulary) const;
  std::string initial_because(ModelGuess& guess, const Vocabulary& vocabulary) const;

  std::vector<bool> seen_;            // by Verb
  Shapes read_, written_, appended_;  // results of reads; arguments of writes and puts; of appends
  bool revisions_ = false;            // an answer is a map with a revision
  std::unordered_map<KeyId, Key> keys_;
  std::optional<Atom> first_read_;  // what was read of a key before anything could have changed it
  bool first_reads_differ_ = false;
  std::uint64_t first_read_at_ = 0;  // its event
};

// From the first events of the source (a hundred thousand at most), which is rewound before and after.
ModelGuess guess_model(EventSource& source);

}  // namespace ordeal::checker
