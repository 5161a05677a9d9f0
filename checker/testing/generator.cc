#include "checker/testing/generator.h"

#include <algorithm>
#include <deque>
#include <limits>
#include <queue>
#include <random>

namespace ordeal::checker {
namespace {

constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

// What is known about one content of a register, to plant lies that certainly are lies: when the first operation that
// saw or made it returned, and when the last one of them was called.
struct Version {
  Atom value = {};
  std::uint64_t number = 0;
  std::uint64_t first_return = never;
  std::uint64_t last_call = 0;
};

struct Register {
  Version now;
  std::deque<Version> past = {};  // the last few, newest first
  std::int64_t last_unique = 0;
  std::vector<std::uint64_t> last_write = {};  // of each value, where they repeat: when it last returned
  Atom last_read = {};
};

enum class Phase : std::uint8_t { idle, called, effected };

struct Client {
  Phase phase = Phase::idle;
  Process process = 0;
  CompactEvent call = {};
  Atom result = {};
  std::uint64_t version = 0;  // of the register, that it saw or made
  bool lost = false;
  bool refused = false;
  bool lies = false;
};

struct Zombie {
  std::uint64_t due = 0;  // the step at which it takes effect
  CompactEvent call = {};
  bool operator>(const Zombie& other) const { return due > other.due; }
};

}  // namespace

class GeneratedSource::Clients {
 public:
  Clients(const GeneratorOptions& options, std::uint64_t seed)
      : options_(options), random_(seed), clients_(options.processes), registers_(options.keys) {
    for (std::size_t i = 0; i < clients_.size(); ++i) clients_[i].process = static_cast<Process>(i);
    if (options.values == 0 || options.plant == Plant::nothing) return;
    for (Register& on : registers_) on.last_write.assign(options.values + 1, 0);
  }

  void draw_batch(std::vector<CompactEvent>& batch) {
    constexpr std::size_t largest_batch = 4096;
    while (batch.size() < largest_batch && (started_ < options_.operations || busy_ > 0)) {
      ++steps_;
      while (!zombies_.empty() && zombies_.top().due <= steps_) rise();
      step(clients_[draw(clients_.size())], batch);
    }
  }

  std::optional<std::uint64_t> planted_event() const { return planted_; }

 private:
  enum class Lie : std::uint8_t { none, awaited, told };

  std::uint64_t draw(std::uint64_t below) { return (random_() >> 32) * below >> 32; }
  Register& of(const CompactEvent& call) { return registers_[call.key - 1]; }
  bool frozen(KeyId key) const { return frozen_ == key; }

  void step(Client& client, std::vector<CompactEvent>& batch) {
    if (client.phase == Phase::idle) {
      if (started_ < options_.operations) call(client, batch);
    } else if (client.phase == Phase::called) {
      effect(client);
    } else {
      complete(client, batch);
      if (started_ < options_.operations) call(client, batch);  // a client that waits for nothing but answers
    }
  }

  void rise() {
    Zombie zombie = zombies_.top();
    zombies_.pop();
    if (frozen(zombie.call.key)) {
      zombie.due = steps_ + 100;
      zombies_.push(zombie);
      return;
    }
    apply(zombie.call);
  }

  Atom fresh(Register& on) {
    if (options_.values == 0) return Atom::integer(++on.last_unique);
    const Atom value = Atom::integer(static_cast<std::int64_t>(1 + draw(options_.values)));
    const bool helps_the_liar = lie_ == Lie::awaited && &on == lied_on_ && value == lied_value_;
    return helps_the_liar && options_.values > 1 ? fresh(on) : value;
  }

  void call(Client& client, std::vector<CompactEvent>& batch) {
    ++started_;
    ++busy_;
    CompactEvent event{.process = client.process, .key = static_cast<KeyId>(1 + draw(options_.keys))};
    const std::uint64_t kind = draw(100);
    event.f = kind < options_.read_percent                          ? verb::read
              : kind < options_.read_percent + options_.cas_percent ? verb::cas
                                                                    : verb::write;
    const bool own_liar = frozen_ != no_key && client.process == liar_;
    const bool repeats = options_.plant == Plant::swapped_pair && waits_to_lie() && client.call.key != no_key;
    if (own_liar || repeats) {
      event.key = own_liar ? frozen_ : client.call.key;
      event.f = verb::read;
    }
    Register& on = of(event);
    if (event.f == verb::write) event.value = fresh(on);
    if (event.f == verb::cas) {
      event.value = draw(2) == 0 ? on.now.value : on.last_read;
      event.second = fresh(on);
    }
    const CompactEvent before = client.call;
    const std::uint64_t version_before = client.version;
    event.index = next_index_;
    client = {.phase = Phase::called, .process = client.process, .call = event};
    if (waits_to_lie()) try_to_lie(client, before, version_before);
    record(event, batch);
  }

  bool waits_to_lie() const {
    return options_.plant != Plant::nothing && lie_ == Lie::none && started_ > options_.plant_at;
  }

  void try_to_lie(Client& client, const CompactEvent& before, std::uint64_t version_before) {
    Register& on = of(client.call);
    if (options_.plant == Plant::lost_write) {
      // The present content must be certain to stand before this write: somebody who saw it has returned.
      if (client.call.f != verb::write || on.now.first_return == never || on.now.value == client.call.value) return;
      client.lies = true;
      lie_ = Lie::awaited;
      frozen_ = client.call.key;
      liar_ = client.process;
      return;
    }
    if (client.call.f != verb::read) return;
    std::optional<Version> newer;
    if (options_.plant == Plant::swapped_pair) {
      // What this client's read before this one returned, when that still is the content.
      if (before.f != verb::read || before.key != client.call.key || on.now.number != version_before) return;
      newer = on.now;
    }
    for (const Version& old : on.past) {
      if (provably_over(on, old, newer) && tellable(old.value, client.call)) {
        client.lies = true;
        client.result = old.value;
        lie_ = Lie::awaited;
        lied_on_ = &on;
        lied_value_ = old.value;
        return;
      }
    }
  }

  // Somebody who saw `old` returned before somebody was called who saw a later content, and he has returned, too.
  static bool provably_over(const Register& on, const Version& old, const std::optional<Version>& newer) {
    const auto proves = [&old](const Version& later) {
      return later.number > old.number && old.first_return < later.last_call && later.first_return != never;
    };
    if (newer) return old.number + 1 == newer->number && proves(*newer);
    return proves(on.now) || std::any_of(on.past.begin(), on.past.end(), proves);
  }

  // Where values repeat, somebody who saw another one must have been called after the last write of this one returned,
  // and have returned, too. (What was lost may still come; then the lie may be none.)
  bool tellable(Atom value, const CompactEvent& read) {
    if (options_.values == 0) return true;
    const Register& on = of(read);
    std::uint64_t last = on.last_write[static_cast<std::size_t>(value.is_nil() ? 0 : value.as_integer())];
    for (const Client& client : clients_) {
      const Atom written = client.call.f == verb::cas ? client.call.second : client.call.value;
      const bool writes = client.phase != Phase::idle && client.call.f != verb::read && client.call.key == read.key;
      if (writes && written == value) last = never;
    }
    const auto proves = [&](const Version& seen) { return seen.value != value && seen.last_call > last; };
    return proves(on.now) || std::any_of(on.past.begin(), on.past.end(), proves);
  }

  void effect(Client& client) {
    const bool ends = started_ == options_.operations;
    if (frozen(client.call.key) && client.call.f != verb::read && !client.lies && !ends) return;  // later
    client.phase = Phase::effected;
    if (client.lies) return;
    client.lost = client.call.f != verb::read && draw(100) < options_.info_percent;
    const std::uint64_t fate = client.lost ? draw(4) : 2;
    if (fate == 3) zombies_.push({.due = steps_ + 1 + draw(64 * clients_.size() * options_.keys), .call = client.call});
    if (fate != 2) return;
    client.result = of(client.call).now.value;
    client.refused = !apply(client.call);
    client.version = of(client.call).now.number;
  }

  bool apply(const CompactEvent& call) {
    Register& on = of(call);
    if (call.f == verb::read) return true;
    if (call.f == verb::cas && on.now.value != call.value) return false;
    if (options_.plant != Plant::nothing && lie_ == Lie::none) {
      constexpr std::size_t remembered = 8;
      on.past.push_front(on.now);
      if (on.past.size() > remembered) on.past.pop_back();
    }
    on.now = {.value = call.f == verb::cas ? call.second : call.value, .number = on.now.number + 1};
    return true;
  }

  void complete(Client& client, std::vector<CompactEvent>& batch) {
    --busy_;
    client.phase = Phase::idle;
    CompactEvent event = client.call;
    Register& on = of(event);
    event.type = client.lost ? EventType::info : client.refused ? EventType::fail : EventType::ok;
    event.mismatch = client.refused;
    if (event.f == verb::read) event.value = client.result;
    if (event.f == verb::read && !client.lies) on.last_read = client.result;
    note_return(client, on);
    event.index = next_index_;
    tell_the_lie(client);
    if (client.lost) {
      client.process += static_cast<Process>(clients_.size());
      client.call = {};
    }
    record(event, batch);
  }

  void note_return(const Client& client, Register& on) {
    if (options_.plant == Plant::nothing || client.refused || client.lies) return;
    if (options_.values > 0 && client.call.f != verb::read) {
      const Atom written = client.call.f == verb::cas ? client.call.second : client.call.value;
      on.last_write[static_cast<std::size_t>(written.as_integer())] = next_index_;
    }
    if (client.lost) return;
    const auto note = [&](Version& version) {
      if (version.number != client.version) return;
      version.first_return = std::min(version.first_return, next_index_);
      version.last_call = std::max(version.last_call, client.call.index);
    };
    note(on.now);
    for (Version& version : on.past) note(version);
  }

  // Whether this return is the event at which the history became impossible.
  void tell_the_lie(const Client& client) {
    if (lie_ != Lie::awaited) return;
    if (options_.plant == Plant::lost_write) {
      if (client.lies) {
        lost_since_ = next_index_;
        return;
      }
      if (client.call.key != frozen_ || client.call.f != verb::read || client.call.index <= lost_since_) return;
      frozen_ = no_key;
    } else if (!client.lies) {
      return;
    }
    lie_ = Lie::told;
    planted_ = next_index_;
  }

  void record(CompactEvent& event, std::vector<CompactEvent>& batch) {
    ++next_index_;
    batch.push_back(event);
  }

  const GeneratorOptions& options_;
  std::mt19937_64 random_;
  std::vector<Client> clients_;
  std::vector<Register> registers_;
  std::priority_queue<Zombie, std::vector<Zombie>, std::greater<>> zombies_;
  std::uint64_t steps_ = 0;
  std::uint64_t started_ = 0;
  std::uint64_t busy_ = 0;
  std::uint64_t next_index_ = 0;
  Lie lie_ = Lie::none;
  KeyId frozen_ = no_key;  // while a lost write waits for its read nothing changes this key
  Process liar_ = 0;
  const Register* lied_on_ = nullptr;  // nobody may write this value there before the lie is told
  Atom lied_value_ = {};
  std::uint64_t lost_since_ = never;
  std::optional<std::uint64_t> planted_;
};

GeneratedSource::GeneratedSource(const GeneratorOptions& options, std::uint64_t seed) : options_(options), seed_(seed) {
  for (std::uint64_t i = 0; i < options_.keys; ++i) vocabulary_.key(std::to_string(i));
  rewind();
}

GeneratedSource::~GeneratedSource() = default;

std::span<const CompactEvent> GeneratedSource::next() {
  batch_.clear();
  clients_->draw_batch(batch_);
  return batch_;
}

void GeneratedSource::rewind() {
  clients_ = std::make_unique<Clients>(options_, seed_);
}

History GeneratedSource::fetch(const std::function<bool(const CompactEvent&)>& wanted, std::uint64_t last) {
  rewind();
  History history;
  for (auto events = next(); !events.empty() && events.front().index <= last; events = next()) {
    for (const CompactEvent& event : events) {
      if (event.index <= last && wanted(event)) history.push_back(full_event(event, vocabulary_));
    }
  }
  rewind();
  return history;
}

std::optional<std::uint64_t> GeneratedSource::planted_event() const {
  return clients_->planted_event();
}

Event full_event(const CompactEvent& event, const Vocabulary& vocabulary) {
  constexpr Process nodes = 5;
  Event out{.index = event.index,
            .time = std::chrono::microseconds(event.index),
            .process = event.process,
            .type = event.type,
            .f = vocabulary.verb_name(event.f),
            .key = vocabulary.key_name(event.key),
            .value = vocabulary.value(event.value),
            .node = "n" + std::to_string(1 + event.process % nodes),
            .error = event.mismatch                  ? "mismatch"
                     : event.type == EventType::info ? "timeout"
                                                     : ""};
  if (!event.second.is_absent()) out.value = List{out.value, vocabulary.value(event.second)};
  return out;
}

History generated_history(const GeneratorOptions& options, std::uint64_t seed) {
  return GeneratedSource(options, seed).fetch([](const CompactEvent&) { return true; }, never);
}

}  // namespace ordeal::checker
