// A run of random small histories through every engine, against the twin.  Pure; one thread at a time.
//
// History n of a seed is the same in every run: each block of a thousand draws from its own generator, and the models
// take turns by blocks.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "checker/fuzz/fuzzed_engines.h"

namespace ordeal::checker {

struct FuzzOptions {
  std::uint64_t seed = 1;
  std::uint64_t first = 0;  // rounded down to a whole block
  std::uint64_t count = 1'000'000;
  std::uint64_t shard = 0, shards = 1;  // of the blocks, this one of so many
  std::uint64_t most_operations = 8;
  std::optional<ModelName> model = {};  // else all, the registers most often
  std::string engine = {};              // else all
  // Registers' histories of 10 to 60 operations instead, with a few lies or none; all engines against the first of the
  // table, which is held against the twin by the small ones.
  bool middling = false;
  std::function<bool()> stop = {};  // asked once a block
};

struct FuzzMismatch {
  std::uint64_t number = 0;
  std::string engine = {};
  std::string what = {};     // "says valid; it is invalid at event 7"
  std::string lines = {};    // the history; a small one is shrunk: without any one operation the engine is right
  std::string options = {};  // for `ordeal check`
};

struct FuzzTally {
  std::uint64_t valid = 0, invalid = 0, silent = 0;
};

struct FuzzResult {
  std::uint64_t histories = 0;
  std::uint64_t valid = 0;
  std::map<std::string, std::uint64_t> by_model;
  std::vector<FuzzTally> by_engine;      // as in fuzzed_engines()
  std::optional<FuzzMismatch> mismatch;  // the first one ends the run
};

inline constexpr std::uint64_t fuzz_block = 1000;

FuzzResult fuzz(const FuzzOptions& options);

// What `engine` gets wrong about this history; nothing when it is right, or silent where it may be.
std::optional<std::string> wrong_about(const FuzzedEngine& engine, const SmallHistory& history);

// What a person needs of a mismatch: how to repeat it, the history, and the options for `ordeal check`.
std::string described(const FuzzMismatch& mismatch, const FuzzOptions& options);

}  // namespace ordeal::checker
