#include "checker/linearizability/outline.h"

#include <algorithm>
#include <bit>

namespace ordeal::checker {

// The first look: what each state is asked for, and whether the problem is one for this layout.
bool Outline::count(const Problem& problem) {
  rows.assign(std::size_t{problem.state_count} + 1, Row{});
  optional_.clear();
  last_forbidding_return = 0;
  for (std::uint32_t i = 0; i < problem.operations.size(); ++i) {
    const PreparedOperation& operation = problem.operations[i];
    if (operation.transforms) return false;
    if (operation.optional()) {
      if (operation.observes()) continue;
      if (operation.forbids != no_state) return false;
      optional_.push_back(i);
    } else if (operation.forbids != no_state) {
      if (operation.needs != no_state || operation.makes != no_state) return false;
      last_forbidding_return = std::max(last_forbidding_return, operation.returned);
      rows[operation.forbids].asked = true;
    }
    if (operation.needs != no_state) ++rows[operation.needs].total_needs;
  }
  return true;
}

// An optional operation helps only when something directly after it looks at the state that it makes; otherwise an
// overwriting operation or the end follows, and the linearization without it is as good. Nobody looks when nobody needs
// that state and no failed cas, which is content with any other, is open after the call. Dropping a cas may leave its
// own expected value unneeded; hence the rounds. (More rounds would drop more; what is kept in vain costs only time.)
void Outline::drop_useless(const Problem& problem) {
  constexpr int most_rounds = 6;
  dropped_.assign(optional_.size(), false);
  bool again = true;
  for (int round = 0; round < most_rounds && again; ++round) {
    again = false;
    for (std::size_t i = 0; i < optional_.size(); ++i) {
      const PreparedOperation& operation = problem.operations[optional_[i]];
      if (dropped_[i] || rows[operation.makes].total_needs > 0) continue;
      if (operation.called < last_forbidding_return) continue;
      dropped_[i] = true;
      if (operation.needs == no_state) continue;
      again = --rows[operation.needs].total_needs == 0 || again;
    }
  }
}

std::uint32_t Outline::class_of(StateId needs, StateId makes) {
  for (std::uint32_t i = rows[makes].first_maker; i != none; i = classes[i].next_maker) {
    if (classes[i].needs == needs) return i;
  }
  const auto fresh = static_cast<std::uint32_t>(classes.size());
  classes.push_back({.needs = needs, .makes = makes, .next_maker = rows[makes].first_maker});
  rows[makes].first_maker = fresh;
  if (needs != no_state) {
    classes.back().next_needer = rows[needs].first_needer;
    rows[needs].first_needer = fresh;
  }
  return fresh;
}

bool Outline::give_fields() {
  std::fill(std::begin(guards), std::end(guards), 0);
  std::uint32_t word = 0, shift = 0;
  for (Class& c : classes) {
    const auto bits = static_cast<std::uint32_t>(std::bit_width(c.total));
    if (shift + bits + 1 > 64) {
      if (++word == most_words) return false;
      shift = 0;
    }
    c.word = word;
    c.shift = shift;
    c.mask = (std::uint64_t{1} << bits) - 1;
    guards[word] |= std::uint64_t{1} << (shift + bits);
    shift += bits + 1;
  }
  words = classes.empty() ? 0 : word + 1;
  return true;
}

bool Outline::lay_out(const Problem& problem, bool exact_states) {
  if (!count(problem)) return false;
  drop_useless(problem);
  for (Row& row : rows) {
    row.asked = row.asked || row.total_needs > 0 || exact_states;
    row.total_needs = 0;
  }
  const auto nobody_asks = static_cast<StateId>(problem.state_count);
  const auto known = [&](StateId state) { return state == no_state || rows[state].asked ? state : nobody_asks; };
  initial = known(problem.initial);
  steps.resize(problem.operations.size());
  std::size_t kept = 0;
  classes.clear();
  std::size_t next_optional = 0;
  for (const PreparedOperation& operation : problem.operations) {
    Step& step = steps[kept];
    step = {.called = operation.called,
            .returned = operation.returned,
            .needs = operation.needs,
            .forbids = operation.forbids,
            .makes = known(operation.makes)};
    if (operation.optional()) {
      if (operation.observes() || dropped_[next_optional++]) continue;
      step.kind = Kind::optional;
      step.optional_class = class_of(step.needs, step.makes);
      ++classes[step.optional_class].total;
    } else {
      if (step.needs != no_state) ++rows[step.needs].total_needs;
      if (operation.observes()) {
        step.makes = no_state;
      } else {
        step.kind = step.needs == no_state ? Kind::write : Kind::cas;
        ++rows[step.makes].total_makes;
      }
    }
    ++kept;
  }
  steps.resize(kept);
  return give_fields();
}

void Outline::rewind() {
  for (Row& row : rows) {
    row.observers = row.forbidders = row.cas = row.writers = row.makers = 0;
    row.future_needs = row.total_needs;
    row.future_makes = row.total_makes;
  }
  for (Class& c : classes) c.called = 0;
}

}  // namespace ordeal::checker
