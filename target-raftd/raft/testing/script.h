// Runs a script against servers of the pure core, for tests: what each command answers is text, the whole of it.
//
// Messages wait on their links until the script delivers or drops them; disks are instant unless told otherwise.
//
//   cluster N                  servers 1..N, election timeout 10, heartbeat 1 tick; options `inflight=2 batch=1
//   chunk=4`,
//                              `prevote`, `checkquorum` (both off unless named)
//   tick S [N]                 N ticks on server S (default 1)
//   campaign S                 ticks on S until it starts an election
//   propose S TEXT             a command for server S
//   read S ID                  a read on server S
//   snapshot S KEEP_AFTER      server S makes a snapshot of what it applied, and gives up its log up to KEEP_AFTER
//   member S add|promote|remove N      a change of the membership, asked of server S
//   transfer S N               server S shall hand the leadership over to server N
//   deliver [A->B [N]]         everything until nothing is left; or the first N on one link (default: all that are
//                              there now), without what they cause
//   drop A->B                  what waits on this link, or `drop all`
//   repeat A->B                what waits on this link will arrive twice
//   delay A->B                 puts what waits on this link aside; `late A->B` brings it back
//   isolate S / join S         cuts all links of S; messages over them are lost
//   disk S slow|fast|done      slow: batches wait until `disk S done`
//   restart S                  what was not durable is lost
//   state                      one line for each server: role, term, vote, leader, commit index, log
//
// Example of an answer: what a server did that others can see.
//   1 is candidate, term 1
//   1 -> 2 RequestVote(term 1, last log 0.0)

#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "target-raftd/raft/raft.h"

namespace raftd::raft {

class Script {
 public:
  // The whole answer of one command; throws std::invalid_argument for a command that it does not know.
  std::string run(const std::string& command);

 private:
  struct Server {
    std::optional<Raft> raft;
    Config config;
    Persisted disk;
    bool slow_disk = false;
    bool installing = false;  // a snapshot that is not durable yet holds up what is to be applied
    std::deque<Effects> writing;
    Role role = Role::follower;
    Term term = 0;
  };
  struct Link {
    NodeId from = 0;
    NodeId to = 0;
    auto operator<=>(const Link&) const = default;
  };
  using Words = std::vector<std::string>;

  void start(NodeId id, Config config, const Persisted& disk);
  void cluster(const Words& words);
  void tick(const Words& words);
  void campaign(const Words& words);
  void propose(const Words& words);
  void read(const Words& words);
  void snapshot(const Words& words);
  void member(const Words& words);
  void transfer(const Words& words);
  void deliver(const Words& words);
  void drop(const Words& words);
  void repeat(const Words& words);
  void delay(const Words& words);
  void late(const Words& words);
  void isolate(const Words& words);
  void join(const Words& words);
  void disk(const Words& words);
  void restart(const Words& words);
  void state(const Words& words);

  void say(const std::string& line) { answer_ += line + "\n"; }
  NodeId server_of(const std::string& word) const;
  Link link_of(const std::string& word) const;
  bool deliver_one(Link link);
  void changed(NodeId id);
  void say_role(NodeId id);
  void send(NodeId from, const std::vector<Envelope>& messages);
  void perform(NodeId id, const Effects& effects);
  void perform_at_once(NodeId id, const Effects& effects);

  Config config_;
  std::map<NodeId, Server> servers_;
  std::map<Link, std::deque<Message>> links_;
  std::map<Link, std::deque<Message>> aside_;
  std::set<NodeId> isolated_;
  std::string answer_;
};

}  // namespace raftd::raft
