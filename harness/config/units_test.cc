#include "harness/config/units.h"

#include <gtest/gtest.h>

#include <random>

#include "harness/config/suggestion.h"

namespace ordeal::harness {
namespace {

using std::chrono::nanoseconds;

TEST(Duration, IsANumberWithAUnit) {
  const std::vector<std::pair<std::string, std::int64_t>> good{
      {"1ns", 1},
      {"7us", 7'000},
      {"200ms", 200'000'000},
      {"0s", 0},
      {"60s", 60'000'000'000},
      {"1.5s", 1'500'000'000},
      {"0.000000001s", 1},
      {"2m", 120'000'000'000},
      {"1m30s", 90'000'000'000},
      {"1h1m1s1ms1us1ns", 3'661'001'001'001},
      {"2562047h", 9'223'369'200'000'000'000},
  };
  for (const auto& [text, expected] : good) EXPECT_EQ(parse_duration(text), nanoseconds(expected)) << text;
}

TEST(Duration, IsNothingElse) {
  for (const std::string text : {"",
                                 "s",
                                 "1",
                                 "1.5",
                                 "-1s",
                                 "+1s",
                                 " 1s",
                                 "1s ",
                                 "1 s",
                                 "1.s",
                                 ".5s",
                                 "1..5s",
                                 "1.5.5s",
                                 "1S",
                                 "1sec",
                                 "30s1m",
                                 "1s1s",
                                 "0.0000000001s",
                                 "0.5ns",
                                 "2562048h",
                                 "9223372036854775808ns",
                                 "99999999999999999999h",
                                 "1e3s",
                                 "0.00000000000000000000000000000000000000000000000000000000000000000000001s"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(Duration, IsWrittenInTheLargestUnitThatNeedsNoFraction) {
  const std::vector<std::pair<std::int64_t, std::string>> cases{
      {0, "0s"},
      {1, "1ns"},
      {1'500, "1500ns"},
      {2'000'000, "2ms"},
      {1'500'000'000, "1500ms"},
      {90'000'000'000, "90s"},
      {60'000'000'000, "1m"},
      {7'200'000'000'000, "2h"},
  };
  for (const auto& [count, expected] : cases) EXPECT_EQ(plan_duration(nanoseconds(count)), expected);
}

TEST(Duration, ReadsBackAsTheSame) {
  std::mt19937_64 engine(1);
  for (int i = 0; i < 10'000; ++i) {
    const nanoseconds duration(static_cast<std::int64_t>(engine() >> (4 + engine() % 60)));
    EXPECT_EQ(parse_duration(plan_duration(duration)), duration);
  }
}

TEST(Size, IsANumberWithAUnit) {
  const std::vector<std::pair<std::string, std::uint64_t>> good{
      {"4GiB", std::uint64_t{4} << 30}, {"1.5KiB", 1536},     {"4096B", 4096}, {"800MB", 800'000'000},
      {"1TB", 1'000'000'000'000},       {"2TiB", 1ULL << 41}, {"0B", 0},
  };
  for (const auto& [text, expected] : good) EXPECT_EQ(parse_size(text), expected) << text;
  for (const std::string text : {"", "4", "4G", "4gib", "-1B", "0.5B", "4GiB4GiB", "4 GiB", "99999999TiB"}) {
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
  }
}

TEST(Size, ReadsBackAsTheSame) {
  std::mt19937_64 engine(1);
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t size = engine() >> (5 + engine() % 59);
    EXPECT_EQ(parse_size(size_text(size)), size);
  }
  EXPECT_EQ(size_text(std::uint64_t{4} << 30), "4GiB");
}

TEST(EditDistance, CountsInsertionsDeletionsReplacementsAndSwaps) {
  const std::vector<std::tuple<std::string, std::string, std::size_t>> cases{
      {"", "", 0},          {"", "abc", 3},         {"nodes", "nodes", 0}, {"nodse", "nodes", 1},
      {"node", "nodes", 1}, {"nodess", "nodes", 1}, {"modes", "nodes", 1}, {"kitten", "sitting", 3},
  };
  for (const auto& [a, b, expected] : cases) {
    EXPECT_EQ(edit_distance(a, b), expected) << a << ", " << b;
    EXPECT_EQ(edit_distance(b, a), expected) << b << ", " << a;
  }
}

TEST(Suggestion, NamesTheNearestOrAllThatAreKnown) {
  EXPECT_EQ(suggestion("nodse", {"name", "nodes"}), "did you mean nodes?");
  EXPECT_EQ(suggestion("wibble", {"name", "nodes"}), "known are name, nodes");
  EXPECT_EQ(suggestion("wibble", {"register"}), "known is register");
  EXPECT_EQ(suggestion("", {"name", "nodes"}), "known are name, nodes");
  EXPECT_EQ(suggestion(std::string(100'000, 'n'), {"name", "nodes"}), "known are name, nodes");
}

}  // namespace
}  // namespace ordeal::harness
