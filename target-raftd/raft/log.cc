#include "target-raftd/raft/log.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>
#include <stdexcept>
#include <utility>

namespace raftd::raft {
namespace {

void check_contiguous(const std::vector<Entry>& entries) {
  LogPosition last;
  for (const Entry& entry : entries) {
    if (entry.index != last.index + 1 || entry.term < last.term || entry.term == 0) {
      throw std::invalid_argument(
          fmt::format("the stored log has entry (term {}, index {}) after entry (term {}, index {}); the data folder "
                      "is damaged: remove it, and this server will catch up under a new identity",
                      entry.term, entry.index, last.term, last.index));
    }
    last = {entry.term, entry.index};
  }
}

}  // namespace

Log::Log(std::vector<Entry> durable)
    : entries_(std::move(durable)), durable_(entries_.size()), first_unsaved_(entries_.size() + 1) {
  check_contiguous(entries_);
}

const Entry& Log::at(Index index) const {
  assert(index >= 1 && index <= last_index());
  return entries_[index - 1];
}

Term Log::term_at(Index index) const {
  return index == 0 ? 0 : at(index).term;
}

bool Log::holds(LogPosition position) const {
  return position.index <= last_index() && term_at(position.index) == position.term;
}

Index Log::first_index_of_term_at(Index index) const {
  // Terms never fall along the log, hence the binary searches here and below.
  const auto first = std::ranges::lower_bound(entries_, at(index).term, {}, &Entry::term);
  return first->index;
}

std::optional<Index> Log::last_index_of(Term term) const {
  const auto after = std::ranges::upper_bound(entries_, term, {}, &Entry::term);
  if (after == entries_.begin() || std::prev(after)->term != term) {
    return std::nullopt;
  }
  return std::prev(after)->index;
}

std::vector<Entry> Log::batch(Index from, std::size_t max_bytes) const {
  Index end = from;  // one past the batch
  std::size_t bytes = 0;
  while (end <= last_index()) {
    bytes += at(end).command.size();
    if (end > from && bytes > max_bytes) {
      break;
    }
    ++end;
  }
  return range(from - 1, end - 1);
}

std::vector<Entry> Log::range(Index after, Index up_to) const {
  assert(after <= up_to && up_to <= last_index());
  return {entries_.begin() + static_cast<std::ptrdiff_t>(after), entries_.begin() + static_cast<std::ptrdiff_t>(up_to)};
}

void Log::append(Entry entry) {
  assert(entry.index == last_index() + 1);
  entries_.push_back(std::move(entry));
}

void Log::merge(std::vector<Entry> entries, Index committed) {
  for (Entry& entry : entries) {
    if (holds({entry.term, entry.index})) {
      continue;
    }
    if (entry.index <= last_index()) {
      assert(entry.index > committed && "a committed entry is never removed");
      truncate_from(entry.index);
    }
    append(std::move(entry));
  }
}

void Log::truncate_from(Index index) {
  entries_.resize(index - 1);
  durable_ = std::min(durable_, index - 1);
  first_unsaved_ = std::min(first_unsaved_, index);
}

std::vector<Entry> Log::take_unsaved() {
  std::vector<Entry> unsaved = range(first_unsaved_ - 1, last_index());
  first_unsaved_ = last_index() + 1;
  return unsaved;
}

void Log::mark_durable(LogPosition position) {
  if (holds(position)) {
    durable_ = std::max(durable_, position.index);
  }
}

}  // namespace raftd::raft
