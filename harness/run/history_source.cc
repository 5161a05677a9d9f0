#include "harness/run/history_source.h"

namespace ordeal::harness {

using checker::CompactEvent;
using checker::Event;
using checker::History;

// The last one may lack its newline.
const History& HistoryFileSource::next_piece() {
  const History& events = tail_.next();
  if (!events.empty() || ended_) return events;
  ended_ = true;
  last_ = tail_.last_line();
  return last_.events;
}

std::span<const CompactEvent> HistoryFileSource::next() {
  batch_.clear();
  while (batch_.empty()) {
    const History& events = next_piece();
    if (events.empty()) break;
    for (const Event& event : events) {
      if (event.process != checker::nemesis_process) batch_.push_back(compact(event, vocabulary_));
    }
  }
  return batch_;
}

void HistoryFileSource::rewind() {
  tail_.rewind();
  ended_ = false;
}

History HistoryFileSource::fetch(const std::function<bool(const CompactEvent&)>& wanted, std::uint64_t last) {
  History found;
  rewind();
  for (bool more = true; more;) {
    const History& events = next_piece();
    more = !events.empty();
    for (const Event& event : events) {
      if (event.index > last) {
        more = false;
        break;
      }
      if (event.process != checker::nemesis_process && wanted(compact(event, vocabulary_))) found.push_back(event);
    }
  }
  rewind();
  return found;
}

std::vector<std::string> HistoryFileSource::warnings() const {
  return last_.warning ? std::vector{*last_.warning} : std::vector<std::string>{};
}

std::vector<std::string> for_each_event(const std::filesystem::path& file,
                                        const std::function<void(const Event&)>& observe) {
  HistoryTail tail(file);
  while (true) {
    const History& events = tail.next();
    if (events.empty()) break;
    for (const Event& event : events) observe(event);
  }
  const HistoryTail::Cut last = tail.last_line();
  for (const Event& event : last.events) observe(event);
  return last.warning ? std::vector{*last.warning} : std::vector<std::string>{};
}

}  // namespace ordeal::harness
