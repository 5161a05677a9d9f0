// The states of several registers as short vectors of small numbers, each vector once.

#include <algorithm>
#include <unordered_map>

#include "checker/models/multi_register.h"

namespace ordeal::checker {
namespace {

// What each register holds, by its number; 0 is what all hold at the begin, and is left out at the end of the vector.
using Registers = std::vector<std::uint32_t>;

struct RegistersHash {
  std::size_t operator()(const Registers& registers) const {
    std::uint64_t hash = registers.size();
    for (const std::uint32_t value : registers) hash = (hash ^ value) * 0x9e3779b97f4a7c15ULL ^ hash >> 29;
    return static_cast<std::size_t>(hash);
  }
};

class RegistersMachine final : public Machine {
 public:
  explicit RegistersMachine(const MachineMaterials& materials) : vocabulary_(materials.vocabulary) {}

  StateId id_of(Atom state) override {
    const List& parts = *vocabulary_.named(state).get_if<List>();
    const StateId before = id_of_registers({});
    if (values_.empty()) number_of(parts[0]);  // the initial state comes first
    const Map& written = *parts[1].get_if<Map>();
    if (written.empty()) return before;
    Registers registers;
    for (const Field& field : written) set(registers, register_of(field.first), number_of(field.second));
    return id_of_registers(registers);
  }

  StateId step(StateId state, const Effect& effect) override {
    const std::vector<Access>& accesses = accesses_of(effect);
    next_ = *states_[state];
    for (const Access& access : accesses) {
      if (access.writes) {
        set(next_, access.place, access.value);
      } else if (access.known && (access.place < next_.size() ? next_[access.place] : 0) != access.value) {
        return no_state;
      }
    }
    return id_of_registers(next_);
  }

  std::size_t states() const override { return states_.size(); }
  std::size_t bytes() const override { return bytes_; }

 private:
  struct Access {
    bool writes = false;
    bool known = false;  // of a read
    std::uint32_t place = 0;
    std::uint32_t value = 0;
  };

  static void set(Registers& registers, std::uint32_t place, std::uint32_t value) {
    if (place >= registers.size()) registers.resize(std::size_t{place} + 1, 0);
    registers[place] = value;
    while (!registers.empty() && registers.back() == 0) registers.pop_back();
  }

  std::uint32_t register_of(const std::string& name) {
    return registers_.try_emplace(name, static_cast<std::uint32_t>(registers_.size())).first->second;
  }

  std::uint32_t number_of(const Value& value) {
    return values_.try_emplace(value, static_cast<std::uint32_t>(values_.size())).first->second;
  }

  StateId id_of_registers(const Registers& registers) {
    const auto [found, is_new] = ids_.try_emplace(registers, static_cast<StateId>(states_.size()));
    if (is_new) {
      states_.push_back(&found->first);
      bytes_ += 96 + sizeof(std::uint32_t) * registers.size();
    }
    return found->second;
  }

  // Taken apart once.
  const std::vector<Access>& accesses_of(const Effect& effect) {
    const Atom what = effect.result.is_absent() ? effect.argument : effect.result;
    const auto [found, is_new] = accesses_.try_emplace(what.bits() << 9 | std::uint64_t{effect.f} << 1 |
                                                       (effect.result.is_absent() ? 1 : 0));  // of a named atom
    if (!is_new) return found->second;
    const std::vector<RegisterAccess> accesses = register_accesses(effect.f, vocabulary_.value(what)).value();
    for (const RegisterAccess& access : accesses) {
      const bool known = !effect.result.is_absent() && !(effect.nil_says_nothing && access.value.is_nil());
      found->second.push_back({.writes = access.writes,
                               .known = known,
                               .place = register_of(access.name),
                               .value = number_of(access.value)});
    }
    bytes_ += 96 + sizeof(Access) * accesses.size();
    return found->second;
  }

  const Vocabulary& vocabulary_;
  std::unordered_map<std::string, std::uint32_t> registers_;
  std::unordered_map<Value, std::uint32_t, ValueHash> values_;
  std::unordered_map<Registers, StateId, RegistersHash> ids_;
  std::vector<const Registers*> states_;  // into ids_, whose nodes stay where they are
  std::unordered_map<std::uint64_t, std::vector<Access>> accesses_;
  Registers next_;
  std::size_t bytes_ = 0;
};

}  // namespace

std::unique_ptr<Machine> multi_register_machine(const MachineMaterials& materials) {
  return std::make_unique<RegistersMachine>(materials);
}

}  // namespace ordeal::checker
