// The register workload
//
// A few keys are active at a time. Each gets a fixed number of operations and then gives way to a fresh key, since the
// search for a linearization grows with the operations of one key. Keys are numbers, counted up: the newest is the
// largest. Every written value is unique over the run, so that a read names the one write that it saw.
//
// What a compare-and-set expects is the value that was seen last, three times out of four, so that a fair share
// succeeds; else an older one, or one whose write ended as info. Those are worth expecting: only an operation that
// succeeds on top of an uncertain write proves that the write took effect. A key of which nothing was seen yet is
// expected to be absent (nil).
//
// Readers, the processes 0 to readers - 1, never change anything. A client whose node is cut off is soon stuck in a
// write that nobody can decide; a reader goes on, and so is there when a deposed leader answers what it must not. Its
// reads end as ok or fail, never as info, so it keeps its number for ever.

#include <algorithm>
#include <cassert>
#include <unordered_map>
#include <utility>

#include "workloads/draw.h"
#include "workloads/workload.h"

namespace ordeal::workloads {
namespace {

// At the end only the newest keys are read: the older ones were judged while the run went on.
constexpr std::size_t most_final_reads = 50;

// The values that a key may hold, the likeliest first.
class Candidates {
 public:
  void seen(const checker::Value& value) { insert(value, values_.begin()); }
  void uncertain(const checker::Value& value) {
    insert(value, values_.empty() ? values_.begin() : values_.begin() + 1);
  }

  checker::Value draw(std::mt19937_64& engine) const {
    if (values_.empty()) return checker::Nil{};
    if (values_.size() == 1 || below(engine, 4) < 3) return values_.front();
    return values_[1 + below(engine, values_.size() - 1)];
  }

 private:
  static constexpr std::size_t most = 4;

  void insert(const checker::Value& value, std::vector<checker::Value>::iterator position) {
    const auto known = std::find(values_.begin(), values_.end(), value);
    if (known != values_.end()) {
      if (known > position) std::rotate(position, known, known + 1);
      return;
    }
    values_.insert(position, value);
    if (values_.size() > most) values_.pop_back();
  }

  std::vector<checker::Value> values_;
};

class RegisterGenerator : public Generator {
 public:
  RegisterGenerator(const RegisterSpec& spec, std::uint64_t seed)
      : spec_(spec), engine_(seed), active_(static_cast<std::size_t>(spec.keys)) {
    assert(spec.keys >= 1 && spec.operations_per_key >= 1);
    assert(spec.read_share >= 0 && spec.write_share >= 0 && spec.cas_share >= 0 && total_share() > 0);
  }

  Operation next(checker::Process process) override {
    ActiveKey& key = active_[below(engine_, active_.size())];
    if (key.name.empty()) open(key);
    Operation operation = process < spec_.readers ? Operation{"read", key.name, checker::Nil{}} : draw_operation(key);
    if (++key.drawn == spec_.operations_per_key) retire(key);
    return operation;
  }

  void returned(const checker::Event& completion) override {
    if (!completion.key) return;
    const auto found = by_name_.find(*completion.key);
    if (found == by_name_.end()) return;  // retired: nothing will be drawn on it again
    Candidates& candidates = found->second->candidates;
    const checker::Value* value = after(completion);
    if (value == nullptr) return;
    if (completion.type == checker::EventType::ok) candidates.seen(*value);
    if (completion.type == checker::EventType::info) candidates.uncertain(*value);
  }

  std::vector<std::string> take_retired_keys() override { return std::exchange(retired_, {}); }

  std::vector<Operation> final_reads() const override {  // the newest first
    std::vector<Operation> reads;
    for (std::uint64_t key = next_key_; key > 0 && reads.size() < most_final_reads; --key) {
      reads.push_back({"read", std::to_string(key - 1), checker::Nil{}});
    }
    return reads;
  }

  Operation probe() const override {
    return {"read", std::to_string(next_key_ == 0 ? 0 : next_key_ - 1), checker::Nil{}};
  }

 private:
  struct ActiveKey {
    std::string name;  // empty: not drawn yet
    int drawn = 0;
    Candidates candidates;
  };

  std::uint64_t total_share() const {
    return static_cast<std::uint64_t>(spec_.read_share) + static_cast<std::uint64_t>(spec_.write_share) +
           static_cast<std::uint64_t>(spec_.cas_share);
  }

  void open(ActiveKey& key) {
    key.name = std::to_string(next_key_++);
    by_name_[key.name] = &key;
  }

  void retire(ActiveKey& key) {
    by_name_.erase(key.name);
    retired_.push_back(key.name);
    key = ActiveKey{};
  }

  Operation draw_operation(const ActiveKey& key) {
    const std::uint64_t share = below(engine_, total_share());
    const auto reads = static_cast<std::uint64_t>(spec_.read_share);
    const auto writes = static_cast<std::uint64_t>(spec_.write_share);
    if (share < reads) return {"read", key.name, checker::Nil{}};
    if (share < reads + writes) return {"write", key.name, next_value_++};
    const checker::Value expected = key.candidates.draw(engine_);
    return {"cas", key.name, checker::List{expected, next_value_++}};
  }

  // What the key held after `completion`, if it took effect; nullptr: that says nothing.
  static const checker::Value* after(const checker::Event& completion) {
    if (completion.f == "write") return &completion.value;
    if (completion.f == "read") return completion.type == checker::EventType::ok ? &completion.value : nullptr;
    const auto* expected_and_new = completion.value.get_if<checker::List>();
    if (completion.f != "cas" || expected_and_new == nullptr || expected_and_new->size() != 2) return nullptr;
    return &expected_and_new->back();
  }

  RegisterSpec spec_;
  std::mt19937_64 engine_;
  std::vector<ActiveKey> active_;  // never resized: by_name_ points into it
  std::unordered_map<std::string, ActiveKey*> by_name_;
  std::vector<std::string> retired_;
  std::uint64_t next_key_ = 0;
  std::int64_t next_value_ = 1;
};

}  // namespace

std::unique_ptr<Generator> make_register_generator(const RegisterSpec& spec, std::uint64_t seed) {
  return std::make_unique<RegisterGenerator>(spec, seed);
}

}  // namespace ordeal::workloads
