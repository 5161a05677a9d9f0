#include "harness/config/suggestion.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace ordeal::harness {

// Damerau and Levenshtein, the variant in which a swapped pair is not edited again. distance[i][j] is that of the first
// i letters of `a` and the first j of `b`: edit_distance("nodse", "nodes") is 1, by a swap.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> distance(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        distance[i][j] = i + j;
        continue;
      }
      const std::size_t replaced = distance[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      distance[i][j] = std::min({distance[i - 1][j] + 1, distance[i][j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        distance[i][j] = std::min(distance[i][j], distance[i - 2][j - 2] + 1);
      }
    }
  }
  return distance[a.size()][b.size()];
}

std::string suggestion(std::string_view word, const std::vector<std::string_view>& known) {
  constexpr std::size_t longest = 64;  // no name is longer, and the table grows with both words
  const std::size_t near = std::max<std::size_t>(1, word.size() / 3);
  std::string_view best;
  std::size_t best_distance = near + 1;
  for (const std::string_view candidate : known) {
    if (word.empty() || word.size() > longest) break;
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  if (!best.empty()) return fmt::format("did you mean {}?", best);
  return fmt::format("known {} {}", known.size() == 1 ? "is" : "are", fmt::join(known, ", "));
}

}  // namespace ordeal::harness
