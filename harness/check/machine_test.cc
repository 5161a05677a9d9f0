#include "harness/check/machine.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <limits>

namespace ordeal::harness {
namespace {

namespace fs = std::filesystem;

TEST(Machine, TheSmallestLimitOfTheGroupsAboveCounts) {
  const fs::path mount = fs::path(testing::TempDir()) / ("ordeal-groups-" + std::to_string(::getpid()));
  fs::create_directories(mount / "a" / "b" / "c");
  const auto limit = [&](const fs::path& group, const char* text) {
    std::ofstream(mount / group / "memory.max") << text;
  };
  EXPECT_EQ(memory_limit_of_group(mount, "/a/b"), std::numeric_limits<std::size_t>::max());
  limit("a", "4096\n");
  limit("a/b", "max\n");
  limit("a/b/c", "8192\n");
  EXPECT_EQ(memory_limit_of_group(mount, "/a/b"), 4096U);
  EXPECT_EQ(memory_limit_of_group(mount, "/a/b/c"), 4096U);
  EXPECT_EQ(memory_limit_of_group(mount, "/"), std::numeric_limits<std::size_t>::max());
  fs::remove_all(mount);
}

TEST(Machine, TheDefaultIsAQuarterOfSomething) {
  EXPECT_GT(default_memory_limit(), std::size_t{16} << 20);
  EXPECT_LT(default_memory_limit(), std::size_t{1} << 50);
}

}  // namespace
}  // namespace ordeal::harness
