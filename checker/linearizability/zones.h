// Does a register's history have a linearization? By blocks and zones, in nearly linear time.  Pure; any thread.
//
// For registers and cas-registers on which every read can only have seen one write: each value is written once, or all
// other writes of it are out of the question in time. Exact where it answers; else it says that it cannot, and why.
// zones.cc has the theorem. About 20 bytes for each operation that writes, 4 for each state.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "checker/linearizability/budget.h"
#include "checker/linearizability/problem.h"

namespace ordeal::checker {

struct ZonesResult {
  enum class Answer : std::uint8_t { linearizable, not_linearizable, not_applicable };

  Answer answer = Answer::not_applicable;
  std::string_view reason = {};                           // with not_applicable
  Budget::Exceeded exceeded = Budget::Exceeded::nothing;  // with not_applicable, when that is the reason
  // With not_linearizable: the operations that contradict each other, at most eight, as ascending indices into
  // problem.operations. (Where values are written again, others may be needed to tell which write a read saw.)
  std::vector<std::uint32_t> contradiction = {};
  std::size_t bytes = 0;
};

// Of the events before the position `cut`: what is called later is gone, what returns later is optional.
ZonesResult judge_by_zones(const Problem& problem, Budget& budget, std::uint32_t cut = PreparedOperation::forever);

// The position of the return that ends the shortest prefix that has no linearization, when it stands before `below`.
// `answer`: not_linearizable, and there is one; linearizable, and there is none before `below`; or not_applicable.
struct FirstFailing {
  ZonesResult::Answer answer = ZonesResult::Answer::not_applicable;
  std::uint32_t position = PreparedOperation::forever;
};
FirstFailing first_failing_by_zones(const Problem& problem, Budget& budget,
                                    std::uint32_t below = PreparedOperation::forever);

}  // namespace ordeal::checker
