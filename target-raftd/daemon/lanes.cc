#include "target-raftd/daemon/lanes.h"

#include <cassert>
#include <iterator>
#include <utility>

namespace raftd::daemon {

void Lanes::admit(raft::Effects effects) {
  // A batch that brings a new term or vote holds back its own messages, too: even those that a leader need not delay
  // for its entries must not speak in a term that it could forget.
  if (!effects.hard_state && last_hard_state_job_ <= done_) {
    for (raft::Envelope& envelope : std::exchange(effects.messages_at_once, {})) duties_.send(std::move(envelope));
  }
  OnDisk on_disk{.messages = std::move(effects.messages_at_once)};
  on_disk.messages.insert(on_disk.messages.end(), std::make_move_iterator(effects.messages.begin()),
                          std::make_move_iterator(effects.messages.end()));
  Fast fast{.committed = std::move(effects.committed),
            .ready_reads = std::move(effects.ready_reads),
            .refused_reads = std::move(effects.refused_reads)};
  if (effects.install) on_disk.position = fast.install = effects.install->meta.position;
  if (!effects.entries.empty()) on_disk.position = {effects.entries.back().term, effects.entries.back().index};
  if (effects.hard_state || effects.install || !effects.entries.empty()) {
    const bool installs = effects.install.has_value();
    on_disk.job = duties_.store({.install = std::move(effects.install),
                                 .write = {.hard_state = effects.hard_state, .entries = std::move(effects.entries)}});
    if (effects.hard_state) last_hard_state_job_ = on_disk.job;
    if (installs) fast.job = on_disk.job;
  }
  if (on_disk.job != 0 || !disk_.empty()) {
    disk_.push_back(std::move(on_disk));
  } else {
    for (raft::Envelope& envelope : on_disk.messages) duties_.send(std::move(envelope));
  }
  if (fast.job == 0 && fast_.empty()) return perform(fast);
  fast_.push_back(std::move(fast));
}

void Lanes::done(std::uint64_t number, std::unique_ptr<kv::Store> installed) {
  done_ = number;
  if (installed) installed_.push_back(std::move(installed));
  while (!disk_.empty() && disk_.front().job <= done_) {
    OnDisk batch = std::move(disk_.front());
    disk_.pop_front();
    if (batch.position.index != 0) duties_.durable(batch.position);
    for (raft::Envelope& envelope : batch.messages) duties_.send(std::move(envelope));
  }
  while (!fast_.empty() && fast_.front().job <= done_) {
    const Fast batch = std::move(fast_.front());
    fast_.pop_front();
    perform(batch);
  }
}

void Lanes::perform(const Fast& batch) {
  if (batch.job != 0) {
    assert(!installed_.empty());
    duties_.install(batch.install, std::move(*installed_.front()));
    installed_.pop_front();
  }
  for (const raft::Entry& entry : batch.committed) duties_.apply(entry);
  for (const raft::ReadyRead& read : batch.ready_reads) duties_.ready(read);
  for (const raft::ReadId read : batch.refused_reads) duties_.refuse(read);
}

}  // namespace raftd::daemon
