#include "harness/run/run_folder.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "harness/cluster/testing/temporary_folder.h"

namespace ordeal::harness {
namespace {

namespace fs = std::filesystem;

constexpr auto noon = std::chrono::system_clock::time_point(std::chrono::seconds(1'700'000'000));

class RunFolders : public testing::Test {
 protected:
  TemporaryFolder folder_;
  const fs::path store_ = folder_.path();
};

TEST_F(RunFolders, AreNamedByPlanTimeAndSeed) {
  const RunFolder folder = RunFolder::create(store_, "quickstart", 7, noon);
  EXPECT_EQ(folder.path(), store_ / "quickstart" / "20231114T221320Z-7");
  EXPECT_TRUE(fs::is_directory(folder.path()));
}

TEST_F(RunFolders, OfTheSameSecondAndSeedStayApart) {
  const RunFolder first = RunFolder::create(store_, "quickstart", 7, noon);
  const RunFolder second = RunFolder::create(store_, "quickstart", 7, noon);
  EXPECT_EQ(second.path(), first.path().string() + "-2");
}

TEST_F(RunFolders, AreFoundThroughTheLatestLinks) {
  RunFolder::create(store_, "quickstart", 7, noon);
  const RunFolder newest = RunFolder::create(store_, "nightly", 8, noon);
  EXPECT_EQ(fs::canonical(store_ / "latest"), fs::canonical(newest.path()));
  EXPECT_EQ(fs::canonical(store_ / "nightly" / "latest"), fs::canonical(newest.path()));
  EXPECT_EQ(fs::read_symlink(store_ / "latest"), fs::path("nightly") / newest.path().filename())
      << "relative, so that the store can be moved";
}

TEST(Paths, AreShownAsAPersonInTheWorkingDirectoryWouldTypeThem) {
  EXPECT_EQ(as_typed(fs::current_path() / "store" / "latest"), "store/latest");
  EXPECT_EQ(as_typed("/nowhere/near"), "/nowhere/near");
}

TEST_F(RunFolders, InAStoreThatIsAFileAreRefusedByName) {
  std::ofstream(store_ / "file") << "x";
  try {
    RunFolder::create(store_ / "file", "quickstart", 7, noon);
    FAIL() << "no exception";
  } catch (const std::system_error& error) {
    EXPECT_NE(std::string(error.what()).find((store_ / "file").string()), std::string::npos) << error.what();
  }
}

TEST_F(RunFolders, KeepTheOldFileWhenANewOneCannotBeWritten) {
  const fs::path file = store_ / "results.json";
  write_file(file, "old");
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit tiny{.rlim_cur = 4, .rlim_max = before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &tiny);
  EXPECT_THROW(write_file(file, "new and longer"), std::system_error);
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(read_file(file), "old");
  EXPECT_FALSE(fs::exists(file.string() + ".new"));
}

// That a full one is noticed is shown by the whole program on a small tmpfs (harness/cli/ordeal_test.cc).
TEST_F(RunFolders, OnADiskWithRoomOrOneThatDoesNotCountItAreNotCalledFull) {
  EXPECT_NO_THROW(require_space(store_));
  EXPECT_NO_THROW(require_space("/proc"));
  EXPECT_NO_THROW(require_space(store_ / "absent"));
}

}  // namespace
}  // namespace ordeal::harness
