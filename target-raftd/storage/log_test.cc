#include "target-raftd/storage/log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>

namespace raftd::storage {
namespace {

using ::testing::HasSubstr;

// A new folder that goes away with the test.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "raftd-log-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path segment(int number = 1) const {
    return path_ / ("wal-0000000" + std::to_string(number) + ".log");
  }

 private:
  std::filesystem::path path_;
};

// What storage promises, without a disk: the slow twin.
struct Twin {
  raft::HardState hard_state;
  std::vector<raft::Entry> entries;
  bool operator==(const Twin&) const = default;

  void append(const Write& write) {
    if (write.hard_state) hard_state = *write.hard_state;
    for (const raft::Entry& entry : write.entries) {
      while (!entries.empty() && entries.back().index >= entry.index) entries.pop_back();
      entries.push_back(entry);
    }
  }
};

raft::Entry entry(raft::Term term, raft::Index index, std::string command) {
  return {.term = term, .index = index, .kind = raft::EntryKind::command, .command = std::move(command)};
}

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

void write(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

Twin reopened(const std::filesystem::path& folder) {
  Log log({.folder = folder, .node = 1});
  raft::Persisted persisted = log.take_recovered();
  return {.hard_state = persisted.hard_state, .entries = std::move(persisted.entries)};
}

std::string refusal(const std::function<void()>& act) {
  try {
    act();
  } catch (const StorageError& error) {
    return error.what();
  }
  return "(not refused)";
}

// A log of four records: terms, a vote, entries, a truncation; with the states after each record.
struct SmallLog {
  SmallLog() {
    const std::vector<Write> writes = {
        {.hard_state = raft::HardState{.current_term = 1, .voted_for = 2}, .entries = {}},
        {.hard_state = {}, .entries = {entry(1, 1, "a"), entry(1, 2, "bb")}},
        {.hard_state = raft::HardState{.current_term = 2, .voted_for = {}}, .entries = {entry(2, 2, "c")}},
        {.hard_state = {}, .entries = {entry(2, 3, "")}},
    };
    Log log({.folder = folder.path(), .node = 1});
    ends.push_back(read(folder.segment()).size());
    states.emplace_back();
    for (const Write& one : writes) {
      log.append({&one, 1});
      ends.push_back(read(folder.segment()).size());
      states.push_back(states.back());
      states.back().append(one);
    }
  }

  Folder folder;
  std::vector<std::size_t> ends;  // ends[i]: length of the file with i records
  std::vector<Twin> states;
};

TEST(Log, KeepsTermVoteAndEntriesOverRestarts) {
  SmallLog small;
  EXPECT_EQ(reopened(small.folder.path()), small.states.back());
  EXPECT_EQ(reopened(small.folder.path()), small.states.back());
}

TEST(Log, OneAppendOfSeveralWritesIsOneSync) {
  struct CountingDisk : Disk {
    struct Counting : File {
      Counting(std::unique_ptr<File> f, int& s) : file(std::move(f)), syncs(s) {}
      void append(std::string_view bytes) override { file->append(bytes); }
      void sync() override { file->sync(), ++syncs; }
      std::unique_ptr<File> file;
      int& syncs;
    };
    std::unique_ptr<File> open(const std::filesystem::path& path) override {
      return std::make_unique<Counting>(posix_disk().open(path), syncs);
    }
    void publish(const std::filesystem::path& from, const std::filesystem::path& to) override {
      posix_disk().publish(from, to);
    }
    void truncate(const std::filesystem::path& path, std::uintmax_t size) override {
      posix_disk().truncate(path, size);
    }
    int syncs = 0;
  } disk;
  Folder folder;
  Log log({.folder = folder.path(), .node = 1, .disk = &disk});
  const int before = disk.syncs;
  const std::vector<Write> writes = {{.hard_state = {}, .entries = {entry(1, 1, "a")}},
                                     {.hard_state = {}, .entries = {entry(1, 2, "b")}}};
  log.append(writes);
  EXPECT_EQ(disk.syncs, before + 1);
}

TEST(Log, CutAtAnyLengthHoldsExactlyTheCompleteRecords) {
  SmallLog small;
  const std::string whole = read(small.folder.segment());
  for (std::size_t length = small.ends[0]; length <= whole.size(); ++length) {
    SCOPED_TRACE(length);
    write(small.folder.segment(), whole.substr(0, length));
    std::size_t complete = 0;
    while (complete + 1 < small.ends.size() && small.ends[complete + 1] <= length) ++complete;
    EXPECT_EQ(reopened(small.folder.path()), small.states[complete]);
    EXPECT_EQ(read(small.folder.segment()).size(), small.ends[complete]) << "the torn tail must be gone from the disk";
  }
}

TEST(Log, CutInsideTheHeaderIsRefusedBecauseNoCrashLeavesThat) {
  SmallLog small;
  const std::string whole = read(small.folder.segment());
  for (std::size_t length = 0; length < small.ends[0]; ++length) {
    SCOPED_TRACE(length);
    write(small.folder.segment(), whole.substr(0, length));
    EXPECT_THAT(refusal([&] { reopened(small.folder.path()); }), HasSubstr("the header of the segment is damaged"));
  }
}

TEST(Log, AnyFlippedBitIsRefusedUnlessItIsInTheLastRecordWhichIsDropped) {
  SmallLog small;
  const std::string whole = read(small.folder.segment());
  const std::size_t last_record = small.ends[small.ends.size() - 2];
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    SCOPED_TRACE(bit);
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    write(small.folder.segment(), damaged);
    if (bit / 8 >= last_record) {
      EXPECT_EQ(reopened(small.folder.path()), small.states[small.states.size() - 2]);
    } else {
      EXPECT_THAT(refusal([&] { reopened(small.folder.path()); }), HasSubstr("corrupt log"));
    }
  }
}

TEST(Log, CorruptionNamesFileOffsetAndCure) {
  SmallLog small;
  std::string bytes = read(small.folder.segment());
  bytes[small.ends[1] + record_header_size] ^= 1;
  write(small.folder.segment(), bytes);
  EXPECT_EQ(refusal([&] { reopened(small.folder.path()); }),
            "corrupt log: " + small.folder.segment().string() + " at offset " + std::to_string(small.ends[1]) +
                ": a record is damaged, and a later one stands at offset " + std::to_string(small.ends[2]) +
                "; restore the file from a copy, or, if the other servers are healthy, remove this server from the "
                "cluster and add it again with an empty folder");
  EXPECT_EQ(read(small.folder.segment()), bytes) << "a refused log is left as it was found";
}

TEST(Log, BytesInsideAValueThatLookLikeALaterRecordDoNotConfuseRecovery) {
  Folder folder;
  std::string forged;
  const Write inner = {.hard_state = {}, .entries = {entry(1, 1, "x")}};
  encode_record({&inner, 1}, 0, 99, forged);
  {
    Log log({.folder = folder.path(), .node = 1});
    const Write outer = {.hard_state = {}, .entries = {entry(1, 1, forged)}};
    log.append({&outer, 1});
  }
  std::string bytes = read(folder.segment());
  bytes.pop_back();
  write(folder.segment(), bytes);
  EXPECT_EQ(reopened(folder.path()), Twin{});
}

TEST(Log, ASecondOpenOfTheFolderIsRefused) {
  Folder folder;
  Log log({.folder = folder.path(), .node = 1});
  EXPECT_EQ(refusal([&] { reopened(folder.path()); }),
            "the data folder " + folder.path().string() +
                " is in use by another raftd; stop that one first, or give --data another folder");
}

TEST(Log, AFolderOfAnotherNodeIsRefused) {
  SmallLog small;
  EXPECT_THAT(refusal([&] { Log({.folder = small.folder.path(), .node = 2}); }),
              HasSubstr("belongs to node 1, not to node 2"));
}

TEST(Log, AMissingSegmentIsRefused) {
  Folder folder;
  {
    Log log({.folder = folder.path(), .node = 1, .segment_bytes = 50});
    for (raft::Index index = 1; index <= 3; ++index) {
      const Write one = {.hard_state = {}, .entries = {entry(1, index, "x")}};
      log.append({&one, 1});
    }
  }
  EXPECT_EQ(reopened(folder.path()).entries.size(), 3U);
  std::filesystem::remove(folder.segment(2));
  EXPECT_THAT(refusal([&] { reopened(folder.path()); }),
              HasSubstr("wal-00000002.log at offset 0: this segment is missing"));
}

TEST(Log, ATornRecordBeforeALaterSegmentIsRefused) {
  Folder folder;
  {
    Log log({.folder = folder.path(), .node = 1, .segment_bytes = 50});
    for (raft::Index index = 1; index <= 2; ++index) {
      const Write one = {.hard_state = {}, .entries = {entry(1, index, "x")}};
      log.append({&one, 1});
    }
  }
  const std::string first = read(folder.segment(1));
  write(folder.segment(1), first.substr(0, first.size() - 1));
  EXPECT_THAT(refusal([&] { reopened(folder.path()); }), HasSubstr("a later segment exists"));
  write(folder.segment(1), first.substr(0, segment_header_size));
  EXPECT_THAT(refusal([&] { reopened(folder.path()); }), HasSubstr("records are missing"));
}

// A disk that fails its nth operation: some bytes of an append arrive, and nothing after that works.
class FailingDisk : public Disk {
 public:
  explicit FailingDisk(int good_operations) : left_(good_operations) {}

  std::unique_ptr<File> open(const std::filesystem::path& path) override {
    return std::make_unique<FailingFile>(*this, posix_disk().open(path));
  }
  void publish(const std::filesystem::path& from, const std::filesystem::path& to) override {
    count();
    posix_disk().publish(from, to);
  }
  void truncate(const std::filesystem::path& path, std::uintmax_t size) override { posix_disk().truncate(path, size); }

 private:
  struct FailingFile : File {
    FailingFile(FailingDisk& d, std::unique_ptr<File> f) : disk(d), file(std::move(f)) {}
    void append(std::string_view bytes) override {
      if (disk.left_ == 0) file->append(bytes.substr(0, bytes.size() / 2));
      disk.count();
      file->append(bytes);
    }
    void sync() override { disk.count(); }
    FailingDisk& disk;
    std::unique_ptr<File> file;
  };

  void count() {
    if (left_-- <= 0) throw StorageError("injected");
  }

  int left_;
};

TEST(Log, AfterAnyFailedWriteOrSyncARestartFindsAllThatWasPromised) {
  for (int good_operations = 0; good_operations < 30; ++good_operations) {
    SCOPED_TRACE(good_operations);
    Folder folder;
    FailingDisk disk(good_operations);
    Twin promised;
    Twin attempted;
    try {
      Log log({.folder = folder.path(), .node = 1, .segment_bytes = 150, .disk = &disk});
      for (raft::Index index = 1;; ++index) {
        const Write one = {.hard_state = {}, .entries = {entry(1, index, "value")}};
        attempted.append(one);
        log.append({&one, 1});
        promised = attempted;
      }
    } catch (const StorageError&) {
    }
    const Twin found = reopened(folder.path());
    EXPECT_TRUE(found == promised || found == attempted) << found.entries.size();
  }
}

TEST(Log, AFullDiskIsNamedWithItsCure) {
  const std::unique_ptr<File> full = posix_disk().open("/dev/full");
  EXPECT_EQ(refusal([&] { full->append("x"); }),
            "cannot write to /dev/full: No space left on device; free space there, then start raftd again");
}

TEST(Log, RandomWritesOverwritesAndRestartsEqualTheTwin) {
  std::mt19937_64 random(20240607);
  for (int round = 0; round < 40; ++round) {
    SCOPED_TRACE(round);
    Folder folder;
    Twin twin;
    raft::Term term = 1;
    for (int restart = 0; restart < 4; ++restart) {
      Log log({.folder = folder.path(), .node = 1, .segment_bytes = 400});
      const raft::Persisted found = log.take_recovered();
      ASSERT_EQ((Twin{found.hard_state, found.entries}), twin);
      for (int append = 0; append < 8; ++append) {
        std::vector<Write> writes(1 + random() % 3);
        for (Write& one : writes) {
          if (random() % 3 == 0) one.hard_state = raft::HardState{.current_term = ++term, .voted_for = random() % 4};
          raft::Index index = 1 + random() % (twin.entries.size() + 1);
          for (std::size_t n = random() % 4; n > 0; --n) {
            one.entries.push_back(entry(term, index++, std::string(random() % 50, static_cast<char>(random()))));
          }
          twin.append(one);
        }
        log.append(writes);
      }
    }
    ASSERT_EQ(reopened(folder.path()), twin);
  }
}

TEST(Log, RandomDamageNeverCrashesAndNeverInventsState) {
  std::mt19937_64 random(7);
  SmallLog small;
  const std::string whole = read(small.folder.segment());
  for (int round = 0; round < 2000; ++round) {
    SCOPED_TRACE(round);
    std::string damaged = whole;
    for (std::uint64_t n = 1 + random() % 4; n > 0; --n) {
      damaged[random() % damaged.size()] = static_cast<char>(random());
    }
    damaged.resize(random() % (whole.size() + 8));
    write(small.folder.segment(), damaged);
    try {
      EXPECT_THAT(small.states, ::testing::Contains(reopened(small.folder.path())));
    } catch (const StorageError&) {
    }
  }
}

}  // namespace
}  // namespace raftd::storage
