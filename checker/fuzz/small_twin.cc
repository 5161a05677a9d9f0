#include "checker/fuzz/small_twin.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace ordeal::checker {
namespace {

constexpr std::uint32_t forever = ~std::uint32_t{0};

bool says_something(const SmallHistory& history, const SmallOperation& operation) {
  if (operation.outcome != EventType::fail) return true;
  if (operation.kind != SmallKind::cas) return false;
  return history.failed_cas == FailedCas::observes || (history.failed_cas == FailedCas::by_error && operation.mismatch);
}

class AllOrders {
 public:
  explicit AllOrders(const SmallHistory& history) : history_(history) {
    assert(history.operations.size() <= called_.size());
    returned_.fill(forever);
    for (std::uint32_t at = 0; at < history.order.size(); ++at) {
      const std::size_t operation = history.order[at] / 2U;
      const bool returns = history.order[at] % 2U == 1;
      if (!returns) called_[operation] = at;
      if (returns && history.operations[operation].outcome != EventType::info) returned_[operation] = at;
    }
    for (std::size_t i = 0; i < history.operations.size(); ++i) {
      if (says_something(history, history.operations[i])) left_ |= 1U << i;
    }
  }

  SmallVerdict judge() {
    if (from(history_.initial, left_)) return {.linearizable = true};
    return {.linearizable = false, .failing = latest_};
  }

 private:
  bool from(std::uint64_t state, std::uint32_t left) {
    std::uint32_t first_return = forever;
    for (std::size_t i = 0; i < history_.operations.size(); ++i) {
      if ((left >> i & 1U) != 0) first_return = std::min(first_return, returned_[i]);
    }
    if (first_return == forever) return true;
    latest_ = std::max(latest_, first_return);
    for (std::size_t i = 0; i < history_.operations.size(); ++i) {
      if ((left >> i & 1U) == 0 || called_[i] > first_return) continue;
      const std::uint64_t next = small_step(history_, history_.operations[i], state);
      if (next != refused && from(next, left & ~(1U << i))) return true;
    }
    return false;
  }

  const SmallHistory& history_;
  std::array<std::uint32_t, 16> called_ = {};
  std::array<std::uint32_t, 16> returned_ = {};
  std::uint32_t left_ = 0;
  std::uint32_t latest_ = 0;
};

}  // namespace

SmallVerdict judge_by_all_orders(const SmallHistory& history) {
  return AllOrders(history).judge();
}

}  // namespace ordeal::checker
