// On real files. What a power failure must leave of them is what POSIX promises, and nothing else.

#include "nemesis/inject/undo_log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <set>

namespace ordeal::nemesis {
namespace {

namespace fs = std::filesystem;

class UndoLogTest : public ::testing::Test {
 protected:
  UndoLogTest() {
    std::string pattern = ::testing::TempDir() + "/ordeal-undo-XXXXXX";
    root_ = mkdtemp(pattern.data());
    fs::create_directory(root_ / "data");
    log_.emplace(root_ / "data", root_ / "stash");
  }
  ~UndoLogTest() override {
    log_.reset();
    fs::remove_all(root_);
  }

  fs::path path(const std::string& name) const { return root_ / "data" / name; }

  UndoLog::Inode inode(const std::string& name) {
    struct stat status {};
    EXPECT_EQ(stat(path(name).c_str(), &status), 0);
    const UndoLog::Inode found{status.st_dev, status.st_ino};
    if (!log_->tracks(found)) log_->track(found, open(path(name).c_str(), O_RDWR | O_CLOEXEC));
    return found;
  }

  void create(const std::string& name) {
    log_->before_create(path(name));
    std::ofstream made(path(name));
  }
  void write(const std::string& name, std::uint64_t offset, const std::string& bytes) {
    log_->before_write(inode(name), offset, bytes.size());
    const int file = open(path(name).c_str(), O_WRONLY | O_CLOEXEC);
    EXPECT_EQ(pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset)), static_cast<ssize_t>(bytes.size()));
    close(file);
  }
  void cut(const std::string& name, std::uint64_t size) {
    log_->before_cut(inode(name), size);
    fs::resize_file(path(name), size);
  }
  void rename(const std::string& from, const std::string& to) {
    log_->before_rename(path(from), path(to), false);
    fs::rename(path(from), path(to));
  }
  void remove(const std::string& name) {
    log_->before_remove(path(name));
    fs::remove(path(name));
  }
  void sync(const std::string& name) { log_->synced(inode(name), log_->mark()); }
  void sync_names() { log_->names_synced(root_ / "data", log_->mark()); }

  // "a=text b=other", in the order of the names.
  std::string contents() const {
    std::string all;
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::directory_iterator(root_ / "data")) {
      std::ifstream in(entry.path(), std::ios::binary);
      files[entry.path().filename()] = std::string(std::istreambuf_iterator<char>(in), {});
    }
    for (const auto& [name, bytes] : files) all += (all.empty() ? "" : " ") + name + "=" + bytes;
    return all;
  }

  fs::path root_;
  std::optional<UndoLog> log_;
};

TEST_F(UndoLogTest, WhatWasSyncedStaysAndWhatWasWrittenAfterwardsIsGone) {
  create("a");
  sync_names();
  write("a", 0, "promised");
  sync("a");
  write("a", 3, "XXX");
  write("a", 8, " and more");
  EXPECT_EQ(contents(), "a=proXXXed and more");
  const UndoLog::Losses losses = log_->lose(false, 0);
  EXPECT_EQ(contents(), "a=promised");
  EXPECT_EQ(losses, (UndoLog::Losses{.files = 1, .writes = 2, .torn = 0, .bytes = 12, .names = 0}));
}

TEST_F(UndoLogTest, WritesOverEachOtherAreTakenBackToTheOldestBytes) {
  create("a");
  sync_names();
  write("a", 0, "0123456789");
  sync("a");
  write("a", 2, "aaaa");
  write("a", 4, "bbbb");
  cut("a", 3);
  write("a", 8, "cc");
  log_->lose(false, 0);
  EXPECT_EQ(contents(), "a=0123456789");
}

TEST_F(UndoLogTest, ASyncCoversWhatWasToldBeforeItsMarkOnly) {
  create("a");
  sync_names();
  write("a", 0, "early");
  const UndoLog::Mark mark = log_->mark();
  write("a", 5, "late");
  log_->synced(inode("a"), mark);
  log_->lose(false, 0);
  EXPECT_EQ(contents(), "a=early");
}

TEST_F(UndoLogTest, ANameIsGoneUntilItsFolderWasSyncedThoughTheFileWas) {
  create("a");
  write("a", 0, "bytes");
  sync("a");
  log_->lose(false, 0);
  EXPECT_EQ(contents(), "");
}

TEST_F(UndoLogTest, ANameThatIsSafeMayLeadToAFileWithoutItsBytes) {
  create("a");
  write("a", 0, "bytes");
  sync_names();
  log_->lose(false, 0);
  EXPECT_EQ(contents(), "a=");
}

TEST_F(UndoLogTest, ARenameIsTakenBackWithTheFileThatItReplaced) {
  create("old");
  write("old", 0, "1");
  create("new");
  write("new", 0, "2");
  sync("old");
  sync("new");
  sync_names();
  rename("new", "old");
  EXPECT_EQ(contents(), "old=2");
  EXPECT_EQ(log_->lose(false, 0).names, 1);
  EXPECT_EQ(contents(), "new=2 old=1");
}

TEST_F(UndoLogTest, ARenameStaysOnceItsFolderWasSynced) {
  create("draft");
  write("draft", 0, "1");
  sync("draft");
  rename("draft", "final");
  sync_names();
  EXPECT_EQ(log_->lose(false, 0), UndoLog::Losses{});
  EXPECT_EQ(contents(), "final=1");
}

TEST_F(UndoLogTest, ARemovedFileComesBackWithWhatWasSyncedOfIt) {
  create("a");
  write("a", 0, "kept");
  sync("a");
  sync_names();
  write("a", 4, " lost");
  remove("a");
  create("a");
  write("a", 0, "another");
  log_->lose(false, 0);
  EXPECT_EQ(contents(), "a=kept");
}

TEST_F(UndoLogTest, WhatWasNeverDoneAfterItWasToldDoesNoHarm) {
  create("a");
  write("a", 0, "here");
  sync("a");
  sync_names();
  log_->before_remove(path("a"));
  log_->before_rename(path("a"), path("b"), false);
  log_->before_write(inode("a"), 1, 2);
  log_->before_create(path("c"));
  log_->lose(false, 0);
  EXPECT_EQ(contents(), "a=here");
  EXPECT_TRUE(!fs::exists(root_ / "stash") || fs::is_empty(root_ / "stash"));
}

// Over many draws each of the possible ends comes up: nothing, the whole, and a part that ends with a sector.
TEST_F(UndoLogTest, ATornWriteKeepsSectorsFromItsBeginning) {
  std::set<std::size_t> sizes;
  for (std::uint64_t draw = 0; draw < 200; ++draw) {
    create("a");
    sync_names();
    write("a", 0, std::string(100, 'o'));
    sync("a");
    write("a", 100, std::string(1500, 'n'));
    log_->lose(true, draw);
    const auto size = static_cast<std::size_t>(fs::file_size(path("a")));
    EXPECT_EQ(contents(), "a=" + std::string(100, 'o') + std::string(size - 100, 'n'));
    sizes.insert(size);
    fs::remove(path("a"));
  }
  EXPECT_EQ(sizes, (std::set<std::size_t>{100, 512, 1024, 1536, 1600}));
}

// Folders within folders, none of which is ever synced.
TEST(JournaledNames, AreSafeAsSoonAsAnyFileWasSyncedAfterThem) {
  std::string pattern = ::testing::TempDir() + "/ordeal-undo-XXXXXX";
  const fs::path root = mkdtemp(pattern.data());
  for (const bool journaled : {false, true}) {
    SCOPED_TRACE(journaled);
    const fs::path data = root / (journaled ? "journaled" : "strict");
    fs::create_directory(data);
    UndoLog log(data, root / "stash", journaled);
    log.before_create(data / "member");
    fs::create_directory(data / "member");
    log.before_create(data / "member" / "wal");
    std::ofstream(data / "member" / "wal") << "entry";
    log.synced({0, 0}, log.mark());  // some file that was never written to
    log.before_create(data / "late");
    std::ofstream(data / "late") << "lost";
    log.lose(false, 0);
    EXPECT_EQ(fs::exists(data / "member" / "wal"), journaled);
    EXPECT_FALSE(fs::exists(data / "late"));
  }
  fs::remove_all(root);
}

}  // namespace
}  // namespace ordeal::nemesis
