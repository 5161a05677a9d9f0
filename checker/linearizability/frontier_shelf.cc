#include "checker/linearizability/frontier_shelf.h"

#include <bit>

namespace ordeal::checker {
namespace {

constexpr std::size_t few = 16;            // so many are compared one by one
constexpr std::size_t most_compared = 64;  // among many: equal ones are found all the same, of the others most

}  // namespace

// Covering ones agree in this.
template <std::size_t Words>
std::size_t Shelf<Words>::bucket(const Configuration& c, const OpenOperations& open) const {
  const std::uint64_t mixed = ((c.linearized & open.cas()) ^ std::uint64_t{c.state} << 40) * 0x9e3779b97f4a7c15ULL;
  return static_cast<std::size_t>(mixed >> 20) & (heads_.size() - 1);
}

template <std::size_t Words>
std::size_t Shelf<Words>::hash(const Configuration& c, const OpenOperations& open) const {
  const auto mix = [](std::uint64_t h, std::uint64_t word) { return (h ^ (h >> 29) ^ word) * 0x9e3779b97f4a7c15ULL; };
  std::uint64_t h = mix(mix(std::uint64_t{c.state} << 2 | c.duties, c.linearized), c.hideable);
  if constexpr (Words > 0) {
    for (std::size_t i = 0; i < open.outline().words; ++i) h = mix(h, c.used[i]);
  }
  return static_cast<std::size_t>(h >> 24);
}

template <std::size_t Words>
void Shelf<Words>::link(std::uint32_t item, const OpenOperations& open) {
  std::uint32_t& head = heads_[bucket(items[item], open)];
  next_.push_back(head);
  head = item;
  const std::size_t mask = twins_.size() - 1;
  std::size_t at = hash(items[item], open) & mask;
  while (twins_[at] != Outline::none) at = (at + 1) & mask;
  twins_[at] = item;
}

template <std::size_t Words>
bool Shelf<Words>::is_there(const Configuration& c, const OpenOperations& open) const {
  const std::size_t mask = twins_.size() - 1;
  for (std::size_t at = hash(c, open) & mask; twins_[at] != Outline::none; at = (at + 1) & mask) {
    if (items[twins_[at]] == c) return true;
  }
  return false;
}

template <std::size_t Words>
bool Shelf<Words>::add(const Configuration& c, const OpenOperations& open) {
  if (size <= few) {
    for (std::size_t i = 0; i < size; ++i) {
      if (covers(items[i], c, open)) return false;
    }
    append(c);
    return true;
  }
  if (next_.size() != size || heads_.size() < 2 * size) {
    heads_.assign(std::bit_ceil(4 * size), Outline::none);
    twins_.assign(heads_.size(), Outline::none);
    next_.clear();
    for (std::uint32_t i = 0; i < size; ++i) link(i, open);
  }
  std::size_t left = most_compared;
  for (std::uint32_t i = heads_[bucket(c, open)]; i != Outline::none && left > 0; i = next_[i], --left) {
    if (covers(items[i], c, open)) return false;
  }
  if (left == 0 && is_there(c, open)) return false;
  append(c);
  link(static_cast<std::uint32_t>(size - 1), open);
  return true;
}

template class Shelf<0>;
template class Shelf<1>;
template class Shelf<4>;
template class Shelf<16>;

}  // namespace ordeal::checker
