// The portfolio. No search is the fastest everywhere, and the complete ones may take for ever; so they take turns, with
// limits that grow:
//
//   1. where there are optional operations, a narrow frontier that gives up instead of dropping configurations: it
//      decides many histories, exactly, and says where the first failure is.
//   2. a walk of one configuration that goes back when it cannot go on. Where there is a linearization it mostly finds
//      one without much ado; so it gives up soon when it comes no further.
//   3. where that walk got stuck, a frontier that begins a little before with whatever could be there. When nobody can
//      pass, it mostly becomes empty at once.
//   4. where nothing is optional, a wider frontier that gives up instead of dropping configurations, or where it is
//      slow.
//   5. depth first, where there are optional operations: it tries those with the fewest of them first.
//   6. the walk of 2 with more steps, and 3 after it.
//   7. a wider frontier, that goes on as a beam when it must drop configurations: to reach the end is a proof all the
//      same, and as long as it need not drop any it is exact.
//   8. a frontier that puts configurations together when they are too many. It proves that a history is not
//      linearizable by becoming empty.
//
// 5 to 8 again, each with a larger limit, until one of them knows or the budget ends. What the frontier does not take
// goes to the depth-first search alone, which takes everything.

#include "checker/linearizability/search.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "checker/linearizability/depth_first.h"
#include "checker/linearizability/search_workspace.h"

namespace ordeal::checker {
namespace {

constexpr std::size_t first_width = 24;   // of the first frontier
constexpr std::size_t plain_width = 512;  // the same where nothing is optional: there a frontier is worth more
constexpr std::size_t beam_width = 16;    // of the first beam
constexpr std::size_t wall_width = 128;   // where a wall is looked for
constexpr std::uint64_t steps_each = 8;   // of the first searches, for each operation
constexpr std::uint32_t growth = 4;
constexpr std::uint64_t first_in_vain = 1500;  // steps of the first walk that goes back
constexpr std::uint32_t nearest_begin = 32;    // returns before the place where that one got stuck

using Answer = SearchResult::Answer;

class Portfolio {
 public:
  Portfolio(const Problem& problem, Budget& budget, SearchWorkspace& workspace, const SearchOptions& options)
      : problem_(problem), budget_(budget), workspace_(workspace), options_(options) {}

  SearchResult run() {
    decide();
    if (options_.first_failure && result_.answer == Answer::not_linearizable && !result_.reached_is_first_failure) {
      look_for_first_failure();
    }
    return std::move(result_);
  }

 private:
  void decide() {
    laid_out_ = workspace_.outline.lay_out(problem_);
    if (!laid_out_) {
      result_ = search_depth_first(problem_, budget_);
      return;
    }
    const bool plain = workspace_.outline.classes.empty();
    std::uint64_t steps = steps_each * problem_.operations.size();
    // With optional operations it takes long to come further, and is worth it.
    const std::uint64_t in_vain = plain ? first_in_vain : 0;
    if (!plain && walk({.width = first_width, .may_drop = false}, steps / 2)) return;
    if (walk({.width = 1, .go_back = true, .steps_a_return = plain ? 3U : 12U, .steps_in_vain = in_vain}, unlimited)) {
      return;
    }
    if (hits_a_wall(plain)) return;
    const bool ahead = !options_.first_failure;  // it costs little to see the failure where it happens, not before
    const FrontierOptions wide{.width = plain_width,
                               .may_drop = false,
                               .steps_at_first = steps / 16,
                               .steps_a_return = steps_each,
                               .look_ahead = ahead};
    if (plain && walk(wide, unlimited)) return;
    const std::uint64_t steps_a_width = 16 * problem_.operations.size();
    FrontierOptions walk_back{.width = 1, .go_back = true, .steps_a_return = 16, .steps_in_vain = 8 * in_vain};
    if (!plain) walk_back.steps_at_first = steps;
    for (std::size_t width = beam_width;; width *= growth, steps *= growth) {
      if ((!plain || too_many_open_) && search_deep(too_many_open_ ? unlimited : steps)) break;
      if (walk(walk_back, unlimited)) break;
      if (hits_a_wall(plain)) break;
      if (!plain && walk({.width = width}, steps_a_width * width)) break;
      if (walk({.width = 4 * width, .may_drop = false, .merge = true, .look_ahead = ahead}, steps_a_width * width))
        break;
      walk_back.steps_a_return *= growth * growth;
      walk_back.steps_at_first *= growth;
      walk_back.steps_in_vain *= growth * growth;
    }
  }

  // Whether nothing at all comes past the place where the latest walk that went back got stuck. That mostly shows near
  // that place, so it costs a small part of what the walk took; and no more than a part is spent on it. With optional
  // operations it shows less often, and is dearer. True: that was the end of the search.
  bool hits_a_wall(bool plain) {
    const std::uint64_t steps =
        std::min(budget_.steps_left(), plain ? 1000 + stuck_.steps / 8 : 500 + stuck_.steps / 32);
    const std::uint64_t until = budget_.steps_left() - steps;
    for (std::uint32_t back = nearest_begin; back < stuck_.returns && budget_.steps_left() > until; back *= growth) {
      const FrontierOptions near{.width = wall_width,
                                 .may_drop = false,
                                 .merge = true,
                                 .begin_behind = stuck_.returns - back,
                                 .end_behind = stuck_.returns + back,
                                 .look_ahead = !options_.first_failure};
      if (walk(near, budget_.steps_left() - until)) return true;
    }
    return false;
  }

  // The steps that the verdict took, again: this is nice to have.
  void look_for_first_failure() {
    const FrontierOptions options{.width = 4096, .may_drop = false, .look_ahead = false};
    const std::uint64_t steps_before = budget_.steps_left();
    const std::uint64_t steps = std::min(std::uint64_t{1000} + result_.configurations, steps_before);
    if (!laid_out_) return;
    budget_.limit_steps(steps);
    const FrontierResult walk = walk_frontier(workspace_.outline, workspace_.frontier, budget_, options);
    budget_.limit_steps(steps_before - (steps - budget_.steps_left()));
    result_.reached = std::max(result_.reached, walk.reached);
    result_.reached_is_first_failure = walk.end == FrontierResult::End::empty;
  }

  static constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

  // Whether that was the end of the search.
  bool walk(const FrontierOptions& options, std::uint64_t most_steps) {
    const std::uint64_t steps_before = budget_.steps_left();
    const std::uint64_t steps = std::min(most_steps, steps_before);
    budget_.limit_steps(steps);
    const FrontierResult walk = walk_frontier(workspace_.outline, workspace_.frontier, budget_, options);
    budget_.limit_steps(steps_before - (steps - budget_.steps_left()));
    result_.configurations += walk.configurations;
    result_.bytes = std::max(result_.bytes, walk.bytes);
    result_.exceeded = walk.exceeded;
    if (!options.unlimited && !walk.merged) result_.reached = std::max(result_.reached, walk.reached);
    if (options.go_back) stuck_ = {.returns = walk.returns, .steps = steps_before - budget_.steps_left()};
    switch (walk.end) {
      case FrontierResult::End::reached_the_end:
        if (options.unlimited || walk.merged) return false;
        result_.answer = Answer::linearizable;
        return true;
      case FrontierResult::End::empty:
        if (walk.dropped) return false;
        result_.answer = Answer::not_linearizable;
        // Nobody passes walk.reached, even where more is possible than really was; somebody came to result_.reached.
        result_.reached_is_first_failure = !walk.foresaw && walk.reached == result_.reached;
        return true;
      case FrontierResult::End::exceeded:
        return walk.exceeded != Budget::Exceeded::steps || budget_.steps_left() == 0;
      case FrontierResult::End::too_many_open:
        too_many_open_ = true;
        return false;
      case FrontierResult::End::too_wide:
        return false;
    }
    return false;
  }

  bool search_deep(std::uint64_t most_steps) {
    const std::uint64_t steps_before = budget_.steps_left();
    const std::uint64_t steps = std::min(most_steps, steps_before);
    budget_.limit_steps(steps);
    SearchResult deep = search_depth_first(problem_, budget_);
    budget_.limit_steps(steps_before - (steps - budget_.steps_left()));
    deep.configurations += result_.configurations;
    deep.bytes = std::max(deep.bytes, result_.bytes);
    deep.reached = std::max(deep.reached, result_.reached);
    result_ = std::move(deep);
    if (result_.answer != Answer::unknown) return true;
    // Its memory was the limit, not that of the whole search: the frontiers need less.
    return result_.exceeded == Budget::Exceeded::time || result_.exceeded == Budget::Exceeded::cancelled ||
           budget_.steps_left() == 0 || too_many_open_;
  }

  const Problem& problem_;
  Budget& budget_;
  SearchWorkspace& workspace_;
  const SearchOptions& options_;
  SearchResult result_;
  bool laid_out_ = false;
  bool too_many_open_ = false;
  struct {
    std::uint32_t returns = 0;  // that it passed
    std::uint64_t steps = 0;
  } stuck_;  // the latest walk that went back
};

}  // namespace

SearchResult search(const Problem& problem, Budget& budget, const SearchOptions& options) {
  if (options.ends != 1 || options.exact_states) return search_depth_first(problem, budget, options);
  if (options.workspace != nullptr) return Portfolio(problem, budget, *options.workspace, options).run();
  SearchWorkspace workspace;
  return Portfolio(problem, budget, workspace, options).run();
}

}  // namespace ordeal::checker
