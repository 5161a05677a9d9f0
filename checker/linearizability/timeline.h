// The operations of one search, laid out along their returns.  Pure; any thread, once built.
//
// Drops what provably cannot help and gives every open operation a slot, so that a configuration is a few bits.

#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "checker/linearizability/problem.h"

namespace ordeal::checker {

struct Timeline {
  // One required return: where it stands, whose it is, and who is open then (itself included).
  struct Return {
    std::uint32_t position = 0;
    std::uint32_t operation = 0;
    std::uint32_t open_begin = 0, open_end = 0;  // into `open`
  };

  // What the rules ask about a state. Positions are those of events; 0 means never, as an operation that is first
  // called at position 0 is open at every return that matters to it.
  struct StateFacts {
    std::uint32_t last_needed_call = 0;          // the last call of a required operation that needs it
    std::uint32_t last_made_call = 0;            // the last call of a required operation that makes it
    std::vector<std::uint32_t> optional_makers;  // bits
    std::vector<std::uint32_t> optional_needers;
  };

  std::vector<PreparedOperation> operations;  // those that are left, required and optional
  std::vector<std::uint32_t> given;           // of each: its index among the operations that were given
  std::vector<std::uint32_t> slots;           // of each required one
  std::vector<std::uint32_t> optional;        // indices into operations; equal ones stand together, by call
  std::vector<std::uint32_t> class_begin;     // into `optional`: where a class of equal ones begins; plus the end
  std::vector<Return> returns;
  std::vector<std::uint32_t> open;
  std::vector<StateFacts> facts;  // of each state (with transforms: unused)
  std::uint32_t slot_count = 0;
  std::uint32_t last_forbidding_return = 0;  // of a failed cas that observes
  bool transforms = false;                   // some operation's result depends on the state
  StateId initial = 0;
  bool too_large = false;  // `open` would not fit; the rest is not complete then

  std::size_t bytes() const;
};

struct LayoutOptions {
  bool merge_states = true;  // those that no operation asks about become one
  std::size_t memory_limit = std::numeric_limits<std::size_t>::max();
};

Timeline lay_out(const Problem& problem, const LayoutOptions& options = {});

}  // namespace ordeal::checker
