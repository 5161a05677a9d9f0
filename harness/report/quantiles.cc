#include "harness/report/quantiles.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>

namespace ordeal::harness {

std::chrono::nanoseconds quantile_of(std::vector<std::chrono::nanoseconds>& values, double quantile) {
  assert(!values.empty());
  const auto rank = static_cast<std::size_t>(std::ceil(quantile * static_cast<double>(values.size())));
  const std::size_t at = std::clamp<std::size_t>(rank, 1, values.size()) - 1;
  const auto nth = values.begin() + static_cast<std::ptrdiff_t>(at);
  std::nth_element(values.begin(), nth, values.end());
  return *nth;
}

}  // namespace ordeal::harness
