#include "checker/linearizability/frontier_way_back.h"

#include <algorithm>

#include "checker/linearizability/frontier_narrowing.h"

namespace ordeal::checker {
namespace {

constexpr std::size_t most_looked_at = 256;  // of those behind a return, the last first

}  // namespace

template <std::size_t Words>
bool FrontierWayBack<Words>::was_there(const Configuration& c, std::uint32_t returns, const OpenOperations& open) {
  if (last_met_.size() <= returns) last_met_.resize(returns + 1, Outline::none);
  std::size_t left = most_looked_at;
  for (std::uint32_t i = last_met_[returns]; i != Outline::none && left > 0; i = met_[i].next, --left) {
    if (covers(met_[i].c, c, open)) return true;
  }
  met_.push_back({.c = c, .next = last_met_[returns]});
  last_met_[returns] = static_cast<std::uint32_t>(met_.size() - 1);
  return false;
}

template <std::size_t Words>
void FrontierWayBack<Words>::lay_aside(Shelf<Words>& shelf, std::size_t width, const OpenOperations& open) {
  order_.clear();
  for (std::uint32_t i = 0; i < shelf.size; ++i) order_.emplace_back(score(shelf.items[i], open), i);
  std::sort(order_.begin(), order_.end());
  for (std::size_t i = shelf.size; i-- > width;) {
    waiting_.push_back({.c = shelf.items[order_[i].second], .happened = happened_.size() + 1});
  }
  best_.clear();
  for (std::size_t i = 0; i < width; ++i) best_.push_back(shelf.items[order_[i].second]);
  std::copy(best_.begin(), best_.end(), shelf.items.begin());
  shelf.changed(width);
}

template <std::size_t Words>
typename FrontierWayBack<Words>::Resumed FrontierWayBack<Words>::go_back(OpenOperations& open) {
  Resumed resumed{.configuration = waiting_.back().c};
  const std::size_t until = waiting_.back().happened;
  waiting_.pop_back();
  for (; happened_.size() > until; happened_.pop_back()) {
    const Happened& last = happened_.back();
    if (last.returned) {
      open.take_return_back(*last.step, last.slot);
      ++resumed.returns;
    } else {
      open.take_call_back(*last.step, last.slot);
      ++resumed.calls;
    }
  }
  return resumed;
}

template class FrontierWayBack<0>;
template class FrontierWayBack<1>;
template class FrontierWayBack<4>;
template class FrontierWayBack<16>;

}  // namespace ordeal::checker
