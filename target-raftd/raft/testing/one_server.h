// One server of the pure core, whose peers are played by a test.

#pragma once

#include <initializer_list>
#include <optional>
#include <utility>
#include <vector>

#include "target-raftd/raft/raft.h"

namespace raftd::raft {

// Entries from index `first` on, one for each term given.
inline std::vector<Entry> entries(std::initializer_list<Term> terms, Index first = 1) {
  std::vector<Entry> made;
  for (const Term term : terms) {
    made.push_back({.term = term, .index = first, .kind = EntryKind::command, .command = "c"});
    ++first;
  }
  return made;
}

class OneServer {
 public:
  // Server 1 of `servers`, with the log and the term of an earlier life.
  explicit OneServer(NodeId servers, std::initializer_list<Term> log = {}, HardState hard_state = {})
      : OneServer(config_of_server_1(), servers, log, hard_state) {}
  OneServer(Config config, NodeId servers, std::initializer_list<Term> log = {}, HardState hard_state = {})
      : config_(config),
        servers_(servers),
        raft_(config, persisted(servers, at_least(hard_state, log), entries(log))) {}

  // No PreVote and no CheckQuorum: the tests that are about these say so.
  static Config config_of_server_1() { return {.id = 1, .pre_vote = false, .check_quorum = false}; }
  static Persisted persisted(NodeId servers, HardState hard_state = {}, std::vector<Entry> log = {}) {
    Persisted found{.hard_state = hard_state, .snapshot = {}, .log_base = {}, .entries = std::move(log)};
    for (NodeId id = 1; id <= servers; ++id) {
      found.snapshot.meta.configuration.members.emplace(id, Member{});
    }
    return found;
  }

  // Each input answers with its effects, and its entries are durable at once.
  Effects step(NodeId from, Message message) {
    raft_.step({from, std::move(message)});
    return settle();
  }
  Effects tick(int times = 1) {
    Effects all;
    for (; times > 0; --times) {
      raft_.tick();
      append(all, settle());
    }
    return all;
  }
  Effects propose(std::string command) {
    raft_.propose(std::move(command));
    return settle();
  }
  Effects read(ReadId id, ReadMode mode = ReadMode::read_index) {
    raft_.read(id, mode);
    return settle();
  }

  // Until it asks for votes in the next term.
  Effects campaign() {
    const Term before = raft_.status().term;
    while (raft_.status().term == before) {
      raft_.tick();
    }
    return settle();
  }
  // Campaigns, and gets the votes of all.
  Effects lead() {
    Effects all = campaign();
    for (NodeId peer = 2; peer <= servers_; ++peer) {
      append(all, step(peer, RequestVoteReply{.term = term(), .vote_granted = true}));
    }
    return all;
  }
  // Follower `peer` holds everything up to `match`.
  Effects accept(NodeId peer, Index match, Round round = 0) {
    return step(peer, AppendEntriesReply{.term = term(), .success = true, .match_index = match, .round = round});
  }

  // What the clock reads from now on.
  void clock(Time now) { now_ = now; }

  // While the disk is slow, nothing is reported as durable.
  void slow_disk() { slow_disk_ = true; }

  Raft& raft() { return raft_; }
  Status status() const { return raft_.status(); }
  Term term() const { return raft_.status().term; }
  Role role() const { return raft_.status().role; }

 private:
  static HardState at_least(HardState state, const std::initializer_list<Term>& log) {
    state.current_term = log.size() == 0 ? state.current_term : std::max(state.current_term, *(log.end() - 1));
    return state;
  }
  Effects settle() {
    Effects all = raft_.take_effects(now_);
    if (!slow_disk_ && !all.entries.empty()) {
      raft_.durable({all.entries.back().term, all.entries.back().index});
      append(all, raft_.take_effects(now_));
    }
    return all;
  }
  static void append(Effects& all, Effects more) {
    const auto add = [](auto& to, auto& from) { to.insert(to.end(), from.begin(), from.end()); };
    add(all.messages_at_once, more.messages_at_once);
    all.hard_state = more.hard_state ? more.hard_state : all.hard_state;
    all.install = more.install ? more.install : all.install;
    add(all.entries, more.entries);
    add(all.messages, more.messages);
    add(all.committed, more.committed);
    add(all.ready_reads, more.ready_reads);
    add(all.refused_reads, more.refused_reads);
  }

  Config config_;
  NodeId servers_;
  Raft raft_;
  Time now_{0};
  bool slow_disk_ = false;
};

// The messages of one kind, in order.
template <typename Kind>
std::vector<Kind> sent(const Effects& effects, std::optional<NodeId> to = std::nullopt) {
  std::vector<Kind> found;
  for (const auto* messages : {&effects.messages_at_once, &effects.messages}) {
    for (const Envelope& envelope : *messages) {
      const auto* message = std::get_if<Kind>(&envelope.message);
      if (message != nullptr && (!to || *to == envelope.peer)) {
        found.push_back(*message);
      }
    }
  }
  return found;
}

}  // namespace raftd::raft
