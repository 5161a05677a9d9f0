#include "nemesis/inject/program_seen.h"

#include <gmock/gmock.h>
#include <unistd.h>

namespace ordeal::nemesis {
namespace {

using ::testing::Contains;
using ::testing::EndsWith;

TEST(ProgramSeen, TellsWhatAProcessRuns) {
  const std::optional<ProgramSeen> own = program_of(::getpid());
  ASSERT_TRUE(own);
  EXPECT_THAT(own->executable, EndsWith("nemesis_inject_test"));
  EXPECT_THAT(own->words.at(0), EndsWith("nemesis_inject_test"));
  EXPECT_THAT(own->settings, Contains(::testing::StartsWith("PATH=")));
  EXPECT_EQ(program_of(::getpid()), own);
  EXPECT_EQ(program_of(0), std::nullopt);
}

TEST(ProgramSeen, SaysInWhatTwoDiffer) {
  const ProgramSeen before{"/bin/a", {"a", "--old", "x", "x"}, {"HOME=/", "PACE=slow"}};
  const std::vector<std::pair<ProgramSeen, std::string>> cases{
      {before, ""},
      {{"/bin/b", {"a", "--old", "x", "x"}, {"HOME=/", "PACE=slow"}}, "/bin/b instead of /bin/a"},
      {{"/bin/a", {"a", "--new", "x", "x"}, {"HOME=/", "PACE=slow"}}, "with --new, without --old"},
      {{"/bin/a", {"a", "--old", "x"}, {"HOME=/", "PACE=slow"}}, "without x"},
      {{"/bin/a", {"a", "--old", "x", "x", "--y", "z"}, {"HOME=/"}}, "with --y z, without PACE=slow"},
      {{"/bin/a", {"a", "x", "x", "--old"}, {"HOME=/", "PACE=slow"}}, "its words in another order"},
  };
  for (const auto& [now, expected] : cases) EXPECT_EQ(difference(before, now), expected);
}

}  // namespace
}  // namespace ordeal::nemesis
