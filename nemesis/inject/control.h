// What the nemesis asks of the target itself, and of the nodes that change their identity with it. harness/cluster
// implements it by what the target's YAML says. All functions may be called from any thread.

#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "nemesis/plan/fault.h"
#include "nemesis/plan/members.h"

namespace ordeal::nemesis {

struct Reply {
  bool accepted = false;  // it said that it was done
  std::string said{};     // "409 {\"code\":\"change_pending\"}", "no answer within 1000 ms"
};

class Control {
 public:
  using Within = std::chrono::milliseconds;
  virtual ~Control() = default;

  virtual Reply transfer(const Node& leader, const Node& to, Within within) = 0;

  // Who belongs to the cluster, as `asked` believes; nullopt: it gave no usable answer.
  virtual std::optional<Members> members(const Node& asked, Within within) = 0;
  // As a new server, under a number that was never used, whether or not the answer comes.
  virtual Reply add(const Node& asked, const Node& node, Within within) = 0;
  virtual Reply promote(const Node& asked, const Member& member, Within within) = 0;
  virtual Reply remove(const Node& asked, const Member& member, Within within) = 0;

  // Nodes that are no member and do not run.
  virtual Nodes spares() const = 0;
  // Whatever runs there is killed, its data folder emptied; then it starts as the server that add() announced last.
  // `beside` are the nodes of the other members. Throws std::runtime_error when it cannot be started.
  virtual void start_anew(const Node& node, const Nodes& beside) = 0;
  // Killed, and a spare from now on.
  virtual void retire(const Node& node) = 0;
};

}  // namespace ordeal::nemesis
