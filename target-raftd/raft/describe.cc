#include "target-raftd/raft/describe.h"

#include <fmt/core.h>

namespace raftd::raft {
namespace {

std::string text(const RequestVote& m) {
  return fmt::format("{}(term {}, last log {}{})", m.pre_vote ? "PreVote" : "RequestVote", m.term, describe(m.last_log),
                     m.by_transfer ? ", by transfer" : "");
}

std::string text(const RequestVoteReply& m) {
  return fmt::format("{}(term {}, {})", m.pre_vote ? "PreVoteReply" : "RequestVoteReply", m.term,
                     m.vote_granted ? "granted" : "refused");
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
  return fmt::format("ReadIndexRequest(term {}, read {}{})", m.term, m.read, m.lease ? ", lease" : "");
}

std::string text(const ReadIndexReply& m) {
  return m.success ? fmt::format("ReadIndexReply(term {}, read {}, index {})", m.term, m.read, m.read_index)
                   : fmt::format("ReadIndexReply(term {}, read {}, refused)", m.term, m.read);
}

std::string text(const InstallSnapshot& m) {
  return fmt::format("InstallSnapshot(term {}, snapshot {}, bytes {}+{} of {}, round {})", m.term,
                     describe(m.snapshot.position), m.offset, m.bytes.size(), m.size, m.round);
}

std::string text(const InstallSnapshotReply& m) {
  return fmt::format("InstallSnapshotReply(term {}, snapshot {}, {}, round {})", m.term, describe(m.position),
                     m.installed ? "installed" : fmt::format("has {} bytes", m.next_offset), m.round);
}

std::string text(const TimeoutNow& m) {
  return fmt::format("TimeoutNow(term {})", m.term);
}

}  // namespace

std::string describe(LogPosition position) {
  return fmt::format("{}.{}", position.term, position.index);
}

std::string describe(const Entry& entry) {
  const std::string position = describe(LogPosition{entry.term, entry.index});
  switch (entry.kind) {
    case EntryKind::no_op:
      return position + " no-op";
    case EntryKind::configuration:
      return position + " " + describe(decode_configuration(entry.command).value_or(Configuration{}));
    case EntryKind::command:
      break;
  }
  return fmt::format("{} \"{}\"", position, entry.command);
}

std::string describe(const Configuration& configuration) {
  std::string voters;
  std::string learners;
  for (const auto& [server, member] : configuration.members) {
    (member.voter ? voters : learners) += fmt::format(" {}", server);
  }
  return fmt::format("voters{}{}{}", voters, learners.empty() ? "" : ", learners", learners);
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
    case Role::pre_candidate:
      return "pre-candidate";
    case Role::candidate:
      return "candidate";
    case Role::leader:
      return "leader";
  }
  return "?";
}

std::string describe(ChangeRefusal refusal) {
  switch (refusal) {
    case ChangeRefusal::not_leader:
      return "not the leader";
    case ChangeRefusal::handing_over:
      return "leadership is being handed over";
    case ChangeRefusal::change_pending:
      return "the change before this one is not committed yet";
    case ChangeRefusal::term_not_begun:
      return "the leader has not committed an entry of its own term yet";
    case ChangeRefusal::already_member:
      return "it is a member already";
    case ChangeRefusal::retired:
      return "this number was removed before, and a new server needs a new one";
    case ChangeRefusal::unknown_member:
      return "no such member";
    case ChangeRefusal::not_a_learner:
      return "it votes already";
    case ChangeRefusal::learner_behind:
      return "the learner must catch up before it votes";
    case ChangeRefusal::last_voter:
      return "it is the last voter";
  }
  return "?";
}

}  // namespace raftd::raft
