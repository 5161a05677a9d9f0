#include "checker/linearizability/rounds.h"

#include <algorithm>
#include <utility>

namespace ordeal::checker {
namespace {

// So many that waking a thread for them costs nothing to speak of; three times that many are held.
constexpr std::size_t events_of_a_round = 16384;
// When one of so many cannot be prepared, those before them are worked on all the same.
constexpr std::size_t events_prepared_at_once = 1024;
// A history that is not longer than this is not worth a second thread.
constexpr std::size_t few_events = 4096;

}  // namespace

Rounds::Rounds(EventSource& source, const LinearizableOptions& options, Preparation* preparation)
    : source_(source),
      options_(options),
      has_threads_(options.in_parallel && options.parallelism > 1),
      preparation_(preparation) {}

// Reading may wait for whoever writes the history; an interrupt ends the round with what there is.
bool Rounds::is_over_a_limit() const {
  return (options_.cancelled && options_.cancelled()) || (options_.elapsed && options_.elapsed() > options_.time_limit);
}

void Rounds::read(Piece& piece) {
  piece.room.resize(events_of_a_round);
  piece.count = 0;
  piece.round = {};
  piece.failure = nullptr;
  piece.last = false;
  try {
    while (piece.count + EventSource::most_at_once <= piece.room.size()) {
      const std::size_t count = source_.next_into(std::span(piece.room).subspan(piece.count));
      piece.last = count == 0;
      piece.count += count;
      if (piece.last || is_over_a_limit()) break;
    }
  } catch (...) {
    piece.failure = std::current_exception();
  }
}

// All events up to those that cannot be prepared.
void Rounds::prepare(Piece& piece, std::size_t side) {
  const std::span<const CompactEvent> events = std::span(piece.room).first(piece.count);
  std::size_t count = preparation_ == nullptr ? events.size() : 0;
  try {
    if (preparation_ != nullptr) preparation_->begin(side);
    while (count < events.size()) {
      const std::size_t some = std::min(events_prepared_at_once, events.size() - count);
      preparation_->add(events.subspan(count, some), side);
      count += some;
    }
  } catch (...) {
    piece.failure = std::current_exception();
  }
  piece.round = {.events = events.first(count), .count = count, .side = side};
  if (count > 0) piece.round.last = events[count - 1].index;
}

Rounds::Round Rounds::next_batch(std::span<const Work> works) {
  const std::span<const CompactEvent> events = source_.next();
  if (events.empty()) return {};
  if (preparation_ != nullptr) {
    preparation_->begin(0);
    preparation_->add(events, 0);
  }
  const Round round{.events = events, .count = events.size(), .last = events.back().index};
  for (const Work& work : works) work(round);
  return round;
}

Rounds::Round Rounds::next(std::span<const Work> works) {
  if (!has_threads_) return next_batch(works);
  if (!begun_) {
    read(next_);
    prepare(next_, 0);
    if (!next_.is_end()) read(ahead_);
    begun_ = true;
  }
  std::swap(now_, next_);
  std::swap(next_, ahead_);
  if (now_.round.count == 0 && now_.failure) std::rethrow_exception(now_.failure);
  if (now_.round.count > 0) work(works);
  return now_.round;
}

// While the works look at one piece, the next one is prepared, and the one behind that is read.
void Rounds::work(std::span<const Work> works) {
  // A failure of reading or preparing belongs behind the events before it, and nothing comes behind a failure.
  if (now_.is_end()) next_.end_as(now_);
  const bool reads = !next_.is_end();
  if (!reads) ahead_.end_as(next_);
  const bool prepares = next_.count > 0;
  std::vector<std::exception_ptr> failures(works.size());
  const auto job = [&](std::size_t i) {
    if (i == 0) return reads ? read(ahead_) : void();
    if (i == 1) return prepares ? prepare(next_, 1 - now_.round.side) : void();
    try {
      works[i - 2](now_.round);
    } catch (...) {
      failures[i - 2] = std::current_exception();
    }
  };
  if (reads || prepares || now_.round.count > few_events) {
    options_.in_parallel(works.size() + 2, job, [](std::size_t) {});
  } else {
    for (std::size_t i = 0; i < works.size(); ++i) job(i + 2);
  }
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

}  // namespace ordeal::checker
