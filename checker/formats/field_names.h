// The names in one map of a text, to find one that comes twice.  Not thread-safe.
//
// Few are compared one by one; many are hashed, so that a map of a million fields is no matter of hours.

#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <unordered_set>
#include <vector>

namespace ordeal::checker {

class FieldNames {
 public:
  // False: it was added before.
  bool add(const std::string& name) {
    if (few_.size() < most_compared) {
      if (std::find(few_.begin(), few_.end(), name) != few_.end()) return false;
      few_.push_back(name);
      return true;
    }
    if (many_.empty()) many_.insert(few_.begin(), few_.end());
    return many_.insert(name).second;
  }

 private:
  static constexpr std::size_t most_compared = 16;
  std::vector<std::string> few_;
  std::unordered_set<std::string> many_;
};

}  // namespace ordeal::checker
