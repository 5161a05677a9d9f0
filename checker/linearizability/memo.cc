#include "checker/linearizability/memo.h"

#include <algorithm>

namespace ordeal::checker {

Memo::Memo(std::size_t key_words, std::size_t cost_words)
    : key_words_(key_words), stride_(key_words + cost_words), table_(64, none) {}

std::size_t Memo::bucket(const std::uint64_t* key) const {
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < key_words_; ++i) {
    hash = (hash ^ key[i]) * 0x9e3779b97f4a7c15ULL;
    hash ^= hash >> 29;
  }
  return static_cast<std::size_t>(hash) & (table_.size() - 1);
}

bool Memo::same_key(const std::uint64_t* a, const std::uint64_t* b) const {
  return std::equal(a, a + key_words_, b);
}

bool Memo::cost_within(const std::uint64_t* smaller, const std::uint64_t* larger) const {
  for (std::size_t i = key_words_; i < stride_; ++i) {
    if ((smaller[i] & ~larger[i]) != 0) return false;
  }
  return true;
}

std::size_t Memo::bytes() const {
  const auto held = [](const auto& vector, std::size_t soon) {
    const std::size_t element = sizeof(vector[0]);
    return vector.capacity() * element * (vector.size() + soon > vector.capacity() ? 3 : 1);
  };
  return held(words_, 256 * stride_) + held(next_, 256) +
         table_.size() * 4 * (next_.size() + 256 > table_.size() ? 5 : 1);
}

bool Memo::covers(std::span<const std::uint64_t> configuration) const {
  for (std::uint32_t i = table_[bucket(configuration.data())]; i != none; i = next_[i]) {
    const std::uint64_t* met = &words_[i * stride_];
    if (same_key(met, configuration.data()) && cost_within(met, configuration.data())) return true;
  }
  return false;
}

void Memo::insert(std::span<const std::uint64_t> configuration) {
  if (next_.size() >= table_.size()) grow();
  const std::size_t head = bucket(configuration.data());
  words_.insert(words_.end(), configuration.begin(), configuration.end());
  next_.push_back(table_[head]);
  table_[head] = static_cast<std::uint32_t>(next_.size() - 1);
}

void Memo::grow() {
  table_.assign(table_.size() * 4, none);
  for (std::uint32_t i = 0; i < next_.size(); ++i) {
    const std::size_t head = bucket(&words_[i * stride_]);
    next_[i] = table_[head];
    table_[head] = i;
  }
}

}  // namespace ordeal::checker
