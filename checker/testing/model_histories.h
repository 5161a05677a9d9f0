// Random small histories of any model: what clients of a correct object see, and now and then one wrong answer, so that
// about half of them are linearizable. Only tests link this.

#pragma once

#include <cstdint>
#include <random>

#include "checker/linearizable.h"

namespace ordeal::checker {

struct ModelHistoryOptions {
  ModelName model = ModelName::cas_register;
  std::uint64_t most_operations = 8;
  std::uint64_t values = 3;  // how many different ones are written or appended; 0: each only once
  std::uint64_t keys = 3;    // of models whose keys hang together
  bool puts = true;          // of models that append
  std::uint64_t info_percent = 20;
  std::uint64_t wrong_percent = 50;  // histories with a wrong answer
};
History model_history(std::mt19937_64& random, const ModelHistoryOptions& options);

}  // namespace ordeal::checker
