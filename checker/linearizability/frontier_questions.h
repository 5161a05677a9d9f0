// What a walk of the frontier asks about a state all the time: who may still make it, need it or look at it.  Pure.

#pragma once

#include "checker/linearizability/frontier_shelf.h"

namespace ordeal::checker {

template <std::size_t Words>
class FrontierQuestions {
 public:
  using Configuration = FrontierConfiguration<Words>;

  // `unlimited`: optional operations may be had any number of times.
  FrontierQuestions(const OpenOperations& open, bool unlimited) : open_(open), unlimited_(unlimited) {}

  // Whether some of the kind were called that it has not used.
  bool has_left(const Outline::Class& k, const Configuration& c) const {
    return unlimited_ ? k.called > 0 : c.used_of(k) < k.called;
  }
  // An optional operation that needs the state, and was called.
  bool optional_needer_called(StateId state, const Configuration& c) const {
    return any_needer(state, [&](const Outline::Class& k) { return has_left(k, c); });
  }
  // A required operation that may still be linearized, and needs the state.
  bool someone_needs(StateId state, const Configuration& c) const {
    const Outline::Row& r = open_.row(state);
    return r.future_needs > 0 || ((r.observers | r.cas) & ~c.linearized) != 0;
  }
  // Rule 6 of frontier.cc: once the state is left, nobody makes it again for those who need it.
  bool is_lost(StateId state, const Configuration& c) const {
    if (!someone_needs(state, c)) return false;
    const Outline::Row& r = open_.row(state);
    return r.future_makes == 0 && (r.makers & ~c.linearized) == 0 && !optional_maker_left(state, c);
  }
  // `now`: the position of the present return.
  bool may_be_looked_at(StateId state, const Configuration& c, std::uint32_t now) const {
    return open_.outline().last_forbidding_return > now || someone_needs(state, c) ||
           any_needer(state,
                      [&](const Outline::Class& k) { return unlimited_ ? k.total > 0 : c.used_of(k) < k.total; });
  }
  // Whether somebody who was called would look at the state.
  bool worth_making(StateId state, const Configuration& c) const {
    const Outline::Row& r = open_.row(state);
    return ((r.observers | r.cas | (open_.forbidders() & ~r.forbidders)) & ~c.linearized) != 0 ||
           optional_needer_called(state, c);
  }

 private:
  template <typename Holds>
  bool any_needer(StateId state, const Holds& holds) const {
    if constexpr (Words > 0) {
      const auto& classes = open_.outline().classes;
      for (std::uint32_t i = open_.row(state).first_needer; i != Outline::none; i = classes[i].next_needer) {
        if (holds(classes[i])) return true;
      }
    }
    return false;
  }
  bool optional_maker_left(StateId state, const Configuration& c) const {
    if constexpr (Words > 0) {
      const auto& classes = open_.outline().classes;
      for (std::uint32_t i = open_.row(state).first_maker; i != Outline::none; i = classes[i].next_maker) {
        if (unlimited_ || c.used_of(classes[i]) < classes[i].total) return true;
      }
    }
    return false;
  }

  const OpenOperations& open_;
  bool unlimited_;
};

}  // namespace ordeal::checker
