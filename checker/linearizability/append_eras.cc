#include "checker/linearizability/append_eras.h"

namespace ordeal::checker {

void ByValue::group() {
  begins_.assign(std::size_t{values()} + 1, 0);
  for (const Entry& entry : entries_) ++begins_[entry.value + 1];
  for (std::size_t i = 1; i < begins_.size(); ++i) begins_[i] += begins_[i - 1];
  spans_.resize(entries_.size());
  value_of_.resize(entries_.size());
  std::vector<std::uint32_t> next(begins_.begin(), begins_.end() - 1);
  for (const Entry& entry : entries_) {
    const std::uint32_t at = next[entry.value]++;
    spans_[at] = entry.span;
    value_of_[at] = entry.value;
  }
}

std::vector<Atom> ByValue::atoms() const {
  std::vector<Atom> out;
  for (std::uint32_t i = 0; i < values(); ++i) out.push_back(values_[i]);
  return out;
}

}  // namespace ordeal::checker
