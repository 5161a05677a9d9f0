// Reads a source and works on what was read before at once, where the checker was lent threads.  One thread at a time.
//
//   Rounds rounds(source, options);                               lent two threads:
//   while (!rounds.next({stream, collect}).empty()) look();         read 1
//                                                                   read 2, stream 1, collect 1   look
//                                                                   read 3, stream 2, collect 2   look ...
//
// Whatever the threads do, each piece of work sees all events once and in order, is never running twice at once, and
// what is thrown is what would have been thrown by one thread after the other. Between rounds nothing runs. Memory: the
// events of two rounds, and none without threads: then the batches of the source are handed on as they come.

#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <initializer_list>
#include <span>
#include <vector>

#include "checker/event_source.h"
#include "checker/linearizable.h"

namespace ordeal::checker {

class Rounds {
 public:
  // Reads on from where the source stands. Nothing else may use the source, or let its vocabulary grow, until the last
  // round, or the end of this; events that were read and not handed on are lost then.
  Rounds(EventSource& source, const LinearizableOptions& options);

  // Hands the next events to each of `works`, which share nothing that changes except by what Vocabulary allows.
  // Returns these events, valid until the next call; empty: the end, of which the works learn nothing. When several
  // throw, the first of them counts. What takes longest should be first.
  using Work = std::function<void(std::span<const CompactEvent>)>;
  std::span<const CompactEvent> next(std::initializer_list<Work> works);

 private:
  struct Piece {
    std::vector<CompactEvent> events;
    std::exception_ptr failure;  // of reading on behind them
    bool last = false;           // there are no more
  };
  void fill(Piece& piece);
  bool is_over_a_limit() const;

  EventSource& source_;
  const LinearizableOptions& options_;
  bool has_threads_;
  bool begun_ = false;
  Piece now_, ahead_;
};

}  // namespace ordeal::checker
