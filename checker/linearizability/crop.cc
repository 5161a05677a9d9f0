#include "checker/linearizability/crop.h"

#include <algorithm>
#include <map>
#include <utility>

#include "checker/linearizability/linearization.h"

namespace ordeal::checker {
namespace {

bool fixes_the_state(const PreparedOperation& operation) {
  return !operation.optional() && (operation.needs != no_state || operation.overwrites());
}

}  // namespace

bool leave_out_useless(std::vector<PreparedOperation>& operations, std::vector<std::uint32_t>& given,
                       std::size_t state_count) {
  const std::vector<bool> useless = useless_optional(operations, state_count);
  std::size_t needers = 0;
  bool every_one_counts = false;
  for (const PreparedOperation& operation : operations) {
    every_one_counts = every_one_counts || operation.transforms || operation.forbids != no_state;
    if (!operation.optional() && operation.needs != no_state) ++needers;
  }
  std::map<std::pair<StateId, StateId>, std::size_t> of_kind;
  std::size_t kept = 0;
  bool capped = false;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const PreparedOperation operation = operations[i];
    if (useless[i]) continue;
    if (operation.optional() && !every_one_counts && ++of_kind[std::pair(operation.needs, operation.makes)] > needers) {
      capped = true;
      continue;
    }
    operations[kept] = operation;
    given[kept++] = given[i];
  }
  operations.resize(kept);
  given.resize(kept);
  return capped;
}

std::optional<Crop> crop(std::span<const PreparedOperation> operations, StateId initial, std::size_t state_count,
                         std::uint32_t chosen) {
  const PreparedOperation& c = operations[chosen];
  if (!fixes_the_state(c)) return std::nullopt;
  Crop out{.operations = {},
           .given = {},
           .initial = c.needs == no_state ? initial : c.needs,
           .exact = true,
           .capped = false};
  for (std::uint32_t i = 0; i < operations.size(); ++i) {
    PreparedOperation operation = operations[i];
    if (operation.returned < c.called) continue;
    if (i != chosen && operation.called < c.returned) {
      out.exact = out.exact && operation.optional();
      if (operation.observes()) continue;
      operation.returned = PreparedOperation::forever;
    }
    out.operations.push_back(operation);
    out.given.push_back(i);
  }
  out.capped = leave_out_useless(out.operations, out.given, state_count);
  for (const PreparedOperation& operation : out.operations) {
    if (operation.optional() && operation.called < c.returned) out.exact = false;
  }
  return out;
}

std::optional<std::uint32_t> best_to_crop(std::span<const PreparedOperation> operations, std::uint32_t begin,
                                          std::uint32_t end, std::uint32_t before) {
  std::optional<std::uint32_t> best;
  const auto length = [&](std::uint32_t i) { return operations[i].returned - operations[i].called; };
  for (std::uint32_t i = begin; i < std::min<std::size_t>(end, operations.size()); ++i) {
    if (operations[i].returned > before || !fixes_the_state(operations[i])) continue;
    if (!best || length(i) <= length(*best)) best = i;
  }
  return best;
}

}  // namespace ordeal::checker
