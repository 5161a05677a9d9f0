#include "target-raftd/raft/simulation/client.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

namespace raftd::simulation {
namespace {

constexpr std::uint64_t keys = 3;
constexpr std::uint64_t values = 4;  // few, so that compare-and-set often succeeds

kv::Action draw_action(Dice& dice) {
  const std::string key = fmt::format("k{}", dice.below(keys));
  const std::string value = fmt::format("v{}", dice.below(values));
  switch (dice.below(12)) {
    case 0:
      return kv::Delete{key};
    case 4:
    case 5:
    case 6:
      return kv::Add{fmt::format("n{}", dice.below(keys)), static_cast<std::int64_t>(dice.between(1, 9))};
    case 7:
      return kv::Txn{.compares = {{.key = key, .to = kv::Compare::Holds{value}}},
                     .then = {kv::Delete{key}, kv::Put{"t", value}},
                     .otherwise = {kv::Put{key, value}, kv::Get{"t"}}};
    case 1:
      return kv::CompareAndSet{key, std::nullopt, value};
    case 2:
    case 3:
      return kv::CompareAndSet{key, fmt::format("v{}", dice.below(values)), value};
    default:
      return kv::Put{key, value};
  }
}

}  // namespace

void Client::next() {
  if (stopped_) {
    return;
  }
  seen_before_ = invariants_.seen();
  retries_ = 0;
  command_.reset();
  if (!reader_ && !world_.dice.chance(world_.options.reads)) {
    command_ = kv::Command{kv::SessionSerial{fmt::format("c{}", number_), ++serial_}, draw_action(world_.dice)};
  }
  attempt();
}

void Client::attempt() {
  ++attempts_;
  Machine& machine = choose_machine();
  if (!machine.up()) {  // the connection is refused
    leader_.reset();
    retry_after(world_.dice.between(1, tick_length));
    return;
  }
  machine.after(world_.dice.between(1, world_.options.delay), [this, &machine, attempt = attempts_] {
    if (attempt == attempts_) {
      command_ ? write(machine) : read(machine);
    }
  });
  // Patience doubles with every attempt: retries must not fill the log faster than a slow cluster works it off.
  const Time patience = static_cast<Time>(world_.options.election_timeout_ticks) * tick_length
                        << std::min(retries_, world_.options.patience_doublings);
  world_.timeline.after(patience, [this, attempt = attempts_] {
    if (attempt == attempts_) {
      leader_.reset();  // whoever it is did not answer
      retry_after(0);
    }
  });
}

// A write is retried with its serial; of a read nothing remains, so it begins anew, and has to see what is seen by
// then.
void Client::retry_after(Time delay) {
  world_.timeline.after(delay, [this, attempt = attempts_] {
    if (attempt != attempts_) {
      return;
    }
    if (!command_) {
      next();
      return;
    }
    ++world_.statistics.retries;
    ++retries_;
    this->attempt();
  });
}

Machine& Client::choose_machine() {
  const std::vector<Machine*> serving = machines_.in_service();
  if (reader_) {
    Machine& own = machines_.at(number_);
    return std::ranges::find(serving, &own) != serving.end() ? own : *serving[world_.dice.below(serving.size())];
  }
  if (leader_ && world_.dice.chance(700)) {
    return machines_.at(*leader_);
  }
  if (world_.dice.chance(50)) {
    return machines_.at(world_.dice.between(1, machines_.all().size()));  // one that was removed, perhaps
  }
  return *serving[world_.dice.below(serving.size())];
}

void Client::write(Machine& machine) {
  const auto proposal = machine.write(*command_, [this, attempt = attempts_](std::optional<kv::Result> result) {
    if (attempt != attempts_ || world_.dice.chance(world_.options.answers_lost)) {
      return;
    }
    if (!result) {
      retry_after(world_.dice.between(1, tick_length));
      return;
    }
    invariants_.write_answered(seen_before_, retries_ > 0, *result);
    ++world_.statistics.writes;
    completed_with(fmt::format("wrote at {}", result->index));
  });
  if (const auto* refusal = std::get_if<raft::NotLeader>(&proposal)) {
    leader_ = refusal->leader;
  }
  if (!std::holds_alternative<raft::Accepted>(proposal)) {
    retry_after(world_.dice.between(1, tick_length));
  }
}

void Client::read(Machine& machine) {
  const raft::ReadId id = (number_ << 32) + attempts_;  // never used before
  const bool by_lease = world_.dice.chance(world_.options.lease_reads);
  machine.read(id, by_lease ? raft::ReadMode::lease : raft::ReadMode::read_index,
               [this, attempt = attempts_](std::optional<Machine::Shown> shown) {
                 if (attempt != attempts_) {
                   return;
                 }
                 if (!shown) {
                   ++world_.statistics.refused_reads;
                   retry_after(world_.dice.between(1, tick_length));
                   return;
                 }
                 invariants_.read_answered(seen_before_, shown->read_index, shown->shown);
                 ++world_.statistics.reads;
                 completed_with(fmt::format("read up to {}", shown->shown));
               });
}

void Client::completed_with(const std::string& outcome) {
  ++attempts_;  // whatever comes of earlier attempts is too late
  ++completed_;
  if (world_.trace) {
    world_.trace(fmt::format("client {} {}", number_, outcome));
  }
  world_.timeline.after(world_.dice.between(1, 2 * tick_length), [this] { next(); });
}

}  // namespace raftd::simulation
