// What is measured: recorded histories, and generated ones by the names of their classes.  One thread.

#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "checker/event_source.h"
#include "checker/linearizable.h"

namespace ordeal::checker {

struct Input {
  std::string name;
  std::string expected;  // the verdict, as a word; empty: not known
  LinearizableOptions options = {};
  std::function<std::unique_ptr<EventSource>()> open = {};
};

// A class's name (checker/testing/generator.h). Held in memory up to two million operations; beyond, it is drawn while
// it is read, and that is measured with it. Throws std::invalid_argument.
Input generated_input(const std::string& name, std::uint64_t seed);

// The histories that `folder`/expected.tsv lists. Throws std::runtime_error when there is none.
std::vector<Input> recorded_inputs(const std::filesystem::path& folder);

}  // namespace ordeal::checker
