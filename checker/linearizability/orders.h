// Why a valid history is valid: for each object an order in which its operations could have taken effect.  Pure; any
// thread.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "checker/linearizable.h"

namespace ordeal::checker {

struct ObjectOrder {
  std::optional<std::string> key = {};    // nothing: the history has no keys, or they depend on each other
  std::size_t operations = 0;             // that say something: required ones, and optional ones that may have happened
  bool verified = false;                  // an order was found, and it was replayed against the model and the calls
                                          // and returns; else nothing was found within the bounds
  std::vector<std::uint64_t> calls = {};  // Event::index of the calls of those that take effect, in that order
  std::vector<std::string> words = {};    // the same in words, of objects with few operations only
};

inline constexpr std::size_t most_operations_in_words = 20;

// In the order in which the objects first appear. Throws MalformedHistory. Holds the operations in full; an order takes
// a second or so where there are a million of them.
std::vector<ObjectOrder> orders_of(const History& history, const LinearizableOptions& options);

}  // namespace ordeal::checker
