// Lets the disk fail at every operation of a random day of a server, then loses what a power failure may lose, and
// holds what recovery finds against a slow twin: all that was acknowledged, or that and the one call that was under
// way.

#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "target-raftd/storage/data_folder.h"
#include "target-raftd/storage/testing/crash_disk.h"

namespace raftd::storage {
namespace {

struct Twin {
  raft::HardState hard_state = {};
  raft::LogPosition base = {};
  std::vector<raft::Entry> entries = {};
  raft::LogPosition snapshot = {};
  std::uint64_t incarnation = 0;

  raft::Index last_index() const { return base.index + entries.size(); }
  raft::Term term_at(raft::Index index) const {
    return index == base.index ? base.term : entries.at(index - base.index - 1).term;
  }

  void append(const Write& write) {
    if (write.hard_state) hard_state = *write.hard_state;
    if (write.reset) {
      base = *write.reset;
      entries.clear();
    }
    for (const raft::Entry& entry : write.entries) {
      entries.resize(entry.index - base.index - 1);
      entries.push_back(entry);
    }
  }

  // As a restart finds it (§7).
  Twin recovered() const {
    Twin found = *this;
    const bool fits =
        snapshot.index >= base.index && snapshot.index <= last_index() && term_at(snapshot.index) == snapshot.term;
    if (!fits) {
      found.base = snapshot;
      found.entries.clear();
    }
    if (found.hard_state.current_term < snapshot.term)
      found.hard_state = {.current_term = snapshot.term, .voted_for = {}};
    return found;
  }
};

DataFolder::Options options(const std::filesystem::path& folder, Disk& disk) {
  return {.folder = folder,
          .cluster_name = "alpha",
          .node = 1,
          .bootstrap = raft::configuration_of({1}),
          .segment_bytes = 250,
          .disk = &disk};
}

// What is wrong with `found`, if `twin` was the state; empty: nothing.
std::string difference(const raft::Persisted& found, std::uint64_t incarnation, const Twin& twin) {
  const raft::LogPosition position = found.snapshot.meta.position;
  if (found.hard_state != twin.hard_state) return "hard state";
  if (position != twin.snapshot) return "snapshot";
  if (incarnation != twin.incarnation) return "incarnation";
  if (found.log_base.index > position.index) return "the log begins behind the snapshot";
  const raft::Index last = found.log_base.index + found.entries.size();
  if (last != twin.last_index()) return "last index";
  for (std::size_t i = 0; i < found.entries.size(); ++i) {
    const raft::Index index = found.log_base.index + 1 + i;
    if (found.entries[i].index != index) return "not contiguous";
    if (index > twin.base.index && found.entries[i] != twin.entries[index - twin.base.index - 1]) return "an entry";
  }
  return "";
}

// A server that does what a seed says; `before` is what it has acknowledged, `after` what the call under way adds.
class Server {
 public:
  explicit Server(std::uint64_t seed) : random_(seed) {}

  void live(DataFolder& folder, int calls) {
    for (int call = 0; call < calls; ++call) {
      switch (random_() % 8) {
        case 0:
          own_snapshot(folder);
          break;
        case 1:
          install(folder);
          break;
        case 2:
          perform([this](Twin& twin) { twin.incarnation = calls_ + 1; }, [&] { folder.identify(calls_ + 1); });
          break;
        default:
          append(folder);
      }
      ++calls_;
    }
  }

  Twin before;
  Twin after;

 private:
  void perform(const std::function<void(Twin&)>& on_twin, const std::function<void()>& real) {
    on_twin(after);
    real();
    before = after;
  }

  void append(DataFolder& folder) {
    std::vector<Write> writes(1 + random_() % 2);
    perform(
        [&](Twin& twin) {
          for (Write& one : writes) fill(one, twin);
        },
        [&] { folder.log().append(writes); });
  }

  // Never overwrites what a snapshot covers.
  void fill(Write& one, Twin& twin) {
    if (random_() % 3 == 0) one.hard_state = raft::HardState{.current_term = ++term_, .voted_for = random_() % 4};
    const raft::Index first = std::max(twin.snapshot.index, twin.base.index) + 1;
    raft::Index index = first + random_() % (twin.last_index() + 2 - first);
    for (std::size_t n = random_() % 4; n > 0; --n) {
      one.entries.push_back({.term = term_, .index = index++, .kind = raft::EntryKind::command, .command = text()});
    }
    twin.append(one);
  }

  void own_snapshot(DataFolder& folder) {
    if (after.last_index() <= after.snapshot.index) return;
    const raft::Index index = after.snapshot.index + 1 + random_() % (after.last_index() - after.snapshot.index);
    const raft::LogPosition position = {.term = after.term_at(index), .index = index};
    save(folder, position);
    perform([](Twin&) {}, [&] { folder.log().compact({.term = position.term, .index = index - random_() % 2}); });
  }

  void install(DataFolder& folder) {
    const raft::Index least = std::max(after.snapshot.index, after.base.index) + 1;
    const raft::LogPosition position = {.term = ++term_, .index = least + random_() % 6};
    Write reset = {.hard_state = raft::HardState{.current_term = term_, .voted_for = {}}};
    perform([&](Twin& twin) { twin.append(reset); }, [&] { folder.log().append({&reset, 1}); });
    save(folder, position);
    reset = {.reset = position};
    perform([&](Twin& twin) { twin.append(reset); }, [&] { folder.log().append({&reset, 1}); });
  }

  void save(DataFolder& folder, raft::LogPosition position) {
    const raft::Snapshot snapshot = {
        .meta = {.position = position, .configuration = raft::configuration_of({1}), .checksum = 1},
        .data = std::make_shared<const std::string>(text())};
    perform([&](Twin& twin) { twin.snapshot = position; }, [&] { folder.snapshots().save(snapshot); });
  }

  std::string text() { return std::string(random_() % 40, static_cast<char>(random_())); }

  std::mt19937_64 random_;
  raft::Term term_ = 1;
  std::uint64_t calls_ = 0;
};

// Opens what is in `folder` and says what is wrong with it; also after it has gone on from there.
std::string judge(const std::filesystem::path& folder, const Server& server) {
  CrashDisk disk;
  for (const auto& file : std::filesystem::directory_iterator(folder)) disk.adopt(file.path());
  auto reopened = std::make_unique<DataFolder>(options(folder, disk));
  const raft::Persisted found = reopened->take_recovered();
  const std::uint64_t incarnation = reopened->identity().incarnation;
  const Write more = {
      .entries = {{.term = 99, .index = found.log_base.index + found.entries.size() + 1, .command = "more"}}};
  reopened->log().append({&more, 1});
  reopened.reset();
  const raft::Persisted later = DataFolder(options(folder, disk)).take_recovered();
  if (later.entries.empty() || later.entries.back() != more.entries.back()) return "it could not go on";
  const std::string before = difference(found, incarnation, server.before.recovered());
  if (before.empty()) return "";
  const std::string after = difference(found, incarnation, server.after.recovered());
  return after.empty() ? "" : "against what was acknowledged: " + before + "; with the call under way: " + after;
}

constexpr int calls = 25;

int operations_of(std::uint64_t seed) {
  Folder folder;
  CrashDisk disk;
  DataFolder open(options(folder.path(), disk));
  Server(seed).live(open, calls);
  return disk.operations();
}

void live_until_the_disk_fails(Server& server, const std::filesystem::path& folder, CrashDisk& disk) {
  try {
    DataFolder open(options(folder, disk));
    server.live(open, calls);
  } catch (const StorageError&) {
  }
}

TEST(Crash, AtAnyOperationAndWithAnyLossARestartFindsAllThatWasAcknowledged) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const int operations = operations_of(seed);
    ASSERT_GT(operations, 60);
    for (int good = 0; good < operations; ++good) {
      Folder folder;
      CrashDisk disk(good);
      Server server(seed);
      live_until_the_disk_fails(server, folder.path(), disk);
      ASSERT_TRUE(disk.crashed());
      for (std::uint64_t loss = 0; loss < 6; ++loss) {
        Folder left;
        disk.lose_power(loss, left.path());
        ASSERT_NO_THROW(ASSERT_EQ(judge(left.path(), server), "") << seed << ' ' << good << ' ' << loss)
            << seed << ' ' << good << ' ' << loss;
      }
    }
  }
}

// The disk failed, the process ended, the machine stayed on: what recovery saw and acted upon must not vanish later.
TEST(Crash, WhatARestartedProcessFoundOutlivesAPowerFailureAfterwards) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const int operations = operations_of(seed);
    for (int good = 0; good < operations; ++good) {
      Folder folder;
      CrashDisk disk(good);
      Server server(seed);
      live_until_the_disk_fails(server, folder.path(), disk);
      disk.restart_process();
      Server found(seed);
      {
        DataFolder open(options(folder.path(), disk));
        const raft::Persisted persisted = open.take_recovered();
        found.before = {.hard_state = persisted.hard_state,
                        .base = persisted.log_base,
                        .entries = persisted.entries,
                        .snapshot = persisted.snapshot.meta.position,
                        .incarnation = open.identity().incarnation};
        found.after = found.before;
      }
      for (std::uint64_t loss = 0; loss < 6; ++loss) {
        Folder left;
        disk.lose_power(loss, left.path());
        ASSERT_NO_THROW(ASSERT_EQ(judge(left.path(), found), "") << seed << ' ' << good << ' ' << loss)
            << seed << ' ' << good << ' ' << loss;
      }
    }
  }
}

}  // namespace
}  // namespace raftd::storage
