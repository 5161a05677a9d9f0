// What clients ask of a node: writes, reads, changes of the membership, transfers of the leadership.

#include <spdlog/spdlog.h>

#include <utility>

#include "target-raftd/daemon/node.h"

namespace raftd::daemon {

namespace {

constexpr std::size_t max_proposals = 8'192;
constexpr std::size_t max_proposed_bytes = std::size_t{64} << 20;

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
    case Failure::handing_over:
      return net::Refusal::not_leader;
    case Failure::read_timeout:
    case Failure::write_timeout:
      break;
  }
  return net::Refusal::timeout;
}

// Between servers a result travels as the bytes that the store makes of it.
net::Outcome outcome_of(const Answer& answer) {
  if (const auto* result = std::get_if<kv::Result>(&answer)) return kv::encode(*result);
  return refusal_of(std::get<Failure>(answer));
}

// Bytes that are no result come from a broken peer; the write may have happened.
Answer answer_of(const net::Outcome& outcome) {
  if (const auto* refusal = std::get_if<net::Refusal>(&outcome)) return failure_of(*refusal);
  const std::optional<kv::Result> result = kv::decode_result(std::get<std::string>(outcome));
  return result ? Answer(*result) : Answer(Failure::write_timeout);
}

}  // namespace

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
    const bool handing_over = std::holds_alternative<raft::HandingOver>(proposal);
    requests_.finish(request, handing_over ? Failure::handing_over : Failure::no_leader);
  }
}

void Node::forward(raft::NodeId leader, std::string command, RequestId request) {
  const bool sent = peers_->forward(leader, std::move(command), [this, request](std::optional<net::Outcome> outcome) {
    requests_.finish(request, outcome ? answer_of(*outcome) : Answer(Failure::write_timeout));
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

// A follower's read is a linearizable one: any server answers those from its own state, once that is new enough.
void Node::read(std::string key, ReadLevel level, Requests::Done done) {
  if (requests_.full()) return done(Failure::overloaded);
  const bool by_lease = level == ReadLevel::lease && flags_.lease;
  const RequestId request = requests_.add(Requests::Clock::now(), Failure::read_timeout, std::move(done));
  reads_.add({.request = request, .key = std::move(key)},
             by_lease ? raft::ReadMode::lease : raft::ReadMode::read_index);
  schedule_pump();
}

// A change is an entry of the log, and waits for its fate like a write.
void Node::change(const raft::MembershipChange& change, Respond done) {
  if (overloaded()) return done(answer(Failure::overloaded));
  const auto changed = raft_->change(change);
  if (const auto* refusal = std::get_if<raft::ChangeRefusal>(&changed)) {
    return done(answer(*refusal, raft_->status().leader));
  }
  const RequestId request =
      requests_.add(Requests::Clock::now(), Failure::write_timeout, [done = std::move(done)](const Answer& result) {
        const auto* failure = std::get_if<Failure>(&result);
        done(failure != nullptr ? answer(*failure) : answer(std::get<kv::Result>(result)));
      });
  proposals_.add(std::get<raft::Accepted>(changed).position, request, 0);
  schedule_pump();
}

void Node::transfer(raft::NodeId to, Respond done) {
  const auto refusal = raft_->transfer(to);
  if (refusal) return done(answer(*refusal, raft_->status().leader));
  transfers_.add(to, raft_->status(), Transfers::Clock::now() + flags_.deadline, std::move(done));
  schedule_pump();
}

}  // namespace raftd::daemon
