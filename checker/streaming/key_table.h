// Something for each key, by its number.  Not thread-safe.
//
// In pieces that stay where they are: a vector that grows holds everything twice for a while, which a limit on memory
// would have to foresee.

#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "checker/vocabulary.h"

namespace ordeal::checker {

template <typename Key>
class KeyTable {
 public:
  bool holds(KeyId id) const { return id < size_; }
  // Of keys that it holds.
  Key& operator[](KeyId id) { return pieces_[id / piece][id % piece]; }
  const Key& operator[](KeyId id) const { return pieces_[id / piece][id % piece]; }

  // Holds all keys up to this one from now on.
  void hold(KeyId id) {
    while (size_ <= id) {
      pieces_.push_back(std::make_unique<Key[]>(piece));
      size_ += piece;
    }
  }
  std::size_t bytes() const { return size_ * sizeof(Key) + pieces_.capacity() * sizeof(pieces_[0]); }

 private:
  static constexpr std::size_t piece = 16;
  std::vector<std::unique_ptr<Key[]>> pieces_;
  std::size_t size_ = 0;
};

}  // namespace ordeal::checker
