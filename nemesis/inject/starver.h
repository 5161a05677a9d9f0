// Lets nodes have the processor only now and then: SIGSTOP and SIGCONT to all their processes, in turn, every period.
// Any thread may call it; it has one of its own.
//
//   share 20 %, period 50 ms:   run 10 ms | stopped 40 ms | run 10 ms | stopped 40 ms | ...
//
// Starved is the node, over all its lives: what is started meanwhile is starved as well. Whoever wants to stop, resume
// or end its processes spares it for as long. When nobody starves it any more, and when this object ends, it runs.

#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <thread>

#include "nemesis/inject/cluster.h"

namespace ordeal::nemesis {

struct Diet {
  int share_percent = 5;  // of the time it runs
  std::chrono::nanoseconds period{50'000'000};
};

// Of one node, since it was starved.
struct Hunger {
  std::int64_t stops = 0;                        // how often every process of it was seen to stand still
  double processors_before = 0, processors = 0;  // processor time per time: since its start until then, and since then
};

class Starver {
 public:
  explicit Starver(Cluster& cluster) : cluster_(cluster) {}
  ~Starver();
  Starver(const Starver&) = delete;
  Starver& operator=(const Starver&) = delete;

  // Of several diets of a node the strictest counts.
  void begin(std::uint64_t id, const Node& node, const Diet& diet);
  Hunger end(std::uint64_t id, const Node& node);
  bool starves(const Node& node);
  // Lets it run, and sends its processes no signal until release() was called as often.
  void spare(const Node& node);
  void release(const Node& node);

 private:
  using Clock = std::chrono::steady_clock;
  struct Starved {
    std::map<std::uint64_t, Diet> diets;
    bool stopped = false;
    Clock::time_point due, began;
    std::map<pid_t, std::chrono::nanoseconds> used;  // processor time of its processes, as last seen
    std::chrono::nanoseconds used_since{0};
    Hunger hunger;
  };

  void run();
  void take_turn(const Node& node, Starved& starved);
  void account(const std::vector<pid_t>& processes, Starved& starved) const;
  void end_stop(const std::vector<pid_t>& processes, Starved& starved) const;
  void let_run(const Node& node, Starved& starved);
  bool is_spared(const Node& node) const;

  Cluster& cluster_;
  std::mutex mutex_;  // guards what follows; held while signals are sent
  std::condition_variable wake_;
  std::map<Node, Starved> starved_;
  std::map<Node, int> spared_;
  bool ending_ = false;
  std::thread thread_;  // from the first begin() on
};

}  // namespace ordeal::nemesis
