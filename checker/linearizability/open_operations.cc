#include "checker/linearizability/open_operations.h"

namespace ordeal::checker {

std::uint32_t OpenOperations::call(const Outline::Step& step) {
  if (step.kind == Outline::Kind::optional) {
    ++outline_.classes[step.optional_class].called;
    return 0;
  }
  const auto slot = static_cast<std::uint32_t>(std::countr_one(open_));
  std::uint32_t at = pending_count_++;
  for (; at > 0 && pending_[at - 1].returned < step.returned; --at) pending_[at] = pending_[at - 1];
  pending_[at] = {step.returned, slot};
  if (step.needs != no_state) --outline_.rows[step.needs].future_needs;
  if (step.kind != Outline::Kind::observer) --outline_.rows[step.makes].future_makes;
  place(step, slot);
  return slot;
}

void OpenOperations::pass_return() {
  forget(pending_[--pending_count_].slot);
}

void OpenOperations::take_return_back(const Outline::Step& step, std::uint32_t slot) {
  place(step, slot);
  pending_[pending_count_++] = {step.returned, slot};
}

void OpenOperations::take_call_back(const Outline::Step& step, std::uint32_t slot) {
  if (step.kind == Outline::Kind::optional) {
    --outline_.classes[step.optional_class].called;
    return;
  }
  forget(slot);
  if (step.needs != no_state) ++outline_.rows[step.needs].future_needs;
  if (step.kind != Outline::Kind::observer) ++outline_.rows[step.makes].future_makes;
  std::uint32_t at = 0;
  while (pending_[at].slot != slot) ++at;
  for (--pending_count_; at < pending_count_; ++at) pending_[at] = pending_[at + 1];
}

void OpenOperations::place(const Outline::Step& step, std::uint32_t slot) {
  const Mask bit = Mask{1} << slot;
  open_ |= bit;
  occupants_[slot] = &step;
  if (step.kind == Outline::Kind::observer) {
    observers_ |= bit;
    if (step.needs != no_state) {
      outline_.rows[step.needs].observers |= bit;
    } else {
      forbidders_ |= bit;
      if (step.forbids != no_state) outline_.rows[step.forbids].forbidders |= bit;
    }
    return;
  }
  Outline::Row& made = outline_.rows[step.makes];
  made.makers |= bit;
  if (step.kind == Outline::Kind::write) {
    made.writers |= bit;
    writes_ |= bit;
  } else {
    cas_ |= bit;
    outline_.rows[step.needs].cas |= bit;
  }
}

void OpenOperations::forget(std::uint32_t slot) {
  const Mask others = ~(Mask{1} << slot);
  const Outline::Step& step = *occupants_[slot];
  open_ &= others;
  writes_ &= others;
  cas_ &= others;
  observers_ &= others;
  forbidders_ &= others;
  if (step.needs != no_state) {
    outline_.rows[step.needs].observers &= others;
    outline_.rows[step.needs].cas &= others;
  }
  if (step.forbids != no_state) outline_.rows[step.forbids].forbidders &= others;
  if (step.makes != no_state) {
    outline_.rows[step.makes].writers &= others;
    outline_.rows[step.makes].makers &= others;
  }
}

}  // namespace ordeal::checker
