// The parts of the order of appends: operations by their values, eras, and blocks. Only the files of this order include
// this.

#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory_resource>
#include <span>
#include <vector>

#include "checker/linearizability/append_values.h"
#include "checker/linearizability/compact_problem.h"

namespace ordeal::checker {

// When an operation was called and returned; 64 bits, so that there is a time before all and one after all.
struct Span {
  static constexpr std::int64_t before_all = -1;
  static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

  std::int64_t called = before_all;
  std::int64_t returned = never;
};

// Operations that carry a value (appends, or puts), grouped by it; each group in the order of the calls.
class ByValue {
 public:
  explicit ByValue(std::pmr::memory_resource* memory)
      : values_(memory), entries_(memory), operations_(memory), begins_(memory) {}

  void reserve(std::size_t operations) { entries_.reserve(operations); }
  void add(Atom value, Span span) { entries_.push_back({values_.id_of(value), span}); }
  void group();  // after the last add()

  std::uint32_t values() const { return static_cast<std::uint32_t>(values_.states()); }
  Atom value(std::uint32_t number) const { return values_[number]; }
  std::span<const Atom> atoms() const { return values_.atoms(); }
  std::uint32_t size() const { return static_cast<std::uint32_t>(operations_.size()); }
  const Span& operator[](std::uint32_t operation) const { return operations_[operation].span; }
  std::uint32_t value_of(std::uint32_t operation) const { return operations_[operation].value; }
  std::uint32_t begin_of(std::uint32_t number) const { return begins_[number]; }    // operations of a value, ...
  std::uint32_t end_of(std::uint32_t number) const { return begins_[number + 1]; }  // ... up to here
  std::uint32_t called_before(std::uint32_t number, std::int64_t time) const;       // of a value: up to here
  // The last return among the operations of its value up to this one; the first from this one on.
  std::int64_t last_return_until(std::uint32_t operation) const { return operations_[operation].last_return_until; }
  std::int64_t first_return_from(std::uint32_t operation) const { return operations_[operation].first_return_from; }

 private:
  struct Entry {
    std::uint32_t value = 0;
    Span span;
  };
  struct Grouped {
    Span span;
    std::int64_t last_return_until = Span::before_all;
    std::int64_t first_return_from = Span::never;
    std::uint32_t value = 0;
  };
  AtomMachine values_;
  std::pmr::vector<Entry> entries_;
  std::pmr::vector<Grouped> operations_;
  std::pmr::vector<std::uint32_t> begins_;
};

struct AppendRead {
  Atom value = {};
  std::size_t length = 0;
  Span span;
};

// What stands between two pieces of an era's longest read: the reads of that length.
struct Stage {
  std::int64_t last_call = Span::before_all;
  std::int64_t first_return = Span::never;

  void add(const Span& read) {
    last_call = std::max(last_call, read.called);
    first_return = std::min(first_return, read.returned);
  }
};

// What a block asks of the others: its first return and its last call.
struct Zone {
  std::int64_t first_return = Span::never;
  std::int64_t last_call = Span::before_all;

  // Adds what comes next in the block. False: it returned before something earlier in the block was called.
  bool follows(const Stage& next) {
    if (next.first_return < last_call) return false;
    first_return = std::min(first_return, next.first_return);
    last_call = std::max(last_call, next.last_call);
    return true;
  }
};

// Whether there is an order of the blocks that respects real time (the theorem of append_order.h). Changes their order.
bool can_be_ordered(std::span<Zone> zones);

struct Era {
  Era(bool initial, Span put, Atom value, std::pmr::memory_resource* memory)
      : is_initial(initial), source(put), source_value(value), reads(memory), pieces(memory) {}

  static constexpr std::uint32_t unknown = UINT32_MAX;

  struct Piece {
    std::uint32_t appended = 0;         // its value's number
    std::uint32_t operation = unknown;  // which append it is
    Stage after = {};                   // the reads that end with it
  };

  bool is_initial = false;
  Span source;        // the put; of the initial value before everything
  Atom source_value;  // what it put
  std::pmr::vector<AppendRead> reads;
  Stage begin = {};  // the reads of just the source's value
  std::pmr::vector<Piece> pieces;
};

}  // namespace ordeal::checker
