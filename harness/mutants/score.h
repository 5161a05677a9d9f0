// What the runs of a mutant add up to. Pure; any thread.
//
// A mutant is run with several seeds. The runs of one seed follow each other, each with a seed of its own derived from
// it, until one of them decides or the budget of load is used up:
//
//   seed 1:  run 1 valid (20 s of load)  run 2 invalid after 7 s  ->  killed by linearizable after 27 s
//   seed 2:  6 runs valid, 120 s of load                          ->  survived
//
// A mutant is killed when every seed killed it. It is broken when some run showed that it is no working program with a
// subtle bug but one that does not start or crashes: nobody needs a harness to find that.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "checker/verdict.h"
#include "harness/mutants/mutant.h"
#include "harness/report/results.h"

namespace ordeal::harness {

using Seconds = std::chrono::duration<double>;

enum class RunEnd : std::uint8_t { undecided, killed, broken, failed };  // failed: the harness; says nothing of raftd

struct RunOutcome {
  RunEnd end = RunEnd::undecided;
  checker::Verdict verdict = checker::Verdict::valid;
  std::string by;      // with killed: the check that found it
  std::string detail;  // a sentence
  Seconds load{0};     // of load under faults
  Seconds length{0};   // from the start of load to the end of the run
};

// What one run says. A check killed the mutant when it found a violation, or a loss of availability, that no crash had
// preceded; a node that ended by itself before makes it broken. One that a fault had ended, and that refuses to run
// when it is started again although its disk is whole, takes a harness to find: `exits` killed the mutant then.
RunOutcome outcome_of(const Results& results);

enum class MutantStatus : std::uint8_t { killed, survived, broken };
std::string to_string(MutantStatus status);

struct SeedScore {
  std::uint64_t seed = 0;
  MutantStatus status = MutantStatus::survived;
  std::string by, detail;
  Seconds load{0};
  Seconds length{0};  // with killed: until the end of the run that killed it, over all runs of this seed
  int runs = 0;
  checker::Verdict worst = checker::Verdict::valid;
  bool failed = false;  // the harness did
};

// Adds the next run of this seed. True: it decided, no further run is needed.
bool add_run(SeedScore& score, const RunOutcome& run);

// The seed of run `run` (from 0) of `seed`: seed itself, then seed + 1000, seed + 2000, ...
std::uint64_t seed_of_run(std::uint64_t seed, int run);

struct MutantScore {
  std::string name;
  Tier tier = Tier::t1;
  std::string plan;
  MutantStatus status = MutantStatus::survived;
  std::string by;                         // the checks that killed it, the most frequent first; may be empty
  std::optional<double> median_s, max_s;  // to kill, over the seeds that did
  int runs = 0;
  int seeds = 0, killed_seeds = 0;
  double load_s = 0;   // over all seeds
  std::string detail;  // why broken, or the first kill in words
};

struct ControlScore {
  std::string name;
  std::string status = "valid";  // the worst verdict of its runs, or harness-failure
  int runs = 0;
  double load_s = 0;
  std::string detail;  // of the first run that was not valid
};

struct Scores {
  std::vector<MutantScore> mutants;
  std::vector<ControlScore> controls;
};

MutantScore mutant_score(const Mutant& mutant, const std::string& plan, const std::vector<SeedScore>& seeds);
ControlScore control_score(const std::string& name, const std::vector<SeedScore>& seeds);

// 0: every mutant killed and every control valid. 1: a control raised a false alarm. 2: a mutant survived or is broken,
// or a control proved nothing. 255: the harness failed on a control.
int exit_code_of(const Scores& scores);

}  // namespace ordeal::harness
