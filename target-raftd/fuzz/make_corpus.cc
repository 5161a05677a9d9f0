// Writes the seeds of corpus/{wal,snapshot,kv,wire}: small valid inputs of every kind, from which fuzzers start. Those
// of http are text, written by hand.
//
//   make_corpus CORPUS           writes them; after a change of a format
//   make_corpus --check CORPUS   compares: seeds of an old format are refused at their first bytes and reach nothing
//
// Other files there (what a fuzzer found once) are left alone.

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "target-raftd/kv/store.h"
#include "target-raftd/net/frame.h"
#include "target-raftd/storage/format.h"
#include "target-raftd/storage/identity.h"
#include "target-raftd/storage/snapshots.h"

namespace {

namespace fs = std::filesystem;
namespace kv = raftd::kv;
namespace net = raftd::net;
namespace raft = raftd::raft;
namespace storage = raftd::storage;

using Seeds = std::map<std::string, std::string>;  // bytes by path below the corpus

std::vector<kv::Command> commands() {
  const kv::Txn txn = {.compares = {{.key = "x", .to = kv::Compare::Holds{"1"}},
                                    {.key = "y", .to = kv::Compare::Absent{}},
                                    {.key = "x", .to = kv::Compare::Modified{2}},
                                    {.key = "x", .to = kv::Compare::Version{1}}},
                       .then = {kv::Put{"y", "2"}, kv::Get{"x"}},
                       .otherwise = {kv::Delete{"y"}, kv::Get{"x"}}};
  return {{.session = {}, .action = kv::Put{"x", "1"}},
          {.session = kv::SessionSerial{"s", 1}, .action = kv::Add{"x", -3}},
          {.session = kv::SessionSerial{"t", 1}, .action = kv::Add{"absent", 1}},
          {.session = {}, .action = kv::CompareAndSet{"x", "9", "2"}},
          {.session = {}, .action = kv::CompareAndSet{"z", std::nullopt, "word"}},
          {.session = {}, .action = kv::Add{"z", 1}},
          {.session = {}, .action = kv::Identify{7}},
          {.session = kv::SessionSerial{"s", 2}, .action = txn},
          {.session = kv::SessionSerial{"u", 2}, .action = kv::Delete{"x"}},
          {.session = kv::SessionSerial{"s", 1}, .action = kv::Delete{"x"}}};
}

raft::Configuration configuration() {
  raft::Configuration three;
  three.members = {{1, {.address = "127.0.0.1:7101", .voter = true}},
                   {2, {.address = "127.0.0.1:7102", .voter = true}},
                   {3, {.address = "", .voter = false}}};
  three.retired = {4};
  return three;
}

// A command after its length, as kv_fuzz.cc takes a row of them.
void add_kv(Seeds& seeds) {
  kv::Store store({.sessions = 2});
  std::string row;
  for (std::uint64_t index = 1; const kv::Command& command : commands()) {
    const std::string bytes = kv::encode(command);
    seeds["kv/command-" + std::to_string(index)] = bytes;
    row += static_cast<char>(bytes.size()) + bytes;
    seeds["kv/result-" + std::to_string(index)] = kv::encode(store.apply(index, command));
    ++index;
  }
  seeds["kv/commands"] = row;
}

void add_snapshot(Seeds& seeds) {
  kv::Store store({.sessions = 2});
  seeds["snapshot/empty-state"] = kv::encode(store.freeze());
  for (std::uint64_t index = 1; const kv::Command& command : commands()) store.apply(index++, command);
  const std::string state = kv::encode(store.freeze());
  seeds["snapshot/state"] = state;
  const raft::Snapshot snapshot = {
      .meta = {.position = {.term = 2, .index = 10}, .configuration = configuration(), .checksum = 9},
      .data = std::make_shared<const std::string>(state)};
  const std::string head = storage::encode_head(snapshot);
  seeds["snapshot/file"] = head + state + storage::encode_tail(head, state);
}

std::vector<raft::Entry> entries() {
  return {{.term = 2, .index = 1, .kind = raft::EntryKind::no_op, .command = ""},
          {.term = 2, .index = 2, .kind = raft::EntryKind::command, .command = kv::encode(commands()[0])},
          {.term = 2, .index = 3, .kind = raft::EntryKind::configuration, .command = raft::encode(configuration())}};
}

void add_wal(Seeds& seeds) {
  const storage::SegmentHeader header = {.number = 2,
                                         .node = 1,
                                         .salt = 5,
                                         .first_sequence = 4,
                                         .hard_state = {.current_term = 2, .voted_for = 1},
                                         .base = {}};
  const std::vector<storage::Write> writes = {
      {.hard_state = raft::HardState{.current_term = 3, .voted_for = 2}, .entries = entries()},
      {.reset = raft::LogPosition{.term = 2, .index = 9}},
      {.entries = {{.term = 3, .index = 10, .kind = raft::EntryKind::no_op, .command = ""}}},
      {.hard_state = raft::HardState{.current_term = 4, .voted_for = std::nullopt}}};
  std::string segment = storage::encode(header);
  for (std::uint64_t sequence = 4; const storage::Write& write : writes) {
    std::string record;
    storage::encode_record({&write, 1}, header.salt, sequence, record);
    seeds["wal/payload-" + std::to_string(sequence)] = record.substr(storage::record_header_size);
    segment += record;
    ++sequence;
  }
  seeds["wal/segment"] = segment;
  seeds["wal/torn"] = segment.substr(0, segment.size() - 3);
  seeds["wal/zeros"] = segment + std::string(64, '\0');
  std::string damaged = segment;
  damaged[storage::segment_header_size + storage::record_header_size] ^= 1;  // with later records behind it
  seeds["wal/damaged"] = damaged;
  seeds["wal/identity"] = storage::encode(
      storage::Identity{.cluster_name = "alpha", .node = 1, .incarnation = 3, .bootstrap = configuration()});
}

std::vector<std::pair<std::string, raft::Message>> messages() {
  const raft::LogPosition last = {.term = 2, .index = 7};
  return {
      {"request-vote", raft::RequestVote{.term = 3, .last_log = last, .pre_vote = true, .by_transfer = true}},
      {"request-vote-reply", raft::RequestVoteReply{.term = 3, .vote_granted = true, .pre_vote = true}},
      {"append-entries",
       raft::AppendEntries{.term = 3, .prev_log = {}, .entries = entries(), .leader_commit = 2, .round = 4}},
      {"append-entries-reply",
       raft::AppendEntriesReply{
           .term = 3, .success = false, .match_index = 7, .conflict_term = 2, .conflict_index = 5, .round = 4}},
      {"read-index-request", raft::ReadIndexRequest{.term = 3, .read = 12, .lease = true}},
      {"read-index-reply", raft::ReadIndexReply{.term = 3, .read = 12, .success = true, .read_index = 9}},
      {"install-snapshot",
       raft::InstallSnapshot{.term = 3,
                             .snapshot = {.position = last, .configuration = configuration(), .checksum = 5},
                             .size = 10,
                             .offset = 4,
                             .bytes = "piece",
                             .round = 6}},
      {"install-snapshot-reply",
       raft::InstallSnapshotReply{
           .term = 3, .position = last, .checksum = 5, .next_offset = 9, .installed = true, .round = 6}},
      {"timeout-now", raft::TimeoutNow{.term = 3}},
  };
}

// Each kind as a frame and, as NAME-body, without its header; and all of them as one stream.
void add_wire(Seeds& seeds) {
  std::vector<std::pair<std::string, net::Frame>> frames = {
      {"hello", net::Hello{.cluster = 5, .cluster_name = "alpha", .incarnation = 9, .from = 1, .to = 2}},
      {"hello-of-another-version", net::Hello{.version = 1}},
      {"ping", net::Ping{}},
      {"pong", net::Pong{}},
      {"forward", net::Forward{.id = 77, .command = kv::encode(commands()[0])}},
      {"forward-reply", net::ForwardReply{.id = 77, .outcome = kv::encode(kv::Result{.index = 8})}},
      {"forward-refusal", net::ForwardReply{.id = 78, .outcome = net::Refusal::timeout}}};
  for (auto& [name, message] : messages()) frames.emplace_back(name, std::move(message));
  std::string stream;
  for (const auto& [name, frame] : frames) {
    std::string bytes;
    net::encode(frame, bytes);
    seeds["wire/" + name] = bytes;
    seeds["wire/" + name + "-body"] = bytes.substr(net::frame_header_size);
    stream += bytes;
  }
  seeds["wire/stream"] = stream;
}

bool holds(const fs::path& file, const std::string& bytes) {
  std::ifstream in(file, std::ios::binary);
  return in && std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()) == bytes;
}

void write(const fs::path& file, const std::string& bytes) {
  fs::create_directories(file.parent_path());
  std::ofstream out(file, std::ios::binary);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const bool check = arguments.size() == 2 && arguments[0] == "--check";
  if (!check && arguments.size() != 1) {
    std::cerr << "usage: make_corpus [--check] CORPUS\n";
    return 2;
  }
  Seeds seeds;
  add_kv(seeds);
  add_snapshot(seeds);
  add_wal(seeds);
  add_wire(seeds);
  int stale = 0;
  for (const auto& [name, bytes] : seeds) {
    const fs::path file = fs::path(arguments.back()) / name;
    if (holds(file, bytes)) continue;
    ++stale;
    if (check)
      std::cerr << file.string() << " is missing or of another format; run make_corpus " << arguments.back() << "\n";
    if (!check) write(file, bytes);
  }
  std::cout << seeds.size() << " seeds, " << stale << (check ? " stale\n" : " written\n");
  return check && stale > 0 ? 1 : 0;
}
