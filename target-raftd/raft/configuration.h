// Who belongs to the cluster (dissertation, chapter 4): a value that travels in the log. Pure; any thread.
//
// The cluster changes by one server at a time, so that the majorities of two neighbouring configurations always share a
// server (§4.1). A server obeys the newest configuration in its log, committed or not; one that is truncated away takes
// its effect with it. Every entry holds the whole configuration, so a new server knows the cluster from the first such
// entry on, whatever it knew before.
//
//   add_learner(4)   gets the log, votes for nothing and counts for nothing (§4.2.1)
//   promote(4)       becomes a voter, once it has caught up
//   remove(2)        a follower, a learner or the leader itself; its number is never used again, because a server that
//                    came back with an empty disk under its old number could vote twice in one term

#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "target-raftd/raft/log_entry.h"

namespace raftd::raft {

struct Member {
  std::string address = {};  // for the shell: where the other servers reach it; opaque to the protocol
  bool voter = true;         // false: a learner
  bool operator==(const Member&) const = default;
};

struct Configuration {
  std::map<NodeId, Member> members = {};
  std::set<NodeId> retired = {};  // were removed

  bool contains(NodeId server) const { return members.contains(server); }
  bool is_voter(NodeId server) const;
  std::size_t voters() const;
  bool operator==(const Configuration&) const = default;
};

// Voters without addresses, for tests and simulations.
Configuration configuration_of(const std::vector<NodeId>& voters);

struct AddLearner {
  NodeId server = 0;
  std::string address = {};
  bool operator==(const AddLearner&) const = default;
};
struct Promote {
  NodeId server = 0;
  bool operator==(const Promote&) const = default;
};
struct Remove {
  NodeId server = 0;
  bool operator==(const Remove&) const = default;
};
using MembershipChange = std::variant<AddLearner, Promote, Remove>;

// Why a change of membership was refused; it certainly did not and will not happen.
enum class ChangeRefusal : std::uint8_t {
  not_leader,
  handing_over,    // leadership is being transferred
  change_pending,  // the newest configuration is not committed yet: one server at a time
  term_not_begun,  // no entry of this leader's own term is committed yet (Ongaro's correction of 2015)
  already_member,
  retired,  // this number was removed before; a new server needs a new one
  unknown_member,
  not_a_learner,
  learner_behind,  // and must catch up before it votes
  last_voter,
};

// The configuration after the change, or why there is none. Knows nothing of leaders, logs and progress.
std::variant<Configuration, ChangeRefusal> changed(const Configuration& before, const MembershipChange& change);

// The content of an entry of kind `configuration`. decode answers nullopt for anything that encode did not make.
std::string encode(const Configuration& configuration);
std::optional<Configuration> decode_configuration(std::string_view bytes);

}  // namespace raftd::raft
