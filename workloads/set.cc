// The set workload
//
// What it is after are acknowledged adds that get lost. So adds must be cheap, must not disturb each other, and must
// all be read again. Hence the encoding that clients use: every element has a key of its own (set 3, element 172 is the
// key "3.172"), an add is a blind write of it, and reading the set is one read of each element's key. Compared with one
// key that holds a list and is changed by compare-and-set, adds never collide, each is one request whose outcome is
// plain, and no later add covers up the loss of an earlier one.
//
// Reading costs a request for each element, so sets are small and many. Elements are numbers counted up over the run,
// and set k holds those from k*n+1 to k*n+n: a read asks for a range, without naming every element. While the run goes
// on every set is read soon after it was filled, again and again until a read succeeds: so what a failover has lost is
// seen as soon as the new leader serves. Reads that are left over go half to the newest sets, half to any. At the end
// every set is read.
//
// A read asks for all elements whose add was drawn, also for those whose add failed: they must not be there.

#include <algorithm>
#include <cassert>
#include <deque>
#include <string>
#include <utility>

#include "workloads/draw.h"
#include "workloads/workload.h"

namespace ordeal::workloads {
namespace {

constexpr std::uint64_t newest_sets = 32;
constexpr std::uint64_t lag = 4;          // sets that must be newer before a filled one is due
constexpr std::uint64_t free_one_in = 4;  // reads go to a drawn set though another one is due

class SetGenerator : public Generator {
 public:
  SetGenerator(const SetSpec& spec, std::uint64_t seed)
      : engine_(seed),
        size_(static_cast<std::uint64_t>(spec.elements_per_set)),
        add_share_(static_cast<std::uint64_t>(spec.add_share)),
        read_share_(static_cast<std::uint64_t>(spec.read_share)) {
    assert(spec.elements_per_set >= 1 && spec.add_share >= 1 && spec.read_share >= 0);
  }

  Operation next(checker::Process) override {
    if (drawn_ > 0 && below(engine_, add_share_ + read_share_) < read_share_) return read_of(next_set());
    const std::uint64_t element = ++drawn_;
    if (element % size_ == 0) due_.push_back(element / size_ - 1);
    return {"add", std::to_string((element - 1) / size_), static_cast<std::int64_t>(element)};
  }

  // A set of which a read failed is due again.
  void returned(const checker::Event& completion) override {
    if (completion.f != "read" || completion.type == checker::EventType::ok || !completion.key) return;
    due_.push_front(std::stoull(*completion.key));
  }

  std::vector<std::string> take_retired_keys() override { return {}; }  // any set may be read again

  std::vector<Operation> final_reads() const override {
    std::vector<Operation> reads;
    for (std::uint64_t set = sets(); set > 0; --set) reads.push_back(read_of(set - 1));
    return reads;
  }

  Operation probe() const override { return {"read", "0", range(1, 1)}; }

 private:
  std::uint64_t sets() const { return (drawn_ + size_ - 1) / size_; }

  std::uint64_t next_set() {
    if (due_.empty() || due_.front() + lag >= sets() || below(engine_, free_one_in) == 0) return draw_set();
    const std::uint64_t set = due_.front();
    due_.pop_front();
    return set;
  }

  std::uint64_t draw_set() {
    const std::uint64_t all = sets();
    if (below(engine_, 2) == 0) return below(engine_, all);
    return all - 1 - below(engine_, std::min(all, newest_sets));
  }

  Operation read_of(std::uint64_t set) const {
    return {"read", std::to_string(set), range(set * size_ + 1, std::min(drawn_, (set + 1) * size_))};
  }

  static checker::Value range(std::uint64_t from, std::uint64_t to) {
    return checker::Map{{"from", static_cast<std::int64_t>(from)}, {"to", static_cast<std::int64_t>(to)}};
  }

  std::mt19937_64 engine_;
  const std::uint64_t size_;
  const std::uint64_t add_share_, read_share_;
  std::uint64_t drawn_ = 0;        // elements 1 to this one
  std::deque<std::uint64_t> due_;  // filled sets that are still to be read, the next one first
};

}  // namespace

std::unique_ptr<Generator> make_set_generator(const SetSpec& spec, std::uint64_t seed) {
  return std::make_unique<SetGenerator>(spec, seed);
}

}  // namespace ordeal::workloads
