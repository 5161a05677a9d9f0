// Raft's values as one short line of text, for logs, transcripts and traces. Pure; any thread.

#pragma once

#include <string>

#include "target-raftd/raft/raft.h"

namespace raftd::raft {

std::string describe(LogPosition position);  // 2.7: index 7 of term 2
std::string describe(const Entry& entry);    // 2.7 "x=1"
std::string describe(const Configuration& configuration);
std::string describe(ChangeRefusal refusal);
std::string describe(const Message& message);  // RequestVote(term 3, last log 2.7)
std::string describe(const HardState& state);  // term 3, voted for 1
std::string describe(Role role);

}  // namespace raftd::raft
