// A mutant: raftd with one planted bug, as the header of its patch describes it (target-raftd/mutants/README.md has the
// format). Pure; any thread.
//
//   Tier: T1                      T1 to T4 by the difficulty of finding it, or control
//   Kind: bug                     or, of a control, equivalent (nobody can notice) or slow
//   Mechanism: what the code does instead
//   Rule: the rule of Raft that it breaks
//   Real: the bug of a real system that it stands for
//   Plan: isolate-leader          configs/mutants/isolate-leader.yaml; scenarios/split-brain; or a path
//
//   --- a/target-raftd/raft/reads.cc
//   +++ b/target-raftd/raft/reads.cc
//   @@ ...

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ordeal::harness {

enum class Tier : std::uint8_t { t1, t2, t3, t4, control };
enum class MutantKind : std::uint8_t { bug, equivalent, slow };

std::string to_string(Tier tier);        // "T1" ... "T4", "control"
std::string to_string(MutantKind kind);  // "bug", "equivalent", "slow"

struct Mutant {
  std::string name;
  Tier tier = Tier::t1;
  MutantKind kind = MutantKind::bug;
  std::string mechanism;
  std::string rule;
  std::string real;
  std::string plan;
  std::string evidence;            // may be empty
  std::string note;                // may be empty
  std::vector<std::string> files;  // what the patch touches, from the repository's root
};

// Reads the text of NAME.patch. A line that begins with a blank goes on with the value before it. Throws ConfigError
// reading `FILE:LINE: what is wrong; what would be right`.
Mutant parse_mutant(std::string_view text, const std::string& name, const std::string& file);

// "T1,T3" or "T1,control"; throws ConfigError that names `option`.
std::vector<Tier> parse_tiers(std::string_view text, const std::string& option);

}  // namespace ordeal::harness
