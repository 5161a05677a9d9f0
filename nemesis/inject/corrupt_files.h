// Damages one file of a node that does not run. Any thread.

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "nemesis/plan/corruptible_files.h"

namespace ordeal::nemesis {

struct Damage {
  std::filesystem::path file;  // below the folder
  std::uint64_t offset = 0;    // of the flipped bit's byte, or the new length
  std::uint64_t length = 0;    // of the file before
  int bit = 0;
};

// Chooses one of the files that are long enough, and a place in it. nullopt: there is none.
std::optional<Damage> corrupt(const std::filesystem::path& folder, const std::vector<CorruptibleFiles>& files,
                              CorruptKind kind, std::uint64_t draw);

}  // namespace ordeal::nemesis
