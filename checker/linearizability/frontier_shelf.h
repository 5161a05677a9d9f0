// Where a walk of the frontier stands, and sets of such places.  Pure; one thread a set.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "checker/linearizability/open_operations.h"

namespace ordeal::checker {

// Counts of used optional operations, as fields of `Words` words; Words is 0, 1, 4 or 16.
template <std::size_t Words>
struct FrontierConfiguration {
  std::uint64_t linearized = 0;  // a bit for each open operation, in its slot
  std::uint64_t hideable = 0;
  StateId state = 0;
  std::uint32_t duties = 0;  // within a block: what the next step must be
  [[no_unique_address]] std::array<std::uint64_t, Words> used = {};

  bool operator==(const FrontierConfiguration&) const = default;
  std::uint64_t used_of(const Outline::Class& k) const {
    if constexpr (Words == 0) {
      return 0;
    } else {
      return used[k.word] >> k.shift & k.mask;
    }
  }
};

// Rule 8 of frontier.cc. A field of y plus its free bit, minus that of x, keeps the free bit exactly when x's field is
// not larger. (Always inline: it is what a walk does most, and mostly says no at once.)
template <std::size_t Words>
[[gnu::always_inline]] inline bool covers(const FrontierConfiguration<Words>& x, const FrontierConfiguration<Words>& y,
                                          const OpenOperations& open) {
  if (x.state != y.state || (x.duties & ~y.duties) != 0) return false;
  const std::uint64_t more_in_x = x.linearized & ~y.linearized, more_in_y = y.linearized & ~x.linearized;
  if ((more_in_x & ~open.observers()) != 0 || (more_in_y & (open.observers() | open.cas())) != 0) return false;
  if (((more_in_y | y.hideable) & ~x.hideable) != 0) return false;
  if constexpr (Words > 0) {
    const Outline& outline = open.outline();
    for (std::size_t i = 0; i < outline.words; ++i) {
      if ((((y.used[i] | outline.guards[i]) - x.used[i]) & outline.guards[i]) != outline.guards[i]) return false;
    }
  }
  return true;
}

// A set of configurations without those that others cover; the order is that of arrival.
template <std::size_t Words>
class Shelf {
 public:
  using Configuration = FrontierConfiguration<Words>;

  std::vector<Configuration> items;  // the first `size` of them count; their memory stays
  std::size_t size = 0;

  void clear() {
    size = 0;
    next_.clear();
  }
  // Whoever changes items, or their order, says how many are left.
  void changed(std::size_t left) {
    size = left;
    next_.clear();
  }
  // Without a look at the others.
  void append(const Configuration& c) {
    if (size == items.size()) items.resize(size < 16 ? 32 : 2 * size);
    items[size++] = c;
  }
  // False: one that is there covers it. Not all that are covered are found: of many that differ, only some are
  // compared.
  bool add(const Configuration& c, const OpenOperations& open);
  std::size_t bytes() const {
    return items.capacity() * sizeof(Configuration) + 4 * (heads_.capacity() + next_.capacity() + twins_.capacity());
  }

 private:
  std::size_t bucket(const Configuration& c, const OpenOperations& open) const;
  std::size_t hash(const Configuration& c, const OpenOperations& open) const;
  bool is_there(const Configuration& c, const OpenOperations& open) const;
  void link(std::uint32_t item, const OpenOperations& open);

  std::vector<std::uint32_t> heads_, next_;  // hash tables, once there are many: of those that may cover each other,
  std::vector<std::uint32_t> twins_;         // and of equal ones
};

}  // namespace ordeal::checker
