// Reads a source and works on what was read before at once, where the checker was lent threads.  One thread at a time.
//
//   Rounds rounds(source, options);                               lent two threads:
//   while (rounds.next({stream, collect}).count > 0) look();        read 1
//                                                                   read 2, stream 1, collect 1   look
//                                                                   read 3, stream 2, collect 2   look ...
//
// Whatever the threads do, each piece of work sees all events once and in order, is never running twice at once, and
// what is thrown is what would have been thrown by one thread after the other. Between rounds nothing runs. Memory: the
// events of two rounds, and none without threads: then the batches of the source are handed on as they come.
//
// Who reads may also prepare what the works of that round need: then the works need not see the events themselves.

#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <initializer_list>
#include <span>
#include <vector>

#include "checker/event_source.h"
#include "checker/linearizable.h"

namespace ordeal::checker {

// What whoever reads does with the events of a round. There are two sides: while works look at one, the other is
// prepared.
class Preparation {
 public:
  virtual ~Preparation() = default;
  virtual void begin(std::size_t side) = 0;  // nobody looks at what it held any more
  virtual void add(std::span<const CompactEvent> events, std::size_t side) = 0;
};

class Rounds {
 public:
  // Reads on from where the source stands. Nothing else may use the source, or let its vocabulary grow, until the last
  // round, or the end of this; events that were read and not handed on are lost then.
  Rounds(EventSource& source, const LinearizableOptions& options, Preparation* preparation = nullptr);

  struct Round {
    std::span<const CompactEvent> events = {};  // valid until the next round
    std::size_t count = 0;                      // of them; 0: the end, of which the works learn nothing
    std::uint64_t last = 0;                     // Event::index of the last one
    std::size_t side = 0;                       // of what was prepared
  };
  // Hands the next events to each of `works`, which share nothing that changes except by what Vocabulary allows. When
  // several throw, the first of them counts. What takes longest should be first.
  using Work = std::function<void(const Round&)>;
  Round next(std::span<const Work> works);
  Round next(std::initializer_list<Work> works) { return next(std::span<const Work>(works)); }

  // From now on no work looks at the events that are read, but only at what is prepared.
  void keep_no_events() { keeps_events_ = false; }
  std::size_t bytes() const { return (now_.events.capacity() + ahead_.events.capacity()) * sizeof(CompactEvent); }

 private:
  struct Piece {
    std::vector<CompactEvent> events;
    Round round;
    std::exception_ptr failure;  // of reading on behind them
    bool last = false;           // there are no more
  };
  Round next_batch(std::span<const Work> works);
  void fill(Piece& piece, std::size_t side);
  void work(std::span<const Work> works);
  bool is_over_a_limit() const;

  EventSource& source_;
  const LinearizableOptions& options_;
  bool has_threads_;
  Preparation* preparation_;
  bool begun_ = false, keeps_events_ = true;
  Piece now_, ahead_;
};

}  // namespace ordeal::checker
