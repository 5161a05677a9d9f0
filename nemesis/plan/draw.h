// Draws that come out the same with every standard library. Pure; one thread at a time.
//
// The sequence of std::mt19937_64 is fixed by the standard, that of std::uniform_int_distribution and std::shuffle is
// not. So a draw takes 64 bits of the engine and keeps the upper half of their 128-bit product with the bound
// (multiply-shift): below(6) of 0x8000000000000000 is 3. Its bias is under bound / 2^64, which no run will ever notice.

#pragma once

#include <cassert>
#include <chrono>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace ordeal::nemesis {

class Draw {
 public:
  explicit Draw(std::uint64_t seed) : engine_(seed) {}

  // 0 <= result < bound; `bound` is at least 1.
  std::uint64_t below(std::uint64_t bound) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>((Wide{engine_()} * bound) >> 64);
  }

  // least <= result <= most
  std::chrono::nanoseconds between(std::chrono::nanoseconds least, std::chrono::nanoseconds most) {
    const auto span = static_cast<std::uint64_t>((most - least).count());
    return least + std::chrono::nanoseconds(static_cast<std::int64_t>(below(span + 1)));
  }

  // least <= result <= most, every doubling of `least` equally often, so that 20 ms are as likely as 2 s. Without
  // logarithms, which differ between libraries: a doubling is drawn, and a number within it.
  std::chrono::nanoseconds spread(std::chrono::nanoseconds least, std::chrono::nanoseconds most) {
    assert(least.count() > 0 && least <= most);
    std::vector<std::chrono::nanoseconds> begins{least};
    while (begins.back() <= most / 2) begins.push_back(begins.back() * 2);
    if (begins.size() > 1 && begins.back() == most) begins.pop_back();  // nothing but its begin would be in it
    const std::chrono::nanoseconds begin = begins[below(begins.size())];
    return between(begin, begin <= most / 2 ? begin * 2 : most);
  }

  bool heads() { return below(2) == 0; }

  // Fisher and Yates.
  template <typename T>
  void shuffle(std::vector<T>& items) {
    for (std::size_t left = items.size(); left > 1; --left) std::swap(items[left - 1], items[below(left)]);
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace ordeal::nemesis
