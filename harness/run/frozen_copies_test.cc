#include "harness/run/frozen_copies.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <limits>

#include "harness/cluster/testing/temporary_folder.h"
#include "harness/run/run_folder.h"

namespace ordeal::harness {
namespace {

namespace fs = std::filesystem;

class FrozenCopiesTest : public testing::Test {
 protected:
  FrozenCopiesTest() {
    fs::create_directories(data_ / "wal");
    write("nodes/n1/stdout.log", "out");
    write("nodes/n1/stderr.log", "");
    write("nodes/n1/data/state", "12345678");
    write("nodes/n1/data/wal/1", "123456789a");
  }
  void write(const fs::path& file, const std::string& text) { std::ofstream(folder_.path() / file) << text; }

  FrozenNode copy(CopyBounds bounds = {}) { return FrozenCopies(folder_.path(), bounds).copy("n1", data_, status_); }

  const TemporaryFolder folder_;
  const fs::path node_ = folder_.path() / "nodes" / "n1";
  const fs::path data_ = node_ / "data";
  const fs::path frozen_ = node_ / "frozen";
  const StatusAnswer status_{.node = "n1", .time = {}, .body = R"({"term":7})", .how = "asked"};
};

TEST_F(FrozenCopiesTest, HoldDataLogsAndStatusAndOutliveChanges) {
  const FrozenNode node = copy();
  EXPECT_EQ(node, (FrozenNode{.node = "n1",
                              .folder = "nodes/n1/frozen",
                              .files = 4,
                              .bytes = 3 + 8 + 10,
                              .status = "asked",
                              .skipped = {}}));
  write("nodes/n1/data/state", "changed");
  EXPECT_EQ(read_file(frozen_ / "stdout.log"), "out");
  EXPECT_EQ(read_file(frozen_ / "data/state"), "12345678");
  EXPECT_EQ(read_file(frozen_ / "data/wal/1"), "123456789a");
  EXPECT_EQ(fs::last_write_time(frozen_ / "data/wal/1"), fs::last_write_time(data_ / "wal/1"));
}

TEST_F(FrozenCopiesTest, KeepWhateverANodeAnsweredAsJson) {
  struct Case {
    std::string body, json;
  };
  const Case cases[] = {
      {R"({"term":7})", R"({"node":"n1","how":"asked","time_ns":5,"status":{"term":7}})"},
      {"", R"({"node":"n1","how":"asked","time_ns":5,"status":null})"},
      {"lead\xff", "{\"node\":\"n1\",\"how\":\"asked\",\"time_ns\":5,\"status\":\"lead\xef\xbf\xbd\"}"},
  };
  for (const Case& c : cases) {
    FrozenCopies(folder_.path())
        .copy("n1", data_, {.node = "n1", .time = std::chrono::nanoseconds(5), .body = c.body, .how = "asked"});
    EXPECT_EQ(read_file(frozen_ / "status.json"), c.json + "\n");
    fs::remove_all(frozen_);
  }
}

TEST_F(FrozenCopiesTest, LeaveOutAloudWhatExceedsABound) {
  struct Case {
    std::string about;
    CopyBounds bounds;
    std::uint64_t files;
    std::string said;  // of the last one
  };
  const Case cases[] = {
      {"a large file", {.file_bytes = 9}, 3, "data/wal/1: its 10 bytes are more than the 9 bytes of one copy"},
      {"many bytes", {.all_bytes = 4}, 2, "the copies would exceed 4 bytes"},
      {"many files", {.files = 2}, 2, "2 files were copied already"},
      {"hardly any space", {.left_on_disk = std::numeric_limits<std::uintmax_t>::max() / 2}, 0, "the disk has only"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.about);
    const FrozenNode node = copy(c.bounds);
    EXPECT_EQ(node.files, c.files);
    ASSERT_EQ(node.skipped.size(), 4 - c.files);
    EXPECT_NE(node.skipped.back().find(c.said), std::string::npos) << node.skipped.back();
    fs::remove_all(frozen_);
  }
}

TEST_F(FrozenCopiesTest, ShareTheirBoundsAmongNodes) {
  FrozenCopies copies(folder_.path(), {.files = 5});
  copies.copy("n1", data_, status_);
  const FrozenNode second = copies.copy("n1", data_, status_);
  EXPECT_EQ(second.files, 0U) << "every file is there already, which is said, too";
  EXPECT_EQ(second.skipped.size(), 4U);
}

TEST_F(FrozenCopiesTest, TakeLinksAsLinksAndNeitherPipesNorFolders) {
  fs::create_symlink("/etc", data_ / "link");
  ASSERT_EQ(::mkfifo((data_ / "pipe").c_str(), 0600), 0);
  const FrozenNode node = copy();
  EXPECT_EQ(fs::read_symlink(frozen_ / "data/link"), "/etc");
  EXPECT_EQ(node.skipped, std::vector<std::string>{"data/pipe: neither a file nor a folder nor a link"});
}

TEST_F(FrozenCopiesTest, SayWhatIsNotThere) {
  fs::remove_all(node_);
  const FrozenNode node = copy();
  EXPECT_EQ(node.files, 0U);
  EXPECT_EQ(node.skipped.size(), 3U) << "two logs and the data";
  EXPECT_TRUE(fs::exists(frozen_ / "status.json"));
}

TEST_F(FrozenCopiesTest, CountWhatIsLeftOutWhenThatIsALot) {
  for (int i = 0; i < 100; ++i) write("nodes/n1/data/large" + std::to_string(i), "123456789abc");
  const FrozenNode node = copy({.file_bytes = 11});
  ASSERT_EQ(node.skipped.size(), 51U);
  EXPECT_EQ(node.skipped.back(), "and 50 more");
}

}  // namespace
}  // namespace ordeal::harness
