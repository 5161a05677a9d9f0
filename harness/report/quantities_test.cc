#include "harness/report/quantities.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace ordeal::harness {
namespace {

TEST(Quantities, ADurationHasThreeDigitsAndAUnitThatFits) {
  struct Case {
    std::int64_t ns;
    std::string text;
  };
  const std::vector<Case> cases = {{0, "0 ns"},
                                   {812, "812 ns"},
                                   {84'100, "84.1 µs"},
                                   {1'210'000, "1.21 ms"},
                                   {1'000'000, "1 ms"},
                                   {999'960'000, "1000 ms"},
                                   {3'400'000'000, "3.4 s"},
                                   {60'000'000'000, "60 s"},
                                   {125'000'000'000, "2 min 5 s"},
                                   {3'600'000'000'000, "1 h"},
                                   {11'520'000'000'000, "3 h 12 min"},
                                   {-1'210'000, "-1.21 ms"}};
  for (const Case& c : cases) EXPECT_EQ(duration_text(std::chrono::nanoseconds(c.ns)), c.text);
  // The ends of the range have no exact words, but they have words.
  EXPECT_EQ(duration_text(std::chrono::nanoseconds::max()), "2562047 h 47 min");
  EXPECT_EQ(duration_text(std::chrono::nanoseconds::min()), "-2562047 h 47 min");
}

TEST(Quantities, ASizeHasThreeDigitsAndABinaryUnit) {
  EXPECT_EQ(bytes_text(0), "0 bytes");
  EXPECT_EQ(bytes_text(1), "1 byte");
  EXPECT_EQ(bytes_text(1023), "1,023 bytes");
  EXPECT_EQ(bytes_text(1024), "1 KiB");
  EXPECT_EQ(bytes_text(3'400'000), "3.24 MiB");
  EXPECT_EQ(bytes_text(UINT64_MAX), "16 EiB");
}

TEST(Quantities, CountsAreGroupedByThousands) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1'000), "1,000");
  EXPECT_EQ(grouped(182'440), "182,440");
  EXPECT_EQ(grouped(std::numeric_limits<std::uint64_t>::max()), "18,446,744,073,709,551,615");
  EXPECT_EQ(counted(1, "fault"), "1 fault");
  EXPECT_EQ(counted(0, "fault"), "0 faults");
}

TEST(Quantities, AMomentIsSaidToTheMicrosecond) {
  EXPECT_EQ(moment_text(std::chrono::nanoseconds(12'041'060'900)), "12.041061 s");
}

}  // namespace
}  // namespace ordeal::harness
