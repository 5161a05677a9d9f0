#include "target-raftd/raft/describe.h"

#include <fmt/core.h>

namespace raftd::raft {
namespace {

std::string text(const RequestVote& m) {
  return fmt::format("RequestVote(term {}, last log {})", m.term, describe(m.last_log));
}

std::string text(const RequestVoteReply& m) {
  return fmt::format("RequestVoteReply(term {}, {})", m.term, m.vote_granted ? "granted" : "refused");
}

std::string text(const AppendEntries& m) {
  std::string entries;
  for (const Entry& entry : m.entries) {
    entries += fmt::format("{} {}", entries.empty() ? "" : ",", describe(entry));
  }
  return fmt::format("AppendEntries(term {}, prev {}, commit {}, round {}{}{})", m.term, describe(m.prev_log),
                     m.leader_commit, m.round, entries.empty() ? "" : ", entries", entries);
}

std::string text(const AppendEntriesReply& m) {
  if (m.success) {
    return fmt::format("AppendEntriesReply(term {}, match {}, round {})", m.term, m.match_index, m.round);
  }
  return fmt::format("AppendEntriesReply(term {}, refused {}, conflict {}, round {})", m.term, m.match_index,
                     describe(LogPosition{m.conflict_term, m.conflict_index}), m.round);
}

std::string text(const ReadIndexRequest& m) {
  return fmt::format("ReadIndexRequest(term {}, read {})", m.term, m.read);
}

std::string text(const ReadIndexReply& m) {
  return m.success ? fmt::format("ReadIndexReply(term {}, read {}, index {})", m.term, m.read, m.read_index)
                   : fmt::format("ReadIndexReply(term {}, read {}, refused)", m.term, m.read);
}

}  // namespace

std::string describe(LogPosition position) {
  return fmt::format("{}.{}", position.term, position.index);
}

std::string describe(const Entry& entry) {
  const std::string position = describe(LogPosition{entry.term, entry.index});
  return entry.kind == EntryKind::no_op ? position + " no-op" : fmt::format("{} \"{}\"", position, entry.command);
}

std::string describe(const Message& message) {
  return std::visit([](const auto& m) { return text(m); }, message);
}

std::string describe(const HardState& state) {
  return fmt::format("term {}, voted for {}", state.current_term,
                     state.voted_for ? std::to_string(*state.voted_for) : "nobody");
}

std::string describe(Role role) {
  switch (role) {
    case Role::follower:
      return "follower";
    case Role::candidate:
      return "candidate";
    case Role::leader:
      return "leader";
  }
  return "?";
}

}  // namespace raftd::raft
