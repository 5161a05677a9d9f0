// The counter workload
//
// What it is after are increments that take effect twice. Every increment has a session and a serial, and whoever sends
// it sends it again, to any node, until it is answered; the target promises to apply it once and to answer every try
// alike. A share of the increments is sent again although it was answered, as if the answer had been lost: that asks
// the question without waiting for a fault. Most of these follow at once; one in two hundred follows a second later,
// when a snapshot or a restart may have come in between.
//
// Each process has a session of its own and begins a new one every few dozen serials, because only the first serial of
// a session is accepted by a target that has forgotten the session, and then applied twice. The sessions must not be
// too short either: targets remember a bounded number of them.
//
// A few counters are active at a time, each for a fixed number of operations. A counter that was replaced is still read
// now and then, and at the end all of them are.

#include <algorithm>
#include <cassert>
#include <unordered_map>
#include <utility>

#include "workloads/draw.h"
#include "workloads/workload.h"

namespace ordeal::workloads {
namespace {

using checker::Map;
using checker::Nil;

constexpr std::uint64_t late_one_in = 200;  // of those that are sent again
constexpr std::int64_t late_ms = 1000;

class CounterGenerator : public Generator {
 public:
  CounterGenerator(const CounterSpec& spec, std::uint64_t seed)
      : spec_(spec), engine_(seed), active_(static_cast<std::size_t>(spec.keys)) {
    assert(spec.keys >= 1 && spec.operations_per_key >= 1 && spec.operations_per_session >= 1);
    assert(spec.increment_share >= 1 && spec.read_share >= 0);
  }

  Operation next(checker::Process process) override {
    const std::uint64_t share = below(engine_, total_share());
    const bool reads = share < static_cast<std::uint64_t>(spec_.read_share);
    if (reads && next_key_ > 0 && below(engine_, 2) == 0) return read_of(below(engine_, next_key_));
    ActiveKey& key = active_[below(engine_, active_.size())];
    if (key.drawn == 0) key.name = next_key_++;
    const std::uint64_t name = key.name;
    if (++key.drawn == spec_.operations_per_key) key = ActiveKey{};
    return reads ? read_of(name) : Operation{"increment", std::to_string(name), draw_increment(process)};
  }

  // A process whose operation ended as info never returns, nor does its session. The serial of an increment that
  // certainly never happens is used again: a session must not begin with its second serial.
  void returned(const checker::Event& completion) override {
    if (completion.type == checker::EventType::info) sessions_.erase(completion.process);
    if (completion.type == checker::EventType::fail && completion.f == "increment") {
      --sessions_[completion.process].serial;
    }
  }

  std::vector<std::string> take_retired_keys() override { return {}; }  // any counter may be read again

  std::vector<Operation> final_reads() const override {
    std::vector<Operation> reads;
    for (std::uint64_t key = next_key_; key > 0; --key) reads.push_back(read_of(key - 1));
    return reads;
  }

  Operation probe() const override { return read_of(next_key_ == 0 ? 0 : next_key_ - 1); }

 private:
  struct ActiveKey {
    std::uint64_t name = 0;
    int drawn = 0;  // 0: not opened yet
  };
  struct Session {
    std::int64_t number = 0;  // of the process' sessions
    std::int64_t serial = 0;  // the last one
  };

  std::uint64_t total_share() const {
    return static_cast<std::uint64_t>(spec_.increment_share) + static_cast<std::uint64_t>(spec_.read_share);
  }

  static Operation read_of(std::uint64_t key) { return {"read", std::to_string(key), Nil{}}; }

  Map draw_increment(checker::Process process) {
    Session& session = sessions_[process];
    if (session.serial == spec_.operations_per_session) session = {.number = session.number + 1, .serial = 0};
    ++session.serial;
    Map increment{{"delta", 1},
                  {"session", std::to_string(process) + "-" + std::to_string(session.number)},
                  {"serial", session.serial}};
    if (below(engine_, 100) < static_cast<std::uint64_t>(spec_.again_percent)) {
      increment.emplace_back("again", below(engine_, late_one_in) == 0 ? late_ms : std::int64_t{0});
    }
    return increment;
  }

  const CounterSpec spec_;
  std::mt19937_64 engine_;
  std::vector<ActiveKey> active_;
  std::unordered_map<checker::Process, Session> sessions_;
  std::uint64_t next_key_ = 0;
};

}  // namespace

std::unique_ptr<Generator> make_counter_generator(const CounterSpec& spec, std::uint64_t seed) {
  return std::make_unique<CounterGenerator>(spec, seed);
}

}  // namespace ordeal::workloads
