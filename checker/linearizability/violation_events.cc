#include "checker/linearizability/violation_events.h"

#include <algorithm>
#include <limits>

#include "checker/streaming/open_calls.h"

namespace ordeal::checker {
namespace {

constexpr std::uint64_t to_the_end = std::numeric_limits<std::uint64_t>::max();

// Both events of each operation of the contradiction, the failing one included, sorted; `before`: how many events of
// the concerned keys stand before the failing one.
struct Scan {
  std::vector<std::uint64_t> both;
  std::size_t before = 0;
};

Scan scan(EventSource& source, const ViolationPlace& place) {
  Scan found;
  std::vector<std::uint64_t> wanted = place.contradiction;
  wanted.push_back(place.event);
  std::sort(wanted.begin(), wanted.end());
  const auto is_wanted = [&](std::uint64_t index) { return std::binary_search(wanted.begin(), wanted.end(), index); };
  OpenCalls calls(source.vocabulary());
  bool more = true;
  source.rewind();
  while (more) {
    const std::span<const CompactEvent> events = source.next();
    more = !events.empty() && events.front().index <= place.event;
    for (const CompactEvent& event : events) {
      if (event.index > place.event) break;
      if (place.concerned(event.key)) ++found.before;
      if (event.type == EventType::invoke) {
        calls.begin(event);
        if (is_wanted(event.index)) found.both.push_back(event.index);
        continue;
      }
      const std::uint64_t call = calls.complete(event).event.index;
      if (is_wanted(event.index) || is_wanted(call)) {
        found.both.push_back(event.index);
        found.both.push_back(call);
      }
    }
  }
  source.rewind();
  std::sort(found.both.begin(), found.both.end());
  return found;
}

}  // namespace

History events_around(EventSource& source, const ViolationPlace& place, std::size_t most) {
  const Scan found = scan(source, place);
  if (found.before > most && !place.contradiction.empty()) {
    return source.fetch(
        [&](const CompactEvent& event) {
          return std::binary_search(found.both.begin(), found.both.end(), event.index);
        },
        place.event);
  }
  std::size_t later = 0;
  return source.fetch(
      [&](const CompactEvent& event) {
        return place.concerned(event.key) && (event.index <= place.event || ++later <= most);
      },
      to_the_end);
}

}  // namespace ordeal::checker
