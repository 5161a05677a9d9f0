#include "target-raftd/daemon/node.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cassert>
#include <random>
#include <utility>

namespace raftd::daemon {

namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t max_requests = 16'384;
constexpr std::size_t max_proposals = 8'192;
constexpr std::size_t max_proposed_bytes = std::size_t{64} << 20;

std::uint64_t random_number() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

// Five ticks a heartbeat: fine enough that election timeouts of different servers differ.
milliseconds tick_period(const Flags& flags) {
  return std::max(milliseconds(1), flags.heartbeat / 5);
}

raft::Config raft_config(const Flags& flags) {
  raft::Config config;
  config.id = flags.id;
  for (const auto& [id, address] : flags.cluster) config.servers.push_back(id);
  config.random_seed = random_number();
  config.heartbeat_ticks = static_cast<int>(flags.heartbeat / tick_period(flags));
  config.election_timeout_ticks = static_cast<int>(flags.election_timeout / tick_period(flags));
  return config;
}

Failure failure_of(net::Refusal refusal) {
  switch (refusal) {
    case net::Refusal::superseded:
      return Failure::superseded;
    case net::Refusal::overloaded:
      return Failure::overloaded;
    case net::Refusal::timeout:
      return Failure::write_timeout;
    case net::Refusal::not_leader:
    case net::Refusal::bad_command:
      break;
  }
  return Failure::no_leader;
}

net::Refusal refusal_of(Failure failure) {
  switch (failure) {
    case Failure::superseded:
      return net::Refusal::superseded;
    case Failure::overloaded:
      return net::Refusal::overloaded;
    case Failure::no_leader:
      return net::Refusal::not_leader;
    case Failure::read_timeout:
    case Failure::write_timeout:
      break;
  }
  return net::Refusal::timeout;
}

net::Outcome outcome_of(const Answer& answer) {
  if (const auto* result = std::get_if<kv::Result>(&answer)) return *result;
  return refusal_of(std::get<Failure>(answer));
}

}  // namespace

// After a pause of the process (SIGSTOP, a suspended machine) exactly one tick fires, not all that were missed: the
// messages that wait in the sockets deserve to be read before this server calls an election.
struct Node::Ticker {
  Ticker(asio::io_context& loop, milliseconds every, std::function<void()> call)
      : timer(loop), period(every), on_tick(std::move(call)) {
    wait();
  }
  void wait() {
    timer.expires_after(period);
    timer.async_wait([this](const boost::system::error_code& cancelled) {
      if (cancelled) return;
      on_tick();
      wait();
    });
  }
  asio::steady_timer timer;
  milliseconds period;
  std::function<void()> on_tick;
};

Node::Node(asio::io_context& loop, const Flags& flags, std::function<void(std::string)> on_failure)
    : loop_(loop), flags_(flags), requests_(max_requests, flags.deadline), reads_(random_number()) {
  auto log = std::make_unique<storage::Log>(storage::Log::Options{.folder = flags.data, .node = flags.id});
  raft::Persisted found = log->take_recovered();
  spdlog::info("recovered from {}: term {}, vote {}, {} entries, torn bytes dropped {}", flags.data.string(),
               found.hard_state.current_term, found.hard_state.voted_for.value_or(0), found.entries.size(),
               log->dropped_bytes());
  raft_ = std::make_unique<raft::Raft>(raft_config(flags), std::move(found));
  logged_ = raft_->status();

  net::PeersConfig config;
  config.id = flags.id;
  config.addresses = flags.cluster;
  peers_ = std::make_unique<net::Peers>(
      loop, config,
      net::PeersHandlers{.on_message =
                             [this](raft::Envelope envelope) {
                               raft_->step(std::move(envelope));
                               schedule_pump();
                             },
                         .on_forward =
                             [this](std::string command, std::function<void(net::Outcome)> reply) {
                               on_forward(std::move(command), std::move(reply));
                             }});

  // The storage thread only ever posts to the loop; what it posts may find this object gone.
  const auto on_loop = [this, alive = std::weak_ptr(alive_)](auto act) {
    asio::post(loop_, [alive, act = std::move(act)] {
      if (!alive.expired()) act();
    });
  };
  writer_ = std::make_unique<LogWriter>(std::move(log),
                                        LogWriter::Handlers{.durable =
                                                                [this, on_loop](std::uint64_t up_to) {
                                                                  on_loop([this, up_to] {
                                                                    durable_write_ = up_to;
                                                                    pump();
                                                                  });
                                                                },
                                                            .failed =
                                                                [this, on_loop, on_failure](std::string why) {
                                                                  on_loop([this, on_failure, why = std::move(why)] {
                                                                    failed_ = true;
                                                                    on_failure(why);
                                                                  });
                                                                }});
  ticker_ = std::make_unique<Ticker>(loop, tick_period(flags), [this] { on_tick(); });
}

Node::~Node() = default;

// --- What clients ask
// -------------------------------------------------------------------------------------------------

bool Node::overloaded() const {
  return requests_.full() || proposals_.count() >= max_proposals || proposals_.bytes() >= max_proposed_bytes;
}

void Node::write(const kv::Command& command, Requests::Done done) {
  if (overloaded()) return done(Failure::overloaded);
  const raft::Status status = raft_->status();
  const bool leads = status.role == raft::Role::leader;
  if (!leads && !status.leader) return done(Failure::no_leader);
  const RequestId request = requests_.add(Requests::Clock::now(), Failure::write_timeout, std::move(done));
  leads ? propose(kv::encode(command), request) : forward(*status.leader, kv::encode(command), request);
}

void Node::propose(std::string command, RequestId request) {
  const std::size_t bytes = command.size();
  const raft::Proposal proposal = raft_->propose(std::move(command));
  if (const auto* accepted = std::get_if<raft::Accepted>(&proposal)) {
    proposals_.add(accepted->position, request, bytes);
    schedule_pump();
  } else {
    requests_.finish(request, Failure::no_leader);
  }
}

void Node::forward(raft::NodeId leader, std::string command, RequestId request) {
  const bool sent = peers_->forward(leader, std::move(command), [this, request](std::optional<net::Outcome> outcome) {
    if (!outcome) return requests_.finish(request, Failure::write_timeout);
    if (const auto* result = std::get_if<kv::Result>(&*outcome)) return requests_.finish(request, *result);
    requests_.finish(request, failure_of(std::get<net::Refusal>(*outcome)));
  });
  if (!sent) requests_.finish(request, Failure::no_leader);
}

// Another server took this one for the leader. If it does not lead, it says so: a write is never forwarded twice, so
// servers that disagree about the leader cannot send it round in circles.
void Node::on_forward(std::string command, std::function<void(net::Outcome)> reply) {
  if (!kv::decode(command)) return reply(net::Refusal::bad_command);
  if (overloaded()) return reply(net::Refusal::overloaded);
  const RequestId request =
      requests_.add(Requests::Clock::now(), Failure::write_timeout,
                    [reply = std::move(reply)](const Answer& answer) { reply(outcome_of(answer)); });
  propose(std::move(command), request);
}

void Node::read(std::string key, Requests::Done done) {
  if (requests_.full()) return done(Failure::overloaded);
  const RequestId request = requests_.add(Requests::Clock::now(), Failure::read_timeout, std::move(done));
  reads_.add({.request = request, .key = std::move(key)});
  schedule_pump();
}

StatusReport Node::status() const {
  StatusReport report{.raft = raft_->status(),
                      .applied_index = applied_index_,
                      .state_hash = store_.state_hash(),
                      .keys = store_.size(),
                      .sessions = store_.session_count(),
                      .members = {}};
  for (const auto& [id, address] : flags_.cluster) {
    report.members.push_back({.id = id, .address = address, .connected = id == flags_.id || peers_->connected(id)});
  }
  return report;
}

// --- The loop
// ---------------------------------------------------------------------------------------------------------

void Node::on_tick() {
  raft_->tick();
  requests_.expire(Requests::Clock::now());
  if (overloaded()) proposals_.forget_lost(raft_->log(), requests_);
  pump();
}

void Node::schedule_pump() {
  if (std::exchange(pump_scheduled_, true)) return;
  asio::post(loop_, [this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) pump();
  });
}

void Node::pump() {
  pump_scheduled_ = false;
  if (failed_) return;
  const auto now = Requests::Clock::now();
  for (const raft::ReadId id : reads_.ask(now, now - flags_.election_timeout, requests_)) raft_->read(id);
  for (;;) {
    while (!batches_.empty() && batches_.front().write <= durable_write_) {
      Batch batch = std::move(batches_.front());
      batches_.pop_front();
      complete(batch);
    }
    raft::Effects effects = raft_->take_effects();
    if (effects.empty()) break;
    admit(std::move(effects));
  }
  log_changes();
}

// The order of duties is that of raft/effects.h. This is its first half, up to the disk; complete() is the rest.
void Node::admit(raft::Effects effects) {
  if (last_hard_state_write_ <= durable_write_) {
    for (raft::Envelope& envelope : std::exchange(effects.messages_at_once, {})) peers_->send(std::move(envelope));
  }
  Batch batch{.effects = std::move(effects), .last_entry = {}};
  raft::Effects& duties = batch.effects;
  if (duties.hard_state || !duties.entries.empty()) {
    if (!duties.entries.empty()) batch.last_entry = {duties.entries.back().term, duties.entries.back().index};
    batch.write = writer_->enqueue({.hard_state = duties.hard_state, .entries = std::exchange(duties.entries, {})});
    if (duties.hard_state) last_hard_state_write_ = batch.write;
  }
  batches_.push_back(std::move(batch));
}

// Everything of this batch and of all batches before it is durable.
void Node::complete(Batch& batch) {
  raft::Effects& duties = batch.effects;
  if (batch.last_entry.index != 0) raft_->durable(batch.last_entry);
  for (raft::Envelope& envelope : duties.messages_at_once) peers_->send(std::move(envelope));  // those that had to wait
  for (raft::Envelope& envelope : duties.messages) peers_->send(std::move(envelope));
  for (const raft::Entry& entry : duties.committed) apply(entry);
  for (const raft::ReadyRead& ready : duties.ready_reads) reads_.ready(ready.read, ready.read_index);
  answer_reads();
  for (const raft::ReadId id : duties.refused_reads) {
    for (const Reads::Read& read : reads_.refused(id)) requests_.finish(read.request, Failure::no_leader);
  }
}

void Node::apply(const raft::Entry& entry) {
  assert(entry.index == applied_index_ + 1);
  kv::Result result;
  if (entry.kind == raft::EntryKind::command) {
    // Only what decodes is ever proposed.
    const std::optional<kv::Command> command = kv::decode(entry.command);
    assert(command);
    result = store_.apply(entry.index, *command);
  }
  applied_index_ = entry.index;
  for (const Proposals::Settled& one : proposals_.applied({entry.term, entry.index})) {
    requests_.finish(one.request, one.committed ? Answer(result) : Answer(Failure::superseded));
  }
}

void Node::answer_reads() {
  for (const Reads::Read& read : reads_.answerable(applied_index_)) {
    requests_.finish(read.request, Answer(store_.get(read.key)));
  }
}

void Node::log_changes() {
  const raft::Status now = raft_->status();
  if (now.role == logged_.role && now.term == logged_.term && now.leader == logged_.leader) return;
  logged_ = now;
  const std::string leader = now.leader ? fmt::format("server {}", *now.leader) : "nobody";
  spdlog::info("term {}: {}, led by {}; last entry {}, committed {}", now.term, to_string(now.role), leader,
               now.last_log.index, now.commit_index);
}

}  // namespace raftd::daemon
