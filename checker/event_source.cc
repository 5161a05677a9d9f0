#include "checker/event_source.h"

namespace ordeal::checker {

std::span<const CompactEvent> HistorySource::next() {
  batch_.clear();
  for (; at_ < history_.size() && batch_.size() < most_at_once; ++at_) {
    if (history_[at_].process != nemesis_process) batch_.push_back(compact(history_[at_], vocabulary_));
  }
  return batch_;
}

History HistorySource::fetch(const std::function<bool(const CompactEvent&)>& wanted, std::uint64_t last) {
  History out;
  for (const Event& event : history_) {
    if (event.index > last) break;
    if (event.process != nemesis_process && wanted(compact(event, vocabulary_))) out.push_back(event);
  }
  rewind();
  return out;
}

}  // namespace ordeal::checker
