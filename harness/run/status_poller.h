// Asks every node for its status, again and again, and records the answers for the check `status`.
//
// Owns one thread with one loop; on it one coroutine for each node, with a kept connection, so that the clients' loop
// is not disturbed and a silent node does not delay the others. One question to a node at a time, so that its answers
// stand in the history in the order in which they were given.
//
// Which life of a node answered must be certain. An answer counts only if the node's process did not end between the
// question and the answer: a process that has ended answers nothing, and the next one is started only after its
// predecessor's end was announced by node_ended(). All other answers are dropped.
//
// start() and stop() belong to one thread; node_ended() may be called from any, also before start().

#pragma once

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "checker/event.h"
#include "harness/run/load.h"
#include "harness/run/recorder.h"

namespace ordeal::harness {

// What a node said of itself, and when.
struct StatusAnswer {
  std::string node;
  std::chrono::nanoseconds time{0};  // of the answer, on the recorder's clock
  std::string body;                  // as the node wrote it; empty: none
  std::string how;                   // "asked just before it was stopped"; without an answer: why
};

// Asks all nodes at once, on the calling thread, and gives up after `within`. In the order of `nodes`.
std::vector<StatusAnswer> ask_status(const std::vector<Endpoint>& nodes, const std::string& path,
                                     std::chrono::nanoseconds within, const Recorder& clock);

class StatusPoller {
 public:
  // `path`: where a node tells its status, below its endpoint: "/status". The recorder must outlive it.
  StatusPoller(std::string path, Recorder& recorder);
  ~StatusPoller();  // stops
  StatusPoller(const StatusPoller&) = delete;
  StatusPoller& operator=(const StatusPoller&) = delete;

  void start(const std::vector<Endpoint>& nodes);
  void stop();  // may be called twice, and without start()

  // The process of this node has ended; the next one was not started yet.
  void node_ended(const std::string& node);

  // The last answer of a present life; nullopt: none.
  std::optional<StatusAnswer> last_answer(const std::string& node) const;

  std::exception_ptr failure() const;  // the recorder's; null while all is well

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The event of an answer, as checker/status/status_check.h describes it; nullopt: it is no status. Pure.
std::optional<checker::Event> status_event(const std::string& node, std::int64_t life, const std::string& body);

}  // namespace ordeal::harness
