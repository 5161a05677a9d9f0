#include "target-raftd/raft/log.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>
#include <stdexcept>
#include <utility>

namespace raftd::raft {
namespace {

void check_contiguous(LogPosition last, const std::vector<Entry>& entries) {
  for (const Entry& entry : entries) {
    if (entry.index != last.index + 1 || entry.term < last.term || entry.term == 0) {
      throw std::invalid_argument(
          fmt::format("the stored log has entry (term {}, index {}) after entry (term {}, index {}); the data folder "
                      "is damaged: remove it, and this server will catch up under a new identity",
                      entry.term, entry.index, last.term, last.index));
    }
    if (entry.kind == EntryKind::configuration && !decode_configuration(entry.command)) {
      throw std::invalid_argument(
          fmt::format("the stored log holds no readable configuration at index {}; the data folder is damaged: remove "
                      "it, and this server will catch up under a new identity",
                      entry.index));
    }
    last = {entry.term, entry.index};
  }
}

}  // namespace

Log::Log(LogPosition base, std::vector<Entry> durable, Configuration configuration, Index configuration_index)
    : base_(base),
      entries_(std::move(durable)),
      durable_(base.index + entries_.size()),
      first_unsaved_(durable_ + 1),
      configurations_{{configuration_index, std::move(configuration)}} {
  check_contiguous(base_, entries_);
  for (const Entry& entry : entries_) {
    if (entry.index > configuration_index) {
      note_configuration(entry);
    }
  }
}

const Entry& Log::at(Index index) const {
  assert(index > base_.index && index <= last_index());
  return entries_[index - base_.index - 1];
}

Term Log::term_at(Index index) const {
  return index == base_.index ? base_.term : at(index).term;
}

bool Log::holds(LogPosition position) const {
  return position.index >= base_.index && position.index <= last_index() && term_at(position.index) == position.term;
}

Index Log::first_index_of_term_at(Index index) const {
  // Terms never fall along the log, hence the binary searches here and below.
  if (index == base_.index) {
    return index;
  }
  const auto first = std::ranges::lower_bound(entries_, at(index).term, {}, &Entry::term);
  return first->index;
}

std::optional<Index> Log::last_index_of(Term term) const {
  const auto after = std::ranges::upper_bound(entries_, term, {}, &Entry::term);
  if (after == entries_.begin()) {
    return term != 0 && base_.term == term ? std::optional(base_.index) : std::nullopt;
  }
  if (std::prev(after)->term != term) {
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
  assert(after >= base_.index);
  return {entries_.begin() + static_cast<std::ptrdiff_t>(after - base_.index),
          entries_.begin() + static_cast<std::ptrdiff_t>(up_to - base_.index)};
}

void Log::append(Entry entry) {
  assert(entry.index == last_index() + 1);
  note_configuration(entry);
  entries_.push_back(std::move(entry));
}

void Log::note_configuration(const Entry& entry) {
  if (entry.kind == EntryKind::configuration) {
    std::optional<Configuration> configuration = decode_configuration(entry.command);
    assert(configuration && "entries are checked where they come from");
    configurations_.push_back({entry.index, std::move(*configuration)});
  }
}

void Log::merge(std::vector<Entry> entries, Index committed) {
  for (Entry& entry : entries) {
    if (entry.index <= base_.index || holds({entry.term, entry.index})) {
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
  entries_.resize(index - base_.index - 1);
  durable_ = std::min(durable_, index - 1);
  first_unsaved_ = std::min(first_unsaved_, index);
  while (configurations_.size() > 1 && configurations_.back().index >= index) {
    configurations_.pop_back();
  }
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

void Log::compact(Index index) {
  assert(index <= durable_ && index < first_unsaved_);
  if (index <= base_.index) {
    return;
  }
  const LogPosition base{term_at(index), index};
  entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(index - base_.index));
  base_ = base;
  while (configurations_.size() > 1 && configurations_[1].index <= index) {
    configurations_.pop_front();
  }
}

void Log::install(LogPosition position, const Configuration& configuration) {
  std::vector<Entry> rest;
  if (holds(position)) {
    rest = range(position.index, last_index());
  }
  base_ = position;
  entries_.clear();
  configurations_ = {{position.index, configuration}};
  durable_ = position.index;
  first_unsaved_ = position.index + 1;
  for (Entry& entry : rest) {
    append(std::move(entry));
  }
}

const Configuration& Log::configuration_at(Index index) const {
  auto newest = std::ranges::find_if(configurations_.rbegin(), configurations_.rend(),
                                     [index](const InForce& one) { return one.index <= index; });
  assert(newest != configurations_.rend());
  return newest->configuration;
}

}  // namespace raftd::raft
