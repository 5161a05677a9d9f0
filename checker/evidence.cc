#include "checker/evidence.h"

#include <algorithm>
#include <set>
#include <utility>

namespace ordeal::checker {

Witness witness_of(const History& history, const std::optional<std::string>& key, OperationPlace culprit,
                   std::vector<OperationPlace> operations, std::string explanation) {
  Witness witness;
  witness.key = key;
  witness.explanation = std::move(explanation);
  operations.push_back(culprit);
  std::set<std::uint64_t> wanted;
  for (const OperationPlace& operation : operations) wanted.insert({operation.call, operation.completion});
  for (const std::uint64_t index : wanted) {
    const auto event =
        std::lower_bound(history.begin(), history.end(), index,
                         [](const Event& candidate, std::uint64_t sought) { return candidate.index < sought; });
    if (event == history.end() || event->index != index) continue;
    witness.operations.push_back(*event);
    if (index == culprit.call) witness.call = *event;
    if (index == culprit.completion) witness.completion = *event;
  }
  return witness;
}

}  // namespace ordeal::checker
