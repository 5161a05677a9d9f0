// Who leads, as the nodes say. Every node is asked on its own, so that a silent one does not delay the others.

#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "harness/cluster/node_question.h"
#include "harness/config/target.h"
#include "nemesis/plan/fault.h"

namespace boost::asio {
class io_context;
}

namespace ordeal::harness {

// The claims to lead that were heard, and which of them to believe. Pure; times are the caller's. Example:
//
//   n1 claims term 3 at 0.0 s, is paused; n2 claims term 4 at 0.4 s   ->  n2: the larger term
//   n2 is paused as well, nobody answers                              ->  n2 until 1.4 s, then nobody
class LeaderClaims {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::milliseconds kBelievedFor{1000};

  void heard(const nemesis::Node& node, std::uint64_t term, Time now) { claims_[node] = {term, now}; }
  void withdraw(const nemesis::Node& node) { claims_.erase(node); }
  std::optional<nemesis::Node> leader(Time now) const;  // of equal terms the later claim

 private:
  struct Claim {
    std::uint64_t term = 0;
    Time at;
  };
  std::map<nemesis::Node, Claim> claims_;
};

// The term with which the answer claims to lead; nullopt: it does not claim so. A missing term counts as 0.
std::optional<std::uint64_t> claimed_term(const LeaderProbe& probe, const std::string& body);

// Asks the nodes on the loop that it is given; leader() and forget() from any thread.
class LeaderPoller {
 public:
  // Asks `node` again and again, until the loop is stopped; `probe` says, with the node's values, what a leader
  // answers. The poller must outlive the loop.
  void follow(boost::asio::io_context& loop, const nemesis::Node& node, const NodeQuestion& question,
              const LeaderProbe& probe);
  std::optional<nemesis::Node> leader() const;
  // More often, until it is called with false as many times as with true.
  void hurry(bool hurries) { hurried_ += hurries ? 1 : -1; }
  // The node has just ended: what it claimed, and what it may have answered before its end, counts no more.
  void forget(const nemesis::Node& node);

 private:
  boost::asio::awaitable<void> ask_forever(nemesis::Node node, NodeQuestion question, LeaderProbe probe);
  int life_of(const nemesis::Node& node) const;
  void judge(const nemesis::Node& node, const LeaderProbe& probe, int asked_in_life, const ProbeAnswer& answer);

  std::atomic<int> hurried_ = 0;
  mutable std::mutex mutex_;
  LeaderClaims claims_;                 // guarded by mutex_
  std::map<nemesis::Node, int> lives_;  // how often it has ended; guarded by mutex_
};

}  // namespace ordeal::harness
