// Pairs events as they come: who completes which call.  Not thread-safe.
//
//   OpenCalls calls(vocabulary);
//   for (const CompactEvent& event : batch) {
//     if (event.type == EventType::invoke) calls.begin(event).note = whatever;
//     else use(calls.complete(event), event);
//   }
//
// Whoever wants no more than the call's moment and value of most events asks pair() first, which is faster.
//
// The rules are those of pair_operations (checker/history.h), which is the slow twin in the tests: both throw
// MalformedHistory at the same events. Memory grows with the calls that are open at once, not with the history: a
// process that is idle is forgotten when its place is needed, one that ended as info becomes a bit. Few processes need
// no memory but that of the object itself.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "checker/compact_event.h"
#include "checker/history.h"
#include "checker/streaming/retired_processes.h"

namespace ordeal::checker {

class OpenCalls {
  // Of last_word().
  static constexpr std::uint64_t key_and_verb = 0xff'ffff'ffff, type_part = 0xffULL << LastWord::type_at,
                                 ok_part = std::uint64_t{1} << LastWord::type_at,
                                 unusual_part = 0xff'fefe'0000'0000;  // of all but the call or ok of a read or write
  static_assert(static_cast<unsigned>(EventType::invoke) == 0 && static_cast<unsigned>(EventType::ok) == 1 &&
                verb::read == 0 && verb::write == 1);

 public:
  struct Call {
    CompactEvent event;      // the invoke; from complete() on its type is that of the completion
    std::uint64_t note = 0;  // the user's
  };

  // `vocabulary` is for complaints, and must outlive this.
  explicit OpenCalls(const Vocabulary& vocabulary) : vocabulary_(vocabulary) {}
  OpenCalls(const OpenCalls&) = delete;  // its table may lie in itself
  OpenCalls& operator=(const OpenCalls&) = delete;

  // `event` is an invoke. The result is valid until the next event.
  Call& begin(const CompactEvent& event) {
    Entry& entry = find(event);
    if (!entry.is_idle()) [[unlikely]]
      refuse_call(entry, event);
    entry.call.event = event;
    entry.call.note = 0;
    ++begun_;
    return entry.call;
  }

  // `event` is no invoke. The result, the call that it completes, is valid until the next event.
  Call& complete(const CompactEvent& event) {
    Entry& entry = find(event);
    CompactEvent& call = entry.call.event;
    if (!entry.is_open() || call.f != event.f || call.key != event.key) [[unlikely]] {
      refuse_completion(entry, event);
    }
    ++ended_;
    if (event.type == EventType::info) [[unlikely]]
      return retire(entry);
    call.type = event.type;
    return entry.call;
  }

  // What the call or ok of a read or write says together with its call.
  struct Pair {
    std::uint64_t index = 0, called = 0;  // of the event, and of the call, which may be the same
    Atom value = {};                      // of the call; of the ok of a read, what it read
    std::uint64_t what = 0;               // the last_word() of the event
    KeyId key() const { return static_cast<KeyId>(what); }
    bool is_write() const { return (what >> LastWord::verb_at & 1) != 0; }
    bool is_ok() const { return (what >> LastWord::type_at & 1) != 0; }
  };
  // Does what begin() or complete() does with nearly every event, the call or ok of a read or write, without a branch
  // that depends on which it is, and leaves no note: use(pair) for the first events, up to one that is something else,
  // or of which is_usual(key) does not hold. That one is for begin() or complete(), to which all complaints are left,
  // too. How many it used.
  template <typename IsUsual, typename Use>
  std::size_t pair(std::span<const CompactEvent> events, const IsUsual& is_usual, const Use& use) {
    Entry* entries = entries_.data();
    unsigned shift = shift_;
    std::uint64_t next_index = next_index_, oks = 0;
    const CompactEvent* at = events.data();
    for (const CompactEvent* const end = at + events.size(); at != end; ++at) {
      const Process process = at->process;
      Entry* entry = &entries[place(process, shift)];
      if (entry->call.event.process != process) [[unlikely]] {
        if (process < 0) break;
        entry = &find_elsewhere(process);
        entries = entries_.data();
        shift = shift_;
      }
      CompactEvent& call = entry->call.event;
      Pair pair{.index = at->index, .value = at->value, .what = last_word(*at)};
      const std::uint64_t is_ok = pair.what >> LastWord::type_at & 1, if_ok = std::uint64_t{0} - is_ok;
      // An ok is the call but for its type; whoever calls was idle since an ok.
      const std::uint64_t differs = (pair.what ^ last_word(call)) & (type_part | (key_and_verb & if_ok));
      const bool is_other = ((pair.what & unusual_part) | (differs ^ ok_part)) != 0;
      if (is_other || pair.index < next_index || !is_usual(pair.key())) [[unlikely]]
        break;
      next_index = pair.index + 1;
      const auto chosen = [](std::uint64_t mask, std::uint64_t a, std::uint64_t b) { return b ^ ((a ^ b) & mask); };
      pair.called = chosen(if_ok, call.index, pair.index);
      const std::uint64_t if_of_call = if_ok & (std::uint64_t{0} - std::uint64_t{pair.is_write()});
      pair.value = Atom::of_bits(chosen(if_of_call, call.value.bits(), pair.value.bits()));
      // What an ok stores nobody asks for; nor does anybody ask a read or write for a second value.
      call.index = pair.called;
      call.value = pair.value;
      set_last_word(call, pair.what);
      oks += is_ok;
      use(pair);
    }
    next_index_ = next_index;
    const auto used = static_cast<std::size_t>(at - events.data());
    begun_ += used - oks;
    ended_ += oks;
    return used;
  }

  std::size_t begun() const { return begun_; }  // calls
  std::size_t open() const { return begun_ - ended_; }
  // Those that are open now, in the order of their calls; valid until the next event.
  std::vector<Call*> open_calls();
  // visit(call, whether it is open) for places() calls, the open ones among them, in any order.
  template <typename Visit>
  void visit(const Visit& visit) const {
    for (const Entry& entry : entries_) visit(entry.call.event, entry.is_open());
  }
  std::size_t places() const { return entries_.size(); }
  std::size_t bytes() const { return entries_.size() * sizeof(Entry) + retired_.bytes(); }

 private:
  // One cache line. Its process is that of the call, also when that is completed.
  struct alignas(64) Entry {
    Call call = {.event = {.process = nobody, .type = EventType::info}};
    bool is_open() const { return call.event.type == EventType::invoke; }
    bool is_idle() const { return call.event.type == EventType::ok || call.event.type == EventType::fail; }
    bool is_retired() const { return call.event.type == EventType::info; }  // or empty, which a negative number finds
    bool is_empty() const { return call.event.process == nobody; }
  };
  static constexpr Process nobody = -1;
  Entry& find(const CompactEvent& event) {
    if (event.index < next_index_) [[unlikely]]
      refuse_index(event);
    next_index_ = event.index + 1;
    Entry& entry = entries_[place(event.process)];
    if (entry.call.event.process == event.process) [[likely]]
      return entry;
    if (event.process < 0) refuse_process(event);
    return find_elsewhere(event.process);
  }
  // Fibonacci hashing: also numbers with a common stride spread well.
  static std::size_t place(Process process, unsigned shift) {
    return static_cast<std::size_t>((static_cast<std::uint64_t>(process) * 0x9e3779b97f4a7c15ULL) >> shift);
  }
  std::size_t place(Process process) const { return place(process, shift_); }

  std::size_t behind(std::size_t place) const { return (place + 1) & (entries_.size() - 1); }
  std::size_t free_place(Process process) const;
  Entry& find_elsewhere(Process process);
  Call& retire(Entry& entry);
  void remove(const Entry& entry);
  void make_room();
  [[noreturn]] void refuse_index(const CompactEvent& event) const;
  [[noreturn]] static void refuse_process(const CompactEvent& event);
  [[noreturn]] void refuse_call(const Entry& entry, const CompactEvent& event) const;
  [[noreturn]] void refuse_completion(const Entry& entry, const CompactEvent& event) const;

  static constexpr unsigned few_bits = 5;
  const Vocabulary& vocabulary_;
  std::array<Entry, std::size_t{1} << few_bits> few_;
  std::vector<Entry> many_;
  std::span<Entry> entries_ = few_;  // or many_; a power of two, at most half of them not empty; linear probing
  unsigned shift_ = 64 - few_bits;
  std::size_t used_ = 0;  // that are not empty
  std::size_t begun_ = 0, ended_ = 0;
  std::uint64_t next_index_ = 0;  // that the next event may have at the least
  RetiredProcesses retired_;
  Call last_retired_;
};

}  // namespace ordeal::checker
