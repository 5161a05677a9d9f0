#include "target-raftd/storage/data_folder.h"

#include <gmock/gmock.h>

#include "target-raftd/storage/testing/folder.h"

namespace raftd::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const raft::Configuration three = raft::configuration_of({1, 2, 3});

DataFolder::Options options(const Folder& folder) {
  return {
      .folder = folder.path() / "data", .cluster_name = "alpha", .node = 1, .bootstrap = three, .segment_bytes = 200};
}

raft::Entry entry(raft::Term term, raft::Index index) {
  return {.term = term, .index = index, .kind = raft::EntryKind::command, .command = "value"};
}

void append(DataFolder& folder, raft::Term term, raft::Index first, raft::Index last) {
  for (raft::Index index = first; index <= last; ++index) {
    const Write one = {.entries = {entry(term, index)}};
    folder.log().append({&one, 1});
  }
}

raft::Snapshot snapshot(raft::Term term, raft::Index index, std::string data = "state") {
  return {.meta = {.position = {term, index}, .configuration = raft::configuration_of({1, 2, 3, 4}), .checksum = 7},
          .data = std::make_shared<const std::string>(std::move(data))};
}

std::filesystem::path file(const Folder& folder, const std::string& name) {
  return folder.path() / "data" / name;
}

raft::Persisted reopened(const Folder& folder) {
  return DataFolder(options(folder)).take_recovered();
}

TEST(DataFolder, ANewOneHoldsTheConfigurationToBeginWith) {
  Folder folder;
  const raft::Persisted found = reopened(folder);
  EXPECT_EQ(found.snapshot.meta, (raft::SnapshotMeta{.configuration = three}));
  EXPECT_THAT(found.entries, IsEmpty());
  EXPECT_EQ(found.hard_state, raft::HardState{});
}

TEST(DataFolder, KeepsItsIdentityOverRestartsWhateverTheFlagsSayLater) {
  Folder folder;
  DataFolder(options(folder)).identify(99);
  DataFolder::Options later = options(folder);
  later.bootstrap = raft::configuration_of({7});
  DataFolder again(later);
  EXPECT_EQ(again.identity(), (Identity{.cluster_name = "alpha", .node = 1, .incarnation = 99, .bootstrap = three}));
  EXPECT_EQ(again.take_recovered().snapshot.meta.configuration, three);
}

TEST(DataFolder, OfAnotherClusterOrNodeIsRefused) {
  Folder folder;
  reopened(folder);
  DataFolder::Options other = options(folder);
  other.cluster_name = "beta";
  EXPECT_EQ(refusal([&] { DataFolder{other}; }),
            "the data folder " + (folder.path() / "data").string() +
                " belongs to the cluster \"alpha\", not to \"beta\"; correct --cluster-name, or give --data another "
                "folder");
  other = options(folder);
  other.node = 2;
  EXPECT_THAT(refusal([&] { DataFolder{other}; }), HasSubstr("belongs to node 1, not to node 2"));
}

TEST(DataFolder, ASecondOpenIsRefused) {
  Folder folder;
  DataFolder open(options(folder));
  EXPECT_EQ(refusal([&] { reopened(folder); }),
            "the data folder " + (folder.path() / "data").string() +
                " is in use by another raftd; stop that one first, or give --data another folder");
}

TEST(DataFolder, GoesOnFromItsNewestSnapshotWithTheLogBehindIt) {
  Folder folder;
  {
    DataFolder open(options(folder));
    append(open, 1, 1, 20);
    EXPECT_TRUE(open.snapshots().save(snapshot(1, 10)));
    EXPECT_FALSE(open.snapshots().save(snapshot(1, 10))) << "is there already";
    EXPECT_FALSE(open.snapshots().save(snapshot(1, 9))) << "an older one";
    EXPECT_TRUE(open.snapshots().save(snapshot(1, 15, "newer")));
    open.log().compact({1, 12});
  }
  const raft::Persisted found = reopened(folder);
  EXPECT_EQ(found.snapshot.meta, snapshot(1, 15).meta);
  EXPECT_EQ(*found.snapshot.data, "newer");
  EXPECT_LE(found.log_base.index, 12U);
  EXPECT_GT(found.log_base.index, 0U);
  EXPECT_EQ(found.entries.front().index, found.log_base.index + 1);
  EXPECT_EQ(found.entries.back(), entry(1, 20));
  EXPECT_FALSE(std::filesystem::exists(file(folder, "snapshot-00000000000000000010-1.snap")));
}

TEST(DataFolder, ALogWithoutTheEntryOfTheSnapshotIsDroppedForGood) {
  struct Case {
    const char* name;
    raft::LogPosition position;
    bool dropped;
  };
  for (const Case& c : {Case{"the entry is there", {1, 5}, false}, Case{"it is of another term", {2, 5}, true},
                        Case{"the log ends before it", {1, 9}, true}, Case{"it is the last one", {1, 8}, false}}) {
    SCOPED_TRACE(c.name);
    Folder folder;
    {
      DataFolder open(options(folder));
      append(open, 1, 1, 8);
      open.snapshots().save(snapshot(c.position.term, c.position.index));
    }
    for (int restart = 0; restart < 2; ++restart) {
      const raft::Persisted found = reopened(folder);
      EXPECT_EQ(found.snapshot.meta.position, c.position);
      EXPECT_EQ(found.entries.empty(), c.dropped);
      EXPECT_EQ(found.log_base == c.position, c.dropped);
      EXPECT_EQ(found.hard_state.current_term, c.position.term) << "not below the snapshot's";
    }
    DataFolder open(options(folder));
    append(open, 3, c.position.index + 1, c.position.index + 2);
  }
}

TEST(DataFolder, AnInstalledSnapshotTakesThePlaceOfTheLog) {
  Folder folder;
  {
    DataFolder open(options(folder));
    append(open, 1, 1, 8);
    open.snapshots().save(snapshot(2, 6));
    const Write reset = {.reset = raft::LogPosition{2, 6}, .entries = {entry(2, 7)}};
    open.log().append({&reset, 1});
  }
  const raft::Persisted found = reopened(folder);
  EXPECT_EQ(found.log_base, (raft::LogPosition{2, 6}));
  EXPECT_THAT(found.entries, ElementsAre(entry(2, 7)));
}

// A saved snapshot of 20 entries, the one of 10 beside it, and a log.
struct Damaged {
  explicit Damaged(bool compacted) {
    DataFolder open(options(folder));
    append(open, 1, 1, 25);
    open.snapshots().save(snapshot(1, 10));
    const std::string older = read_file(file(folder, "snapshot-00000000000000000010-1.snap"));
    open.snapshots().save(snapshot(1, 20));
    write(file(folder, "snapshot-00000000000000000010-1.snap"), older);
    if (compacted) open.log().compact({1, 20});
    newest = file(folder, "snapshot-00000000000000000020-1.snap");
  }
  Folder folder;
  std::filesystem::path newest;
};

TEST(DataFolder, ADamagedSnapshotIsPassedOverOnlyIfAnOlderOneAndTheLogHoldEverything) {
  Damaged complete(false);
  write(complete.newest, read_file(complete.newest) + "x");
  DataFolder open(options(complete.folder));
  EXPECT_THAT(open.notes(), ElementsAre(HasSubstr("is damaged; the log goes on from snapshot-")));
  const raft::Persisted found = open.take_recovered();
  EXPECT_EQ(found.snapshot.meta.position, (raft::LogPosition{1, 10}));
  EXPECT_EQ(found.entries.back(), entry(1, 25));

  Damaged compacted(true);
  write(compacted.newest, "");
  EXPECT_EQ(
      refusal([&] { reopened(compacted.folder); }),
      compacted.newest.string() +
          ": this snapshot is damaged; restore the file from a copy, or, if the other servers are healthy, remove "
          "this server from the cluster and add it again with an empty folder");
}

TEST(DataFolder, EveryFlippedBitOfASnapshotIsSeen) {
  const raft::Snapshot one = snapshot(3, 40);
  const std::string head = encode_head(one);
  const std::string bytes = head + *one.data + encode_tail(head, *one.data);
  ASSERT_TRUE(decode_snapshot(bytes));
  EXPECT_EQ(decode_snapshot(bytes)->meta, one.meta);
  EXPECT_EQ(*decode_snapshot(bytes)->data, *one.data);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(decode_snapshot(damaged)) << bit;
  }
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(decode_snapshot(bytes.substr(0, size))) << size;
}

TEST(DataFolder, AMissingPartIsRefusedByName) {
  struct Case {
    std::string missing;
    std::string says;
  };
  for (const Case& c :
       {Case{"identity", "identity: this file is missing"}, Case{"wal-00000001.log", "file before this"},
        Case{"snapshot-00000000000000000005-1.snap", "no snapshot goes beyond entry 0"}}) {
    SCOPED_TRACE(c.missing);
    Folder folder;
    {
      DataFolder open(options(folder));
      append(open, 1, 1, 20);
      if (c.missing.starts_with("snap")) {
        open.snapshots().save(snapshot(1, 5));
        open.log().compact({1, 5});
      }
    }
    ASSERT_TRUE(std::filesystem::remove(file(folder, c.missing)));
    EXPECT_THAT(refusal([&] { reopened(folder); }), HasSubstr(c.says));
  }
}

TEST(DataFolder, WithoutAnyLogIsRefusedBecauseItsVotesWouldBeForgotten) {
  Folder folder;
  reopened(folder);
  std::filesystem::remove(file(folder, "wal-00000001.log"));
  EXPECT_THAT(refusal([&] { reopened(folder); }), HasSubstr("the log is missing"));
}

TEST(DataFolder, WhatACrashLeftHalfWrittenIsRemoved) {
  Folder folder;
  reopened(folder);
  write(file(folder, "snapshot-00000000000000000005-1.snap.new"), "half");
  reopened(folder);
  EXPECT_FALSE(std::filesystem::exists(file(folder, "snapshot-00000000000000000005-1.snap.new")));
}

TEST(Identity, EveryFlippedBitAndTruncationIsSeen) {
  const Identity identity = {.cluster_name = "alpha", .node = 3, .incarnation = 9, .bootstrap = three};
  const std::string bytes = encode(identity);
  EXPECT_EQ(decode_identity(bytes), identity);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_EQ(decode_identity(damaged), std::nullopt) << bit;
  }
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_EQ(decode_identity(bytes.substr(0, size)), std::nullopt);
}

}  // namespace
}  // namespace raftd::storage
