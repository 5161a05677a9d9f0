#include "harness/report/witness_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/report/quantities.h"
#include "harness/report/terminal_text.h"

namespace ordeal::harness {
namespace {

using checker::Event;
using checker::History;
using checker::Witness;

bool same_event(const Event& a, const Event& b) {
  return a.index == b.index && a.process == b.process && a.type == b.type;
}

void sort_by_index(History& events) {
  std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.index < b.index; });
}

}  // namespace

History evidence(const Witness& witness) {
  History events = witness.operations;
  for (const Event* event : {&witness.call, &witness.completion}) {
    const bool there = std::any_of(events.begin(), events.end(), [&](const Event& e) { return same_event(e, *event); });
    if (!there && !event->f.empty()) events.push_back(*event);
  }
  sort_by_index(events);
  return events;
}

bool is_impossible(const PairedOperation& operation, const Witness& witness) {
  return (operation.call != nullptr && same_event(*operation.call, witness.call)) ||
         (operation.completion != nullptr && same_event(*operation.completion, witness.completion));
}

std::size_t keep_nearest(History& events, const Witness& witness, std::size_t most) {
  const std::vector<PairedOperation> operations = pair_operations(events);
  if (operations.size() <= most) return 0;
  const auto impossible = std::find_if(operations.begin(), operations.end(), [&](const PairedOperation& operation) {
    return is_impossible(operation, witness);
  });
  const auto at = static_cast<std::size_t>(impossible - operations.begin());
  const std::size_t end = std::clamp(at + 1, most, operations.size());
  History kept;
  for (std::size_t i = end - most; i < end; ++i) {
    for (const Event* event : {operations[i].call, operations[i].completion}) {
      if (event != nullptr) kept.push_back(*event);
    }
  }
  sort_by_index(kept);
  const std::size_t left_out = operations.size() - most;
  events = std::move(kept);
  return left_out;
}

bool has_times(const History& events) {
  return !events.empty() && events.back().time != events.front().time;
}

std::string operation_line(const PairedOperation& operation, bool timed) {
  const Event& first = operation.first();
  const std::string who = process_text(first.process) + (first.node.empty() ? "" : " at " + printable(first.node));
  const std::string when = timed ? moment_text(first.time) : fmt::format("event {}", first.index);
  return fmt::format("{}  {}  {} → {}", right_aligned(when, 13), left_aligned(who, 16), call_text(operation),
                     outcome_text(operation));
}

}  // namespace ordeal::harness
