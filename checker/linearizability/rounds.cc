#include "checker/linearizability/rounds.h"

#include <utility>

namespace ordeal::checker {
namespace {

// So many that waking a thread for them costs nothing to speak of; twice that many are held.
constexpr std::size_t events_of_a_round = 32768;
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

void Rounds::fill(Piece& piece, std::size_t side) {
  piece.events.clear();
  piece.round = {.side = side};
  piece.failure = nullptr;
  piece.last = false;
  try {
    if (preparation_ != nullptr) preparation_->begin(side);
    while (piece.round.count < events_of_a_round) {
      const std::span<const CompactEvent> batch = source_.next();
      piece.last = batch.empty();
      if (piece.last) break;
      if (preparation_ != nullptr) preparation_->add(batch, side);
      if (keeps_events_) piece.events.insert(piece.events.end(), batch.begin(), batch.end());
      piece.round.count += batch.size();
      piece.round.last = batch.back().index;
      if (is_over_a_limit()) break;
    }
  } catch (...) {
    piece.failure = std::current_exception();
  }
  piece.round.events = piece.events;
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
  if (!begun_) fill(ahead_, 0);
  begun_ = true;
  std::swap(now_, ahead_);
  if (now_.round.count == 0 && now_.failure) std::rethrow_exception(now_.failure);
  if (now_.round.count > 0) work(works);
  return now_.round;
}

void Rounds::work(std::span<const Work> works) {
  // A failure of reading belongs behind the events that were read before it.
  const bool reads = !now_.last && !now_.failure;
  if (!reads) ahead_ = {.events = {}, .round = {}, .failure = now_.failure, .last = now_.last};
  std::vector<std::exception_ptr> failures(works.size());
  const auto job = [&](std::size_t i) {
    if (i == 0) return fill(ahead_, 1 - now_.round.side);
    try {
      works[i - 1](now_.round);
    } catch (...) {
      failures[i - 1] = std::current_exception();
    }
  };
  if (reads) {
    options_.in_parallel(works.size() + 1, job, [](std::size_t) {});
  } else if (now_.round.count > few_events) {
    options_.in_parallel(
        works.size(), [&](std::size_t i) { job(i + 1); }, [](std::size_t) {});
  } else {
    for (std::size_t i = 0; i < works.size(); ++i) job(i + 1);
  }
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

}  // namespace ordeal::checker
