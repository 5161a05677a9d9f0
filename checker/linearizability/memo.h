// The configurations that a search has met, each as a few words: [key words ..., cost words ...].  Not thread-safe.
//
// Of two configurations with the same key, one whose cost bits are a subset of the other's can do all that the other
// can; so the other need not be looked at. (Cost: an optional operation that is used up; an open write that cannot be
// hidden.) Full keys and costs are kept and compared, never only their hashes: an answer is certain.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ordeal::checker {

class Memo {
 public:
  Memo(std::size_t key_words, std::size_t cost_words);

  // Whether a configuration that dominates or equals this one is there.
  bool covers(std::span<const std::uint64_t> configuration) const;
  void insert(std::span<const std::uint64_t> configuration);

  std::size_t size() const { return next_.size(); }
  // Held now, and, shortly before a vector grows, what it will hold while it does.
  std::size_t bytes() const;

 private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  std::size_t bucket(const std::uint64_t* key) const;
  bool same_key(const std::uint64_t* a, const std::uint64_t* b) const;
  bool cost_within(const std::uint64_t* smaller, const std::uint64_t* larger) const;
  void grow();

  std::size_t key_words_;
  std::size_t stride_;
  std::vector<std::uint64_t> words_;
  std::vector<std::uint32_t> next_;   // of each configuration: the next one of its bucket
  std::vector<std::uint32_t> table_;  // heads of the buckets; a power of two of them
};

}  // namespace ordeal::checker
