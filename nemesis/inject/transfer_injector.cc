// Asks the leader to hand over, and looks who leads then. A node that is down, cut off or no voter may be the chosen
// successor: a transfer that fails is what many systems got wrong. It counts as an effect only when the leadership
// moved, and to whom was asked for or after the target said that it was done.

#include <fmt/format.h>

#include <cassert>
#include <chrono>
#include <map>
#include <thread>
#include <utility>

#include "nemesis/inject/control.h"
#include "nemesis/inject/injector.h"

namespace ordeal::nemesis {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds answer_within{1000};
constexpr milliseconds seen_within{500};  // after the answer: the cluster is asked who leads several times a second
constexpr milliseconds poll_interval{5};

class TransferInjector final : public Injector {
 public:
  TransferInjector(Cluster& cluster, Control& control) : cluster_(cluster), control_(control) {}

  Evidence inject(std::uint64_t id, const Fault& fault, const Aim& aim) override {
    assert(std::holds_alternative<Transfer>(fault) && aim.nodes.size() == 1);
    Asked asked{.from = cluster_.leader().value_or(""), .to = *aim.nodes.begin(), .reply = {}, .evidence = {}};
    if (asked.from.empty() || asked.from == asked.to) {
      asked.evidence.note = asked.from.empty() ? "nobody was known to lead" : asked.to + " leads already";
    } else {
      asked.reply = control_.transfer(asked.from, asked.to, answer_within);
      const auto deadline = steady_clock::now() + (asked.reply.accepted ? seen_within : milliseconds(0));
      while (!look(asked) && steady_clock::now() < deadline) std::this_thread::sleep_for(poll_interval);
    }
    return asked_.emplace(id, std::move(asked)).first->second.evidence;
  }

  Evidence heal(std::uint64_t id) override {
    const auto found = asked_.find(id);
    assert(found != asked_.end());
    Asked asked = std::move(found->second);
    asked_.erase(found);
    if (!asked.evidence.effect && !asked.from.empty() && asked.from != asked.to) look(asked);
    return asked.evidence;
  }

 private:
  struct Asked {
    Node from, to;
    Reply reply;
    Evidence evidence;
  };

  // Writes down who leads now; true when the leadership has moved.
  bool look(Asked& asked) const {
    const std::optional<Node> leader = cluster_.leader();
    const bool moved = leader && *leader != asked.from;
    asked.evidence.effect = moved && (*leader == asked.to || asked.reply.accepted);
    asked.evidence.counts = {{"leaders_changed", asked.evidence.effect ? 1 : 0}};
    asked.evidence.note = fmt::format("{} was asked to hand over to {} and said {}; {}", asked.from, asked.to,
                                      asked.reply.said, leader ? *leader + " leads" : "nobody is known to lead");
    return asked.evidence.effect;
  }

  Cluster& cluster_;
  Control& control_;
  std::map<std::uint64_t, Asked> asked_;
};

}  // namespace

std::unique_ptr<Injector> make_transfer_injector(Cluster& cluster, Control& control) {
  return std::make_unique<TransferInjector>(cluster, control);
}

}  // namespace ordeal::nemesis
