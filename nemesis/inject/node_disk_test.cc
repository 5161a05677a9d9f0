// The watched process is real: a child with the filter, which does what a test says.

#include "nemesis/inject/node_disk.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <thread>

#include "nemesis/inject/disk_filter.h"

namespace ordeal::nemesis {
namespace {

namespace fs = std::filesystem;

class NodeDiskTest : public ::testing::Test {
 protected:
  NodeDiskTest() {
    std::string pattern = ::testing::TempDir() + "/ordeal-disk-XXXXXX";
    root_ = fs::canonical(mkdtemp(pattern.data()));
    fs::create_directory(root_ / "data");
    disk_.emplace(root_ / "data", root_ / "stash", [this] { ++errors_; });
  }
  ~NodeDiskTest() override {
    if (child_ > 0) end();
    disk_.reset();
    fs::remove_all(root_);
  }
  void SetUp() override {
    if (const std::string why = why_no_disk_filter(); !why.empty()) GTEST_SKIP() << why;
  }

  // Starts a node that does `body`, with its data folder as working directory, and then waits for its end.
  void start(const std::function<void()>& body) {
    const int socket = disk_->begin_life();
    std::array<int, 2> done{};
    ASSERT_EQ(pipe2(done.data(), O_CLOEXEC), 0);
    child_ = fork();
    if (child_ == 0) {
      if (chdir((root_ / "data").c_str()) != 0 || install_disk_filter(socket) != 0) _exit(99);
      body();
      close(done[1]);
      for (;;) pause();
    }
    close(socket);
    close(done[1]);
    char byte = 0;
    EXPECT_EQ(read(done[0], &byte, 1), 0);  // the child has closed its end, or died
    close(done[0]);
  }
  void end() {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
    child_ = 0;
  }
  UndoLog::Losses power_failure() {
    disk_->cut_power();
    end();
    return disk_->lose(false, 0);
  }

  std::string text(const std::string& name) const {
    std::ifstream in(root_ / "data" / name, std::ios::binary);
    return in ? std::string(std::istreambuf_iterator<char>(in), {}) : "(none)";
  }

  fs::path root_;
  std::atomic<int> errors_ = 0;
  std::optional<NodeDisk> disk_;
  pid_t child_ = 0;
};

void put(int file, const char* bytes) {
  if (write(file, bytes, strlen(bytes)) != static_cast<ssize_t>(strlen(bytes))) _exit(98);
}
int make(const char* name, int flags = 0) {
  return open(name, O_RDWR | O_CREAT | flags, 0644);
}
void sync_folder() {
  const int folder = open(".", O_RDONLY | O_DIRECTORY);
  if (fsync(folder) != 0) _exit(97);
  close(folder);
}

TEST_F(NodeDiskTest, APowerFailureLeavesWhatWasSyncedWhicheverCallWroteIt) {
  start([] {
    const int a = make("a"), b = make("b", O_APPEND), c = make("c", O_DSYNC), d = make("d");
    sync_folder();
    put(a, "synced");
    put(b, "one");
    fdatasync(a), fsync(b);
    put(a, ", lost");
    if (pwrite(a, "XY", 2, 0) != 2) _exit(96);
    put(b, ", two");
    put(c, "at once");
    iovec pieces[2] = {{const_cast<char*>("ab"), 2}, {const_cast<char*>("cd"), 2}};
    if (writev(d, pieces, 2) != 4 || ftruncate(b, 1) != 0) _exit(95);
    make("e");
    rename("d", "f");
  });
  EXPECT_EQ(text("a"), "XYnced, lost");
  EXPECT_EQ(text("f"), "abcd");
  const UndoLog::Losses losses = power_failure();
  EXPECT_EQ(text("a"), "synced");
  EXPECT_EQ(text("b"), "one");
  EXPECT_EQ(text("c"), "at once");
  EXPECT_EQ(text("d"), "");
  EXPECT_EQ(text("e"), "(none)");
  EXPECT_EQ(text("f"), "(none)");
  EXPECT_EQ(losses.names, 2);
  EXPECT_EQ(losses.files, 3);
  EXPECT_EQ(losses.bytes, 6 + 2 + 5 + 4);
  EXPECT_EQ(disk_->trouble(), "");
}

TEST_F(NodeDiskTest, BytesThatAKilledProcessLeftUnsyncedAreLostInTheNextLife) {
  start([] {
    const int a = make("a");
    sync_folder();
    put(a, "never synced");
  });
  end();
  EXPECT_EQ(text("a"), "never synced");
  start([] {});
  power_failure();
  EXPECT_EQ(text("a"), "");
}

TEST_F(NodeDiskTest, AfterThePowerIsCutNoSyncIsAnsweredAndNoneCounts) {
  disk_->begin(1, {.kind = Ailment::Kind::slow, .delay = std::chrono::hours(1)});
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const int socket = disk_->begin_life();
  child_ = fork();
  if (child_ == 0) {
    if (chdir((root_ / "data").c_str()) != 0 || install_disk_filter(socket) != 0) _exit(99);
    const int a = make("a");
    put(a, "about to be synced");
    put(ends[1], "s");
    fsync(a);
    put(ends[1], "!");  // a promise
    for (;;) pause();
  }
  close(socket);
  close(ends[1]);
  char byte = 0;
  ASSERT_EQ(read(ends[0], &byte, 1), 1);
  while (disk_->struck(1) == 0) std::this_thread::yield();
  power_failure();
  EXPECT_EQ(read(ends[0], &byte, 1), 0);
  close(ends[0]);
  EXPECT_EQ(text("a"), "(none)");
}

TEST_F(NodeDiskTest, ASyncThatIsWatchedForStandsStillBeforeItIsDoneOrBeforeItIsAnswered) {
  for (const bool done : {false, true}) {
    SCOPED_TRACE(done ? "done" : "not done");
    fs::remove_all(root_ / "data");
    fs::create_directory(root_ / "data");
    disk_->forget();
    std::atomic<bool> seen = false;
    disk_->watch_syncs(3, {.count = 2, .file = "wal", .done = done}, [&seen] { seen = true; });
    const int socket = disk_->begin_life();
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    child_ = fork();
    if (child_ == 0) {
      if (chdir((root_ / "data").c_str()) != 0 || install_disk_filter(socket) != 0) _exit(99);
      const int wal = make("wal"), other = make("other");
      sync_folder();
      put(wal, "first"), fsync(wal);
      put(other, "other"), fsync(other);
      put(ends[1], "1");
      put(wal, ", second"), fsync(wal);
      put(ends[1], "2");
      for (;;) pause();
    }
    close(socket);
    close(ends[1]);
    char byte = 0;
    ASSERT_EQ(read(ends[0], &byte, 1), 1);
    while (!seen) std::this_thread::yield();
    power_failure();  // while it stands still
    EXPECT_EQ(read(ends[0], &byte, 1), 0) << "it was answered";
    close(ends[0]);
    EXPECT_EQ(text("wal"), done ? "first, second" : "first");
    EXPECT_EQ(text("other"), "other");
    disk_->unwatch(3);
  }
}

TEST_F(NodeDiskTest, ASyncThatNobodyWatchesForAnyMoreGoesOn) {
  std::atomic<bool> seen = false;
  disk_->watch_syncs(3, {.count = 1}, [&seen] { seen = true; });
  std::thread lets_go([&] {
    while (!seen) std::this_thread::yield();
    disk_->unwatch(3);
  });
  start([] {
    const int a = make("a");
    put(a, "text");
    if (fsync(a) != 0) _exit(97);
    put(a, ", done");
  });
  lets_go.join();
  EXPECT_EQ(text("a"), "text, done");
}

TEST_F(NodeDiskTest, CallsOfTheAilingKindFailOnFilesOfTheFolderOnly) {
  struct Case {
    Ailment ailment;
    const char* outcome;  // of a growing write, an overwriting one, a sync, a rename, a new file; w+o+s+r+n
  };
  for (const Case& one : {Case{{.kind = Ailment::Kind::fail, .call = DiskCall::write, .error = EIO}, "55---"},
                          Case{{.kind = Ailment::Kind::fail, .call = DiskCall::fsync, .error = EIO}, "--5--"},
                          Case{{.kind = Ailment::Kind::fail, .call = DiskCall::rename, .error = ENOSPC}, "---8-"},
                          Case{{.kind = Ailment::Kind::full}, "8---8"}}) {
    SCOPED_TRACE(one.outcome);
    fs::remove_all(root_ / "data");
    fs::create_directory(root_ / "data");
    disk_->forget();
    errors_ = 0;
    std::ofstream(root_ / "data" / "a") << "old";
    std::ofstream(root_ / "outside") << "old";
    disk_->begin(7, one.ailment);
    start([] {
      std::string seen;
      const auto note = [&](bool worked) { seen += worked ? '-' : errno == EIO ? '5' : errno == ENOSPC ? '8' : '?'; };
      const int a = open("a", O_RDWR), outside = open("../outside", O_RDWR | O_TRUNC);
      note(pwrite(a, "grows", 5, 2) == 5);
      note(pwrite(a, "n", 1, 0) == 1);
      note(fsync(a) == 0);
      note(rename("a", "b") == 0);
      note(make("c") >= 0);
      put(outside, seen.c_str());
      fsync(outside);
    });
    end();
    std::ifstream outside(root_ / "outside");
    std::string seen;
    outside >> seen;
    EXPECT_EQ(seen, one.outcome);
    EXPECT_EQ(disk_->end(7), std::count_if(seen.begin(), seen.end(), [](char c) { return c != '-'; }));
    EXPECT_EQ(errors_ > 0, true);
  }
}

TEST_F(NodeDiskTest, ASlowDiskDelaysSyncsAndNothingElse) {
  disk_->begin(7, {.kind = Ailment::Kind::slow, .delay = std::chrono::milliseconds(50)});
  const auto began = std::chrono::steady_clock::now();
  start([] {
    const int a = make("a");
    put(a, "x");
    fsync(a);
    fdatasync(a);
  });
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(100));
  EXPECT_EQ(disk_->end(7), 2);
  EXPECT_EQ(errors_, 0);
}

}  // namespace
}  // namespace ordeal::nemesis
