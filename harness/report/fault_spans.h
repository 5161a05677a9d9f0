// The faults of a run as spans of time, read from the nemesis' events of its history. Pure; any thread.

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "checker/event.h"

namespace ordeal::harness {

struct FaultSpan {
  std::int64_t id = 0;
  std::string kind;   // the event's f: "partition"
  std::string fault;  // "partition halves", "kill leader"
  std::string struck;  // "n2, n3"; of a grudge "n1 n2 | n3" (cut apart), else "n1 ⊘ n2 n3; n2 ⊘ n1" (n1 does not hear
                       // n2 and n3, n2 does not hear n1); of links "n1 n3 > n2" (from n1 and n3 to n2)
  std::chrono::nanoseconds injected{0};
  std::optional<std::chrono::nanoseconds> healed;  // nullopt: the history ends before
  bool effect = false;                             // observed
  std::string evidence;                            // "dropped_packets 112"
  std::string note;
};

// Reads the spans event by event. One thread.
class FaultSpans {
 public:
  void observe(const checker::Event& event);
  const std::vector<FaultSpan>& spans() const { return spans_; }  // in the order of injection

 private:
  std::vector<FaultSpan> spans_;
  std::map<std::int64_t, std::size_t> active_;  // by id
};

// In the order of injection. What the healed event says outranks what the injected one said. Nemesis events of another
// shape (Jepsen's own, say) are left out.
std::vector<FaultSpan> fault_spans(const checker::History& history);

// The names of those active at any moment of [from, to], with what they struck: "kill leader (n2), partition halves".
std::string active_faults(const std::vector<FaultSpan>& spans, std::chrono::nanoseconds from,
                          std::chrono::nanoseconds to);

}  // namespace ordeal::harness
