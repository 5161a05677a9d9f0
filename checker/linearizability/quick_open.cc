#include "checker/linearizability/quick_open.h"

namespace ordeal::checker {

bool QuickOpen::call_optional(Role role, std::uint32_t state, std::uint32_t makes) {
  if (optional_count_ == most) return false;
  const std::uint32_t number = optional_count_++;
  optional_makes_[number] = makes;
  Mask& others = role == swaps ? by_state_[state].optional_swaps : by_state_[state].optional_writes;
  others |= Mask{1} << number;
  if (role != swaps) {  // all of one state are equal
    optionally_written_ |= Mask{1} << state;
    return true;
  }
  Mask equal = 0;
  for (Mask left = others; left != 0; left &= left - 1) {
    const auto other = static_cast<std::uint32_t>(std::countr_zero(left));
    if (optional_makes_[other] == makes) equal |= Mask{1} << other;
  }
  for (Mask left = equal; left != 0; left &= left - 1) equal_to_[std::countr_zero(left)] = equal;
  return true;
}

}  // namespace ordeal::checker
