// Reads a source and works on what was read before at once, where the checker was lent threads.  One thread at a time.
//
//   Rounds rounds(source, options);                               lent two threads:
//   while (rounds.next({stream, collect}).count > 0) look();        read 1, 2
//                                                                   read 3, prepare 2, stream 1, collect 1   look
//                                                                   read 4, prepare 3, stream 2, collect 2   look ...
//
// Whatever the threads do, each piece of work sees all events once and in order, is never running twice at once, and
// what is thrown is what would have been thrown by one thread after the other. Between rounds nothing runs. Memory: the
// events of three rounds, and none without threads: then the batches of the source are handed on as they come.
//
// What all works of a round need may be prepared once, before it: then they need not see the events themselves.

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

// What is done with the events of a round before the works. There are two sides: while works look at one, the other is
// prepared, by one thread at a time, in order.
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

  std::size_t bytes() const {
    return (now_.room.capacity() + next_.room.capacity() + ahead_.room.capacity()) * sizeof(CompactEvent);
  }

 private:
  struct Piece {
    std::vector<CompactEvent> room;
    std::size_t count = 0;       // of events in it
    Round round;                 // once it is prepared
    std::exception_ptr failure;  // behind them
    bool last = false;           // there are no more

    bool is_end() const { return last || failure; }
    void end_as(const Piece& before) {
      count = 0;
      round = {};
      failure = before.failure;
      last = before.last;
    }
  };
  Round next_batch(std::span<const Work> works);
  void read(Piece& piece);
  void prepare(Piece& piece, std::size_t side);
  void work(std::span<const Work> works);
  bool is_over_a_limit() const;

  EventSource& source_;
  const LinearizableOptions& options_;
  bool has_threads_;
  Preparation* preparation_;
  bool begun_ = false;
  Piece now_, next_, ahead_;  // that the works look at, that is prepared, that is read
};

}  // namespace ordeal::checker
