// A history of one key, collected compactly as the second pass of a check does it. Only tests link this.

#pragma once

#include <memory>

#include "checker/linearizability/compact_problem.h"
#include "checker/linearizable.h"

namespace ordeal::checker {

// Positions are those of the events in the history. Stays where it is, as its parts point at each other.
struct CollectedKey {
  CollectedKey(const History& history, const LinearizableOptions& options);
  CollectedKey(const CollectedKey&) = delete;
  CollectedKey& operator=(const CollectedKey&) = delete;

  Vocabulary vocabulary;
  KeyOperations operations;
  Atom initial;
  KeyProblem key;
};

}  // namespace ordeal::checker
