#include "target-raftd/net/raft_frames.h"

namespace raftd::net {
namespace {

void put(Writer& out, const raft::RequestVote& m) {
  out.put(Type::request_vote, m.term, m.last_log, m.pre_vote, m.by_transfer);
}
void put(Writer& out, const raft::RequestVoteReply& m) {
  out.put(Type::request_vote_reply, m.term, m.vote_granted, m.pre_vote);
}

void put(Writer& out, const raft::AppendEntries& m) {
  out.put(Type::append_entries, m.term, m.prev_log, m.leader_commit, m.round,
          static_cast<std::uint32_t>(m.entries.size()));
  for (const raft::Entry& entry : m.entries) out.put(entry.term, entry.index, entry.kind, entry.command);
}

void put(Writer& out, const raft::AppendEntriesReply& m) {
  out.put(Type::append_entries_reply, m.term, m.success, m.match_index, m.conflict_term, m.conflict_index, m.round);
}
void put(Writer& out, const raft::ReadIndexRequest& m) {
  out.put(Type::read_index_request, m.term, m.read, m.lease);
}
void put(Writer& out, const raft::ReadIndexReply& m) {
  out.put(Type::read_index_reply, m.term, m.read, m.success, m.read_index);
}
void put(Writer& out, const raft::InstallSnapshot& m) {
  out.put(Type::install_snapshot, m.term, m.snapshot.position, raft::encode(m.snapshot.configuration),
          m.snapshot.checksum, m.size, m.offset, m.bytes, m.round);
}
void put(Writer& out, const raft::InstallSnapshotReply& m) {
  out.put(Type::install_snapshot_reply, m.term, m.position, m.checksum, m.next_offset, m.installed, m.round);
}
void put(Writer& out, const raft::TimeoutNow& m) {
  out.put(Type::timeout_now, m.term);
}

raft::Message take_append_entries(Reader& in) {
  raft::AppendEntries message;
  std::uint32_t count = 0;
  in.take(message.term, message.prev_log, message.leader_commit, message.round, count);
  for (; count > 0; --count) {  // `count` may be a lie, so nothing is reserved for it.
    raft::Entry entry;
    in.take(entry.term, entry.index);
    in.take_enum(entry.kind, raft::EntryKind::configuration);
    if (!in.take(entry.command)) break;
    message.entries.push_back(std::move(entry));
  }
  return message;
}

raft::Message take_append_entries_reply(Reader& in) {
  raft::AppendEntriesReply m;
  in.take(m.term, m.success, m.match_index, m.conflict_term, m.conflict_index, m.round);
  return m;
}

raft::Message take_install_snapshot(Reader& in) {
  raft::InstallSnapshot m;
  std::string configuration;
  in.take(m.term, m.snapshot.position, configuration, m.snapshot.checksum, m.size, m.offset, m.bytes, m.round);
  auto decoded = raft::decode_configuration(configuration);
  if (decoded) m.snapshot.configuration = std::move(*decoded);
  if (!decoded) in.fail();
  return m;
}

raft::Message take_install_snapshot_reply(Reader& in) {
  raft::InstallSnapshotReply m;
  in.take(m.term, m.position, m.checksum, m.next_offset, m.installed, m.round);
  return m;
}

raft::Message take_timeout_now(Reader& in) {
  raft::TimeoutNow m;
  in.take(m.term);
  return m;
}

raft::Message take_vote_or_read(Type type, Reader& in) {
  switch (type) {
    case Type::request_vote: {
      raft::RequestVote m;
      in.take(m.term, m.last_log, m.pre_vote, m.by_transfer);
      return m;
    }
    case Type::request_vote_reply: {
      raft::RequestVoteReply m;
      in.take(m.term, m.vote_granted, m.pre_vote);
      return m;
    }
    case Type::read_index_request: {
      raft::ReadIndexRequest m;
      in.take(m.term, m.read, m.lease);
      return m;
    }
    default: {
      raft::ReadIndexReply m;
      in.take(m.term, m.read, m.success, m.read_index);
      return m;
    }
  }
}

}  // namespace

void put_message(Writer& out, const raft::Message& message) {
  std::visit([&](const auto& one) { put(out, one); }, message);
}

raft::Message take_message(Type type, Reader& in) {
  switch (type) {
    case Type::append_entries:
      return take_append_entries(in);
    case Type::append_entries_reply:
      return take_append_entries_reply(in);
    case Type::install_snapshot:
      return take_install_snapshot(in);
    case Type::install_snapshot_reply:
      return take_install_snapshot_reply(in);
    case Type::timeout_now:
      return take_timeout_now(in);
    default:
      return take_vote_or_read(type, in);
  }
}

}  // namespace raftd::net
