#include "target-raftd/storage/log.h"

#include <gmock/gmock.h>

#include <random>

#include "target-raftd/storage/testing/crash_disk.h"
#include "target-raftd/storage/testing/folder.h"

namespace raftd::storage {
namespace {

using ::testing::HasSubstr;

// What storage promises, without a disk: the slow twin.
struct Twin {
  raft::HardState hard_state = {};
  raft::LogPosition base = {};
  std::vector<raft::Entry> entries = {};
  bool operator==(const Twin&) const = default;

  raft::Index last_index() const { return base.index + entries.size(); }

  void append(const Write& write) {
    if (write.hard_state) hard_state = *write.hard_state;
    if (write.reset) {
      base = *write.reset;
      entries.clear();
    }
    for (const raft::Entry& entry : write.entries) {
      while (!entries.empty() && entries.back().index >= entry.index) entries.pop_back();
      entries.push_back(entry);
    }
  }
};

raft::Entry entry(raft::Term term, raft::Index index, std::string command) {
  return {.term = term, .index = index, .kind = raft::EntryKind::command, .command = std::move(command)};
}

// Without the zeros that were written ahead; the records of these tests do not end with a zero byte.
std::string read(const std::filesystem::path& path) {
  std::string bytes = read_file(path);
  bytes.resize(bytes.find_last_not_of('\0') + 1);
  return bytes;
}

Twin reopened(const std::filesystem::path& folder) {
  Log log({.folder = folder, .node = 1});
  LogState found = log.take_recovered();
  return {.hard_state = found.hard_state, .base = found.base, .entries = std::move(found.entries)};
}

// A log of four records: terms, a vote, entries, a truncation; with the states after each record.
struct SmallLog {
  SmallLog() {
    const std::vector<Write> writes = {
        {.hard_state = raft::HardState{.current_term = 1, .voted_for = 2}, .entries = {}},
        {.hard_state = {}, .entries = {entry(1, 1, "a"), entry(1, 2, "bb")}},
        {.hard_state = raft::HardState{.current_term = 2, .voted_for = {}}, .entries = {entry(2, 2, "c")}},
        {.hard_state = {}, .entries = {entry(2, 3, "d")}},
    };
    Log log({.folder = folder.path(), .node = 1});
    ends.push_back(segment_header_size);
    states.emplace_back();
    for (const Write& one : writes) {
      log.append({&one, 1});
      std::string record;
      encode_record({&one, 1}, 0, 1, record);
      ends.push_back(ends.back() + record.size());
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
  CrashDisk disk;
  Folder folder;
  Log log({.folder = folder.path(), .node = 1, .disk = &disk});
  const int before = disk.syncs();
  const std::vector<Write> writes = {{.hard_state = {}, .entries = {entry(1, 1, "a")}},
                                     {.hard_state = {}, .entries = {entry(1, 2, "b")}}};
  log.append(writes);
  EXPECT_EQ(disk.syncs(), before + 1);
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
    EXPECT_LE(read(small.folder.segment()).size(), small.ends[complete]) << "the torn tail must be gone from the disk";
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

TEST(Log, AFolderOfAnotherNodeIsRefused) {
  SmallLog small;
  EXPECT_THAT(refusal([&] { Log({.folder = small.folder.path(), .node = 2}); }),
              HasSubstr("belongs to node 1, not to node 2"));
}

TEST(Log, OfAnotherVersionIsRefused) {
  Folder folder;
  write(folder.segment(), encode(SegmentHeader{.version = 3, .node = 1}));
  EXPECT_EQ(refusal([&] { reopened(folder.path()); }),
            folder.segment().string() + " has format version 3, this raftd reads 2; start the raftd that wrote it");
}

TEST(Log, OfSegmentsWithAGapOnlyThoseBehindItCount) {
  Folder folder;
  {
    Log log({.folder = folder.path(), .node = 1, .segment_bytes = 100});
    for (raft::Index index = 1; index <= 3; ++index) {
      const Write one = {.hard_state = {}, .entries = {entry(1, index, "x")}};
      log.append({&one, 1});
    }
  }
  EXPECT_EQ(reopened(folder.path()).entries.size(), 3U);
  std::filesystem::remove(folder.segment(2));
  EXPECT_EQ(reopened(folder.path()).base.index, 2U) << "what is behind the gap; the snapshot must cover the rest";
}

TEST(Log, ATornRecordBeforeALaterSegmentIsRefused) {
  Folder folder;
  {
    Log log({.folder = folder.path(), .node = 1, .segment_bytes = 100});
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

TEST(Log, AFullDiskIsNamedWithItsCure) {
  const std::unique_ptr<File> full = posix_disk().open("/dev/full", 0, Ahead::nothing);
  EXPECT_EQ(refusal([&] { full->append("x"); }),
            "cannot write to /dev/full: No space left on device; free space there, then start raftd again");
}

TEST(Log, AResetDropsAllEntriesAndTheLogGoesOnBehindIt) {
  Folder folder;
  const std::vector<Write> writes = {
      {.entries = {entry(1, 1, "a"), entry(1, 2, "b")}},
      {.hard_state = raft::HardState{.current_term = 4},
       .reset = raft::LogPosition{3, 70},
       .entries = {entry(4, 71, "c")}},
  };
  Twin twin;
  {
    Log log({.folder = folder.path(), .node = 1});
    for (const Write& one : writes) {
      log.append({&one, 1});
      twin.append(one);
    }
  }
  EXPECT_EQ(reopened(folder.path()), twin);
  EXPECT_EQ(twin.base, (raft::LogPosition{3, 70}));
}

// As the comment of replay() says: the log may have been overwritten from behind a position at which a kept segment
// begins.
TEST(Log, AnEntryBeforeTheFirstKeptSegmentBecomesItsBase) {
  Folder folder;
  {
    Log log({.folder = folder.path(), .node = 1, .segment_bytes = 100});
    const std::vector<Write> writes = {{.entries = {entry(1, 1, "a"), entry(1, 2, "b"), entry(1, 3, "c")}},
                                       {.entries = {entry(2, 2, "B"), entry(2, 3, "C"), entry(2, 4, "D")}}};
    for (const Write& one : writes) log.append({&one, 1});
    log.compact({.term = 2, .index = 2});
    EXPECT_TRUE(std::filesystem::exists(folder.segment(1))) << "it ends with entry 3";
    log.compact({.term = 2, .index = 3});
    EXPECT_FALSE(std::filesystem::exists(folder.segment(1)));
  }
  EXPECT_EQ(reopened(folder.path()), (Twin{.base = {2, 2}, .entries = {entry(2, 3, "C"), entry(2, 4, "D")}}));
}

TEST(Log, CompactionKeepsTheHardStateAndEveryEntryBehindTheBase) {
  Folder folder;
  Twin twin;
  Log log({.folder = folder.path(), .node = 1, .segment_bytes = 200});
  const Write vote = {.hard_state = raft::HardState{.current_term = 5, .voted_for = 3}};
  log.append({&vote, 1});
  twin.append(vote);
  for (raft::Index index = 1; index <= 50; ++index) {
    const Write one = {.entries = {entry(5, index, "value")}};
    log.append({&one, 1});
    twin.append(one);
    if (index % 7 == 0) log.compact({.term = 5, .index = index - 3});
  }
  const LogState found = [&] {
    std::filesystem::path copy = folder.path() / "copy";
    std::filesystem::create_directory(copy);
    for (const auto& file : std::filesystem::directory_iterator(folder.path())) {
      if (file.is_regular_file()) std::filesystem::copy(file.path(), copy / file.path().filename());
    }
    return Log({.folder = copy, .node = 1}).take_recovered();
  }();
  EXPECT_EQ(found.hard_state, twin.hard_state);
  EXPECT_GT(found.base.index, 40U) << "the old segments are gone";
  EXPECT_LE(found.base.index, 46U);
  EXPECT_EQ(found.last().index, 50U);
  EXPECT_EQ(found.entries.front().index, found.base.index + 1);
}

TEST(Log, ARecordThatEndsWithZerosIsNotTakenForTheZerosWrittenAhead) {
  Folder folder;
  Twin twin;
  for (raft::Index index = 1; index <= 5; ++index) {
    const Write one = {.entries = {entry(1, index, std::string(index * 100, '\0'))}};
    {
      Log log({.folder = folder.path(), .node = 1});
      log.append({&one, 1});
      twin.append(one);
    }
    EXPECT_EQ(reopened(folder.path()), twin);
  }
}

TEST(Log, RandomWritesOverwritesResetsAndRestartsEqualTheTwin) {
  std::mt19937_64 random(20240607);
  for (int round = 0; round < 40; ++round) {
    SCOPED_TRACE(round);
    Folder folder;
    Twin twin;
    raft::Term term = 1;
    for (int restart = 0; restart < 4; ++restart) {
      Log log({.folder = folder.path(), .node = 1, .segment_bytes = 400});
      const LogState found = log.take_recovered();
      ASSERT_EQ((Twin{found.hard_state, found.base, found.entries}), twin);
      for (int append = 0; append < 8; ++append) {
        std::vector<Write> writes(1 + random() % 3);
        for (Write& one : writes) {
          if (random() % 3 == 0) one.hard_state = raft::HardState{.current_term = ++term, .voted_for = random() % 4};
          if (random() % 12 == 0) one.reset = raft::LogPosition{term, twin.last_index() + random() % 5};
          const raft::Index base = one.reset ? one.reset->index : twin.base.index;
          const raft::Index last = one.reset ? one.reset->index : twin.last_index();
          raft::Index index = base + 1 + random() % (last - base + 1);
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
