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
      : raft_(config(servers), {at_least(hard_state, log), entries(log)}) {}

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
  Effects read(ReadId id) {
    raft_.read(id);
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
    for (const NodeId peer : config_.servers) {
      append(all, step(peer, RequestVoteReply{.term = term(), .vote_granted = true}));
    }
    return all;
  }
  // Follower `peer` holds everything up to `match`.
  Effects accept(NodeId peer, Index match, Round round = 0) {
    return step(peer, AppendEntriesReply{.term = term(), .success = true, .match_index = match, .round = round});
  }

  // While the disk is slow, nothing is reported as durable.
  void slow_disk() { slow_disk_ = true; }

  Raft& raft() { return raft_; }
  Status status() const { return raft_.status(); }
  Term term() const { return raft_.status().term; }
  Role role() const { return raft_.status().role; }

 private:
  Config config(NodeId servers) {
    config_.id = 1;
    for (NodeId id = 1; id <= servers; ++id) {
      config_.servers.push_back(id);
    }
    return config_;
  }
  static HardState at_least(HardState state, const std::initializer_list<Term>& log) {
    state.current_term = log.size() == 0 ? state.current_term : std::max(state.current_term, *(log.end() - 1));
    return state;
  }
  Effects settle() {
    Effects all = raft_.take_effects();
    if (!slow_disk_ && !all.entries.empty()) {
      raft_.durable({all.entries.back().term, all.entries.back().index});
      append(all, raft_.take_effects());
    }
    return all;
  }
  static void append(Effects& all, Effects more) {
    const auto add = [](auto& to, auto& from) { to.insert(to.end(), from.begin(), from.end()); };
    add(all.messages_at_once, more.messages_at_once);
    all.hard_state = more.hard_state ? more.hard_state : all.hard_state;
    add(all.entries, more.entries);
    add(all.messages, more.messages);
    add(all.committed, more.committed);
    add(all.ready_reads, more.ready_reads);
    add(all.refused_reads, more.refused_reads);
  }

  Config config_;
  Raft raft_;
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
