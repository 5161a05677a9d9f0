#include "harness/cluster/node_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "harness/cluster/cluster_error.h"
#include "harness/cluster/testing/temporary_folder.h"

namespace ordeal::harness {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

void close_both(const std::array<int, 2>& files) {
  for (const int file : files) ::close(file);
}

void append(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file, std::ios::app | std::ios::binary) << text;
}

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(NodeLog, AMarkIsALineOfItsOwnEvenBehindAnUnfinishedOne) {
  TemporaryFolder folder;
  NodeLog log(folder.path());
  close_both(log.open_for_start("starting n1"));
  append(folder.path() / "stderr.log", "unfinis");
  log.mark("n1 ended");
  EXPECT_EQ(content_of(folder.path() / "stdout.log"), "--- ordeal: starting n1\n--- ordeal: n1 ended\n");
  EXPECT_EQ(content_of(folder.path() / "stderr.log"), "--- ordeal: starting n1\nunfinis\n--- ordeal: n1 ended\n");
}

TEST(NodeLog, TheLastLinesAreThoseOfTheNodeSinceItsLastStart) {
  TemporaryFolder folder;
  NodeLog log(folder.path());
  EXPECT_THAT(log.last_lines(), IsEmpty());
  close_both(log.open_for_start("starting n1"));
  append(folder.path() / "stderr.log", "of the first life\n");
  close_both(log.open_for_start("starting n1"));
  EXPECT_THAT(log.last_lines(), IsEmpty());
  append(folder.path() / "stdout.log", "o1\no2\no3\n");
  append(folder.path() / "stderr.log", "e1\n\x1b[1me2");
  log.mark("n1 ended");
  EXPECT_THAT(log.last_lines(), ElementsAre("o1", "o2", "o3", "e1", "\\x1b[1me2"));
  EXPECT_THAT(log.last_lines(3), ElementsAre("o3", "e1", "\\x1b[1me2"));
  EXPECT_THAT(log.last_lines(1), ElementsAre("\\x1b[1me2"));
}

TEST(NodeLog, OfALargeLogOnlyWholeLinesOfItsEndAreShown) {
  TemporaryFolder folder;
  NodeLog log(folder.path());
  close_both(log.open_for_start("starting n1"));
  std::string many;
  for (int i = 0; i < 5000; ++i) many += "abcdefghij\n";
  append(folder.path() / "stderr.log", many);
  EXPECT_THAT(log.last_lines(100000), Each("abcdefghij"));
  EXPECT_THAT(log.last_lines(20), SizeIs(20));
  append(folder.path() / "stderr.log", std::string(1000000, 'x'));
  EXPECT_THAT(log.last_lines(20), ElementsAre(std::string(400, 'x') + "..."));
}

TEST(NodeLog, AFileThatCannotBeOpenedIsAnErrorAtTheStartAndNoneAtAMark) {
  TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() / "stderr.log");
  NodeLog log(folder.path());
  EXPECT_THROW(log.open_for_start("starting n1"), ClusterError);
  log.mark("n1 ended");
  EXPECT_EQ(content_of(folder.path() / "stdout.log"), "--- ordeal: starting n1\n--- ordeal: n1 ended\n");
}

}  // namespace
}  // namespace ordeal::harness
