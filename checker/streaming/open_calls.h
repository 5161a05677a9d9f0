// Pairs events as they come: who completes which call.  Not thread-safe.
//
//   OpenCalls calls(vocabulary);
//   for (const CompactEvent& event : batch) {
//     if (event.type == EventType::invoke) calls.begin(event).note = whatever;
//     else use(calls.complete(event), event);
//   }
//
// The rules are those of pair_operations (checker/history.h), which is the slow twin in the tests: both throw
// MalformedHistory at the same events. Memory grows with the calls that are open at once, not with the history: a
// process that is idle is forgotten when its place is needed, one that ended as info becomes a bit.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "checker/compact_event.h"
#include "checker/history.h"
#include "checker/streaming/retired_processes.h"

namespace ordeal::checker {

class OpenCalls {
 public:
  struct Call {
    CompactEvent event;      // the invoke
    std::uint64_t note = 0;  // the user's
  };

  // `vocabulary` is for complaints, and must outlive this.
  explicit OpenCalls(const Vocabulary& vocabulary);

  // `event` is an invoke. The result is valid until the next event.
  Call& begin(const CompactEvent& event) {
    check_place(event);
    Entry& entry = find(event.process);
    if (entry.state != State::idle) [[unlikely]]
      refuse_call(entry, event);
    entry.state = State::busy;
    entry.call.event = event;
    entry.call.note = 0;
    ++open_;
    return entry.call;
  }

  // `event` is no invoke. The result, the call that it completes, is valid until the next event.
  Call& complete(const CompactEvent& event) {
    check_place(event);
    Entry& entry = find(event.process);
    const CompactEvent& call = entry.call.event;
    if (entry.state != State::busy || call.f != event.f || call.key != event.key) [[unlikely]] {
      refuse_completion(entry, event);
    }
    entry.state = State::idle;
    if (event.type == EventType::info) [[unlikely]]
      retire(entry);
    --open_;
    return entry.call;
  }

  // Of an event of either kind, without a branch that depends on which it is: begin() or complete(), with what is known
  // then of the operation.
  struct Pair {
    std::uint64_t called = 0;  // the index of the call; a call's own
    Atom value = {};           // of the call; of the completion of a read, what it read
    Atom second = {};
  };
  Pair pair(const CompactEvent& event) {
    check_place(event);
    Entry& entry = find(event.process);
    CompactEvent& call = entry.call.event;
    const bool is_call = event.type == EventType::invoke;
    const std::uint64_t what = last_word(event), of_call = std::uint64_t{is_call} - 1;
    const bool differs = ((what ^ last_word(call)) & key_and_verb & of_call) != 0;
    if (differs | (entry.state != (is_call ? State::idle : State::busy))) [[unlikely]]
      refuse(entry, event);
    const std::uint64_t its_value = of_call & (std::uint64_t{event.f == verb::read} - 1);
    const auto chosen = [](std::uint64_t mask, Atom a, Atom b) {
      return Atom::of_bits((a.bits() & mask) | (b.bits() & ~mask));
    };
    // What a completion stores nobody asks for.
    call.index = (call.index & of_call) | (event.index & ~of_call);
    call.value = chosen(its_value, call.value, event.value);
    call.second = chosen(its_value, call.second, event.second);
    set_last_word(call, what);
    entry.state = is_call ? State::busy : State::idle;
    open_ += 1 - 2 * (of_call & 1);
    const Pair pair{.called = call.index, .value = call.value, .second = call.second};
    if (event.type == EventType::info) [[unlikely]]
      retire(entry);
    return pair;
  }

  std::size_t open() const { return open_; }
  // Those that are open now, in the order of their calls; valid until the next event.
  std::vector<Call*> open_calls();
  // visit(call, whether it is open) for places() calls, the open ones among them, in any order.
  template <typename Visit>
  void visit(const Visit& visit) const {
    for (const Entry& entry : entries_) visit(entry.call.event, entry.state == State::busy);
  }
  std::size_t places() const { return entries_.size(); }
  std::size_t bytes() const { return entries_.capacity() * sizeof(Entry) + retired_.bytes(); }

 private:
  enum class State : std::uint8_t { idle, busy, retired };
  // One cache line. Its process is that of the call, also when it is idle or retired.
  struct alignas(64) Entry {
    Call call = {.event = {.process = nobody}};
    State state = State::idle;
    bool is_empty() const { return call.event.process == nobody; }
  };
  static constexpr Process nobody = -1;
  static constexpr std::uint64_t key_and_verb = 0xff'ffff'ffff;  // of last_word()

  void check_place(const CompactEvent& event) {
    if (event.index < next_index_ || event.process < 0) [[unlikely]]
      refuse_place(event);
    next_index_ = event.index + 1;
  }
  Entry& find(Process process) {
    Entry& entry = entries_[place(process)];
    if (entry.call.event.process == process) [[likely]]
      return entry;
    return find_elsewhere(process);
  }
  std::size_t place(Process process) const {  // Fibonacci hashing: also numbers with a common stride spread well
    return static_cast<std::size_t>((static_cast<std::uint64_t>(process) * 0x9e3779b97f4a7c15ULL) >> shift_);
  }

  Entry& find_elsewhere(Process process);
  Entry& settle(Process process);
  void make_room();
  void retire(Entry& entry);
  [[noreturn]] void refuse_place(const CompactEvent& event) const;
  [[noreturn]] void refuse(const Entry& entry, const CompactEvent& event) const {
    event.type == EventType::invoke ? refuse_call(entry, event) : refuse_completion(entry, event);
  }
  [[noreturn]] void refuse_call(const Entry& entry, const CompactEvent& event) const;
  [[noreturn]] void refuse_completion(const Entry& entry, const CompactEvent& event) const;

  const Vocabulary& vocabulary_;
  std::vector<Entry> entries_;  // a power of two of them, at most half of them not empty; linear probing
  unsigned shift_ = 0;
  std::size_t used_ = 0;  // that are not empty
  std::size_t open_ = 0;
  std::uint64_t next_index_ = 0;  // that the next event may have at the least
  RetiredProcesses retired_;
};

}  // namespace ordeal::checker
