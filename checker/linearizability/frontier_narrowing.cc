#include "checker/linearizability/frontier_narrowing.h"

#include <algorithm>
#include <bit>
#include <tuple>
#include <utility>
#include <vector>

namespace ordeal::checker {
namespace {

using Mask = OpenOperations::Mask;

// The least configuration that covers both; they agree in the state and the cas done.
template <std::size_t Words>
void join(FrontierConfiguration<Words>& into, const FrontierConfiguration<Words>& other, const OpenOperations& open) {
  const Mask either = into.linearized | other.linearized, both = into.linearized & other.linearized;
  into.duties &= other.duties;
  into.linearized = (either & open.observers()) | (both & ~open.observers());
  into.hideable = (into.hideable | other.hideable | (either & open.writes())) & ~into.linearized;
  if constexpr (Words > 0) {
    for (const Outline::Class& k : open.outline().classes) {
      const std::uint64_t mine = into.used_of(k), its = other.used_of(k);
      if (its < mine) into.used[k.word] -= (mine - its) << k.shift;
    }
  }
}

// Those that agree in all but the counts, or in the state and the cas done.
template <std::size_t Words>
void join_alike(Shelf<Words>& shelf, std::size_t first, bool only_counts, const OpenOperations& open) {
  const auto key = [&](const FrontierConfiguration<Words>& c) {
    return only_counts ? std::tuple(c.state, c.linearized, c.hideable, c.duties)
                       : std::tuple(c.state, c.linearized & open.cas(), Mask{0}, 0U);
  };
  const auto at = [&](std::size_t i) { return shelf.items.begin() + static_cast<std::ptrdiff_t>(i); };
  std::sort(at(first), at(shelf.size), [&](const auto& a, const auto& b) { return key(a) < key(b); });
  std::size_t kept = first;
  for (std::size_t i = first + 1; i < shelf.size; ++i) {
    if (key(shelf.items[i]) == key(shelf.items[kept])) {
      join(shelf.items[kept], shelf.items[i], open);
    } else {
      shelf.items[++kept] = shelf.items[i];
    }
  }
  shelf.changed(kept + 1);
}

}  // namespace

template <std::size_t Words>
int score(const FrontierConfiguration<Words>& c, const OpenOperations& open) {
  int score = 3 * std::popcount(c.linearized & ~open.observers()) - 2 * std::popcount(c.linearized & open.observers()) -
              std::popcount(c.hideable);
  if constexpr (Words > 0) {
    for (const Outline::Class& k : open.outline().classes) score += 4 * static_cast<int>(c.used_of(k));
  }
  return score;
}

template <std::size_t Words>
void keep_the_best(Shelf<Words>& shelf, std::size_t width, const OpenOperations& open) {
  std::vector<std::pair<int, std::uint32_t>> order;
  order.reserve(shelf.size);
  for (std::uint32_t i = 0; i < shelf.size; ++i) order.emplace_back(score(shelf.items[i], open), i);
  const auto middle = order.begin() + static_cast<std::ptrdiff_t>(width);
  std::nth_element(order.begin(), middle, order.end());
  std::sort(order.begin(), middle, [](const auto& a, const auto& b) { return a.second < b.second; });
  for (std::size_t i = 0; i < width; ++i) shelf.items[i] = shelf.items[order[i].second];
  shelf.changed(width);
}

template <std::size_t Words>
void merge(Shelf<Words>& shelf, std::size_t first, std::size_t width, const OpenOperations& open) {
  if (Words > 0) join_alike(shelf, first, true, open);
  if (shelf.size - first > width) join_alike(shelf, first, false, open);
}

template int score(const FrontierConfiguration<0>&, const OpenOperations&);
template int score(const FrontierConfiguration<1>&, const OpenOperations&);
template int score(const FrontierConfiguration<4>&, const OpenOperations&);
template int score(const FrontierConfiguration<16>&, const OpenOperations&);
template void keep_the_best(Shelf<0>&, std::size_t, const OpenOperations&);
template void keep_the_best(Shelf<1>&, std::size_t, const OpenOperations&);
template void keep_the_best(Shelf<4>&, std::size_t, const OpenOperations&);
template void keep_the_best(Shelf<16>&, std::size_t, const OpenOperations&);
template void merge(Shelf<0>&, std::size_t, std::size_t, const OpenOperations&);
template void merge(Shelf<1>&, std::size_t, std::size_t, const OpenOperations&);
template void merge(Shelf<4>&, std::size_t, std::size_t, const OpenOperations&);
template void merge(Shelf<16>&, std::size_t, std::size_t, const OpenOperations&);

}  // namespace ordeal::checker
