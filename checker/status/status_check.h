// What the nodes say of themselves, held against each other and against what they said before. Pure; one thread at a
// time.
//
// The harness asks every node for its status again and again, one question to a node at a time, and records each answer
// as an event of the nemesis with f "status" and the value
//
//   {"node":"n2","life":1,"server":2,"role":"leader","term":7,"commit":210,"applied":209,"hash":"91ab..."}
//
// `life` counts how often the node's process had ended before. Each answer is one consistent view of that node. A field
// that is missing is not judged. A node that is replaced, with an empty data folder, is another `server` from then on,
// which owes nothing to its past; nor does one whose folder a fault "corrupt-file" has emptied. The rules:
//
//   leader   at most one node says that it leads in a term
//   commit   the commit index, and the index of the last applied entry, never fall within one life
//   state    equal applied indexes, equal state hashes: over all nodes, lives and times
//   term     never falls; a restart may take back only a term of which nobody can say that it was durable
//
// The last rule needs care: a node may tell of a new term a moment before it is on its disk, and be killed in between.
// So a term counts for the next life once the node led in it (others voted for it, so its own vote was durable), or
// once it was told twice, with two seconds and applied entries in between.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "checker/event.h"
#include "checker/verdict.h"

namespace ordeal::checker {

inline constexpr const char* status_observation = "status";  // the f of these events

class StatusCheck {
 public:
  StatusCheck();
  ~StatusCheck();
  StatusCheck(const StatusCheck&) = delete;
  StatusCheck& operator=(const StatusCheck&) = delete;

  void observe(const Event& event);  // all others but those of emptied folders are skipped

  const std::optional<std::string>& violation() const;  // the first: one sentence

  Finding finding() const;  // with no answer at all: not_exercised

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Finding check_status(const History& history);

}  // namespace ordeal::checker
