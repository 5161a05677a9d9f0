// A scenario: a directed test of a cluster, step by step. Plain values; any thread. configs/scenarios/README.md
// describes the steps as a person writes them.
//
// Steps name nodes by what earlier steps bound ("L" by `await: {leader: L}`), by n1, n2, ..., or, where packets are
// dropped, `clients`: the harness, from which every client speaks.

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "checker/event.h"
#include "harness/config/target.h"
#include "harness/scenario/condition.h"
#include "nemesis/plan/fault.h"
#include "nemesis/plan/packets.h"

namespace ordeal::harness {

using Names = std::vector<std::string>;

// Waits until some node other than `except` leads, and binds it; the others, without `except`, in the order of their
// numbers, become `followers`.
struct AwaitLeader {
  std::string leader;
  Names except{};
  Names followers{};
};
struct AwaitConditions {
  std::vector<Condition> conditions;
};
struct AwaitLine {  // of the output of the node's present life
  std::string node, line;
};
struct Await {
  std::variant<AwaitLeader, AwaitConditions, AwaitLine> what;
  std::chrono::nanoseconds within = std::chrono::seconds(15);
};

struct Assert {
  std::vector<Condition> conditions;
};
struct Note {  // remembers a number
  std::string name;
  Expression value;
};
struct Report {  // measures: nothing can fail
  std::string name;
  Expression value;
};

// One operation of a client.
struct Call {
  std::string by;  // the client, which keeps its connection
  std::string at;
  std::string f;  // read, write, cas, increment
  std::string key = "x";
  checker::Value value{};
  std::string read_mode = "linearizable";
  Names retry_at{};  // of an increment, which is safe to repeat
  std::chrono::nanoseconds timeout = std::chrono::seconds(2);
  std::uint64_t bytes = 0;  // of a written number: leading zeros make it so long; zero: none
};
struct Expectation {
  std::vector<checker::EventType> types{checker::EventType::ok};  // any of them
  std::vector<checker::Value> sees{};                             // of an ok read or increment; empty: anything
};
struct Invoke {  // calls, and waits for the return
  Call call;
  Expectation expectation;
};
struct Send {  // calls only
  std::string as;
  Call call;
};
struct Answer {  // waits for the return of what was sent
  std::string to;
  Expectation expectation;
};

struct Drop {  // packets of `from` do not reach `to`; `both`: nor the other way
  std::string as;
  Names from, to;
  bool both = false;
};
struct Delay {  // each packet of `from` reaches `to` later
  std::string as;
  Names from, to;
  std::chrono::nanoseconds by{0};
};
struct Ail {  // a fault of the power, the disks or the clocks of `nodes`, all at once
  std::string as;
  nemesis::Fault fault;
  Names nodes;
};
struct Heal {  // drops, delays and ailments; empty: all of them
  Names names;
};

enum class ProcessAction : std::uint8_t { kill, stop, start, pause, resume };
struct Act {
  ProcessAction action;
  Names nodes;
  std::optional<std::chrono::nanoseconds> lasting{};  // of a pause that ends by itself
};
// A change of who belongs to the cluster. `done` is asked for again and again until the target has done it; the other
// two once: refused, or not answered within the time.
enum class Change : std::uint8_t { add, promote, remove };
enum class ChangeReply : std::uint8_t { done, refused, unanswered };
struct Member {
  Change change;
  std::string node, ask;
  ChangeReply expect = ChangeReply::done;
  std::chrono::nanoseconds within = std::chrono::seconds(15);
};
struct TransferTo {
  std::string from, to;
  bool fails = false;  // the successor cannot take over, and the answer must not say that it did
  std::chrono::nanoseconds within = std::chrono::seconds(3);  // then there was no answer
};

struct Step {
  int line = 0;
  std::string text;  // as it is written there
  std::variant<Await, Assert, Note, Report, Invoke, Send, Answer, Drop, Delay, Ail, Heal, Act, Member, TransferTo> what;
};

enum class ScenarioWorkload : std::uint8_t { register_, counter };

struct Scenario {
  std::string name;     // that of its file
  std::string teaches;  // one line: what one learns from it
  int nodes = 3;
  int spares = 0;  // nodes more, which start when they are added
  ScenarioWorkload workload = ScenarioWorkload::register_;
  std::map<std::string, std::vector<std::string>> arguments{};  // by target: more words of its command
  std::map<std::string, std::vector<std::string>> joining{};    // and of the command of nodes that are added
  std::vector<std::string> mutants{};                           // of raftd, which must fail it
  std::vector<Step> steps;                                      // repetitions are written out
};

// Throws ConfigError (file:line:column: ...) for whatever is no scenario, and for names that nothing bound.
Scenario parse_scenario(std::string_view yaml, const std::string& file);

// Why the scenario cannot be played on this target; empty: it can. A step that only asserts or reports what the target
// does not tell is no reason: it is skipped by itself, and says so.
std::vector<std::string> why_not_playable(const Scenario& scenario, const Target& target);
// Whether its nodes must be watched for faults of their disks.
bool needs_disks(const Scenario& scenario);
// Whether its nodes must be started so that their clocks can be changed.
bool needs_clocks(const Scenario& scenario);
// Why this step is skipped on this target; empty: it is not.
std::string why_skipped(const Step& step, const Target& target);

}  // namespace ordeal::harness
