// Histories for tests: written down briefly, drawn at random, or simulated. Only tests link this.

#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "checker/linearizable.h"

namespace ordeal::checker {

// One event a word, "process type f value": p0 calls a write of 1 and it returns; p1's cas is open.
//   "0 invoke write 1; 0 ok write 1; 1 invoke cas [1 2]"
// Semicolons part events; a fifth word is the error. Values are as in parse_value, but for quotes.
History history_of(std::string_view text);

// 0 <= result < below, the same with every standard library.
std::uint64_t draw(std::mt19937_64& random, std::uint64_t below);

// Any history of a few operations: nonsense mostly, which is what the search has to judge.
struct RandomHistoryOptions {
  ModelName model = ModelName::cas_register;
  std::uint64_t most_operations = 8;
  bool unique_values = false;
};
History random_history(std::mt19937_64& random, const RandomHistoryOptions& options);

// What clients of a correct register see: each operation takes effect at one moment between call and return, a
// fraction of the writes and cas answers is lost (info), and some of those take effect long after.
struct SimulationOptions {
  std::uint64_t operations = 300;
  std::uint64_t processes = 10;
  std::uint64_t info_percent = 5;
  std::uint64_t values = 0;  // 0: every written value is unique
};
History simulated_history(std::mt19937_64& random, const SimulationOptions& options);

}  // namespace ordeal::checker
