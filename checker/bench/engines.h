// The engines that are measured: a table.  Adding one is one line in engines.cc.

#pragma once

#include <span>
#include <string_view>

#include "checker/bench/inputs.h"
#include "checker/bench/measure.h"

namespace ordeal::checker {

struct BenchEngine {
  std::string_view name;
  std::string_view what;
  // What is given to `measure`: prepares the input as the engine needs it. The work answers "valid", "invalid",
  // "unknown", or "-" when the engine does not judge such histories.
  Prepare (*prepare)(const Input& input);
};

std::span<const BenchEngine> bench_engines();

}  // namespace ordeal::checker
