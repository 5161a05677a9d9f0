// How a frontier goes back (`go_back`): what happened, who waits, and who was ever behind each return.  Pure.

#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "checker/linearizability/frontier_shelf.h"

namespace ordeal::checker {

template <std::size_t Words>
class FrontierWayBack {
 public:
  using Configuration = FrontierConfiguration<Words>;

  void note_call(const Outline::Step& step, std::uint32_t slot) { happened_.push_back({&step, slot, false}); }
  void note_return(const Outline::Step& step, std::uint32_t slot) { happened_.push_back({&step, slot, true}); }

  // Rule 10 of frontier.cc: whether one that covers it was behind this return before; else it is there now.
  bool was_there(const Configuration& c, std::uint32_t returns, const OpenOperations& open);
  // All but the best `width` of more than that, the better ones on top. They are behind a return that is noted next.
  void lay_aside(Shelf<Words>& shelf, std::size_t width, const OpenOperations& open);

  bool nobody_waits() const { return waiting_.empty(); }
  struct Resumed {
    Configuration configuration;
    std::size_t calls = 0, returns = 0;  // that were taken back
  };
  // To the last one that waits.
  Resumed go_back(OpenOperations& open);

  std::size_t bytes() const {
    return happened_.capacity() * sizeof(Happened) + 3 * waiting_.capacity() * sizeof(Waiting) +
           3 * met_.capacity() * sizeof(Met) + 4 * last_met_.capacity();
  }

 private:
  struct Happened {
    const Outline::Step* step;
    std::uint32_t slot;
    bool returned;
  };
  struct Waiting {
    Configuration c;
    std::size_t happened;  // by then
  };
  struct Met {
    Configuration c;
    std::uint32_t next;
  };

  std::vector<Happened> happened_;
  std::vector<Waiting> waiting_;
  std::vector<Met> met_;
  std::vector<std::uint32_t> last_met_;  // of each return
  std::vector<std::pair<int, std::uint32_t>> order_;
  std::vector<Configuration> best_;
};

}  // namespace ordeal::checker
