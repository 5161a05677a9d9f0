#include "checker/linearizability/rounds.h"

#include <utility>

namespace ordeal::checker {
namespace {

// So many that waking a thread for them costs nothing to speak of; twice that many are held.
constexpr std::size_t events_of_a_round = 32768;
// A history that is not longer than this is not worth a second thread.
constexpr std::size_t few_events = 4096;

}  // namespace

Rounds::Rounds(EventSource& source, const LinearizableOptions& options)
    : source_(source), options_(options), has_threads_(options.in_parallel && options.parallelism > 1) {}

// Reading may wait for whoever writes the history; an interrupt ends the round with what there is.
bool Rounds::is_over_a_limit() const {
  return (options_.cancelled && options_.cancelled()) || (options_.elapsed && options_.elapsed() > options_.time_limit);
}

void Rounds::fill(Piece& piece) {
  piece.events.clear();
  piece.failure = nullptr;
  piece.last = false;
  try {
    while (piece.events.size() < events_of_a_round) {
      const std::span<const CompactEvent> batch = source_.next();
      piece.last = batch.empty();
      if (piece.last) return;
      piece.events.insert(piece.events.end(), batch.begin(), batch.end());
      if (is_over_a_limit()) return;
    }
  } catch (...) {
    piece.failure = std::current_exception();
  }
}

std::span<const CompactEvent> Rounds::next(std::initializer_list<Work> works) {
  if (!has_threads_) {
    const std::span<const CompactEvent> events = source_.next();
    if (!events.empty()) {
      for (const Work& work : works) work(events);
    }
    return events;
  }
  if (!begun_) fill(ahead_);
  begun_ = true;
  std::swap(now_, ahead_);
  if (now_.events.empty() && now_.failure) std::rethrow_exception(now_.failure);
  if (now_.events.empty()) return {};

  // A failure of reading belongs behind the events that were read before it.
  const bool reads = !now_.last && !now_.failure;
  if (!reads) ahead_ = {.events = {}, .failure = now_.failure, .last = now_.last};
  std::vector<std::exception_ptr> failures(works.size());
  const auto job = [&](std::size_t i) {
    if (i == 0) return fill(ahead_);
    try {
      works.begin()[i - 1](now_.events);
    } catch (...) {
      failures[i - 1] = std::current_exception();
    }
  };
  if (reads) {
    options_.in_parallel(works.size() + 1, job, [](std::size_t) {});
  } else if (now_.events.size() > few_events) {
    options_.in_parallel(
        works.size(), [&](std::size_t i) { job(i + 1); }, [](std::size_t) {});
  } else {
    for (std::size_t i = 0; i < works.size(); ++i) job(i + 1);
  }
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
  return now_.events;
}

}  // namespace ordeal::checker
