#include "target-raftd/daemon/node.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cassert>
#include <random>
#include <stdexcept>
#include <utility>

namespace raftd::daemon {

namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t max_requests = 16'384;

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
  config.random_seed = random_number();
  config.heartbeat_ticks = static_cast<int>(flags.heartbeat / tick_period(flags));
  config.election_timeout_ticks = static_cast<int>(flags.election_timeout / tick_period(flags));
  config.pre_vote = flags.pre_vote;
  config.check_quorum = flags.check_quorum;
  if (flags.lease) {
    const auto shortest = tick_period(flags) * (config.election_timeout_ticks - 1);
    config.lease = std::chrono::nanoseconds(shortest) * (100 - static_cast<int>(flags.lease_drift)) / 100;
  }
  return config;
}

raft::Configuration bootstrap(const Flags& flags) {
  raft::Configuration configuration;
  if (flags.join) return configuration;
  for (const auto& [id, address] : flags.cluster) {
    configuration.members[id] = {.address = net::to_string(address), .voter = !flags.learners.contains(id)};
  }
  return configuration;
}

kv::Store store_of(const raft::Snapshot& snapshot, const Flags& flags) {
  if (snapshot.meta.position.index == 0) return kv::Store();
  std::optional<kv::Store> store = kv::Store::restore(*snapshot.data);
  if (store) return *std::move(store);
  throw std::runtime_error(fmt::format(
      "corrupt snapshot: the one up to entry {} in {} holds no store; if the other servers are healthy, remove this "
      "server from the cluster and add it again under a new id with an empty folder",
      snapshot.meta.position.index, flags.data.string()));
}

raft::Time monotonic_now() {
  return std::chrono::steady_clock::now().time_since_epoch();
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
    timer.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      on_tick();
      wait();
    });
  }
  asio::steady_timer timer;
  milliseconds period;
  std::function<void()> on_tick;
};

Node::Node(asio::io_context& loop, const Flags& flags, std::function<void(std::string)> on_failure)
    : loop_(loop),
      flags_(flags),
      folder_(std::make_unique<storage::DataFolder>(storage::DataFolder::Options{
          .folder = flags.data, .cluster_name = flags.cluster_name, .node = flags.id, .bootstrap = bootstrap(flags)})),
      requests_(max_requests, flags.deadline),
      reads_(random_number()),
      snapshot_policy_(flags.snapshot_entries, flags.snapshot_bytes),
      lanes_(duties()),
      membership_(flags.id, flags.cluster),
      on_failure_(std::move(on_failure)) {
  for (const std::string& note : folder_->notes()) spdlog::warn("{}", note);
  raft::Persisted found = folder_->take_recovered();
  spdlog::info("recovered from {}: term {}, vote {}, snapshot up to entry {}, {} entries after {}", flags.data.string(),
               found.hard_state.current_term, found.hard_state.voted_for.value_or(0),
               found.snapshot.meta.position.index, found.entries.size(), found.log_base.index);
  store_ = store_of(found.snapshot, flags);
  applied_index_ = found.snapshot.meta.position.index;
  applied_term_ = found.snapshot.meta.position.term;
  incarnation_ = folder_->identity().incarnation;
  raft_ = std::make_unique<raft::Raft>(raft_config(flags), std::move(found));
  noted_ = raft_->status();
  start_network();
  start_threads();
  ticker_ = std::make_unique<Ticker>(loop, tick_period(flags), [this] { on_tick(); });
  note_changes();
}

Node::~Node() = default;

// The threads only ever post to the loop; what they post may find this object gone.
void Node::start_threads() {
  const auto on_loop = [this, alive = std::weak_ptr(alive_)](auto act) {
    asio::post(loop_, [alive, act = std::move(act)]() mutable {
      if (!alive.expired()) act();
    });
  };
  const auto failed = [this, on_loop](std::string why) { on_loop([this, why = std::move(why)] { fail(why); }); };
  writer_ = std::make_unique<LogWriter>(*folder_,
                                        LogWriter::Handlers{.done =
                                                                [this, on_loop](LogWriter::Done done) {
                                                                  on_loop([this, done = std::move(done)]() mutable {
                                                                    fsync_.observe(done.took);
                                                                    lanes_.done(done.up_to, std::move(done.installed));
                                                                    pump();
                                                                  });
                                                                },
                                                            .failed = failed});
  snapshot_maker_ = std::make_unique<SnapshotMaker>(
      folder_->snapshots(), SnapshotMaker::Handlers{.saved =
                                                        [this, on_loop](raft::Snapshot snapshot) {
                                                          on_loop([this, snapshot = std::move(snapshot)]() mutable {
                                                            on_snapshot_saved(std::move(snapshot));
                                                          });
                                                        },
                                                    .failed = failed});
}

void Node::start_network() {
  if (auto line = membership_.update(raft_->configuration(), raft_->configuration_index())) spdlog::info("{}", *line);
  net::PeersConfig config;
  config.id = flags_.id;
  config.cluster_name = flags_.cluster_name;
  config.incarnation = incarnation_;
  config.addresses = membership_.addresses();
  peers_ = std::make_unique<net::Peers>(
      loop_, config,
      net::PeersHandlers{.on_message =
                             [this](raft::Envelope envelope) {
                               raft_->step(std::move(envelope));
                               schedule_pump();
                             },
                         .on_forward =
                             [this](std::string command, std::function<void(net::Outcome)> reply) {
                               on_forward(std::move(command), std::move(reply));
                             }});
}

Lanes::Duties Node::duties() {
  return {.store = [this](LogWriter::Job job) { return writer_->enqueue(std::move(job)); },
          .durable = [this](raft::LogPosition position) { raft_->durable(position); },
          .send = [this](raft::Envelope envelope) { peers_->send(std::move(envelope)); },
          .install = [this](raft::LogPosition position, kv::Store store) { install(position, std::move(store)); },
          .apply = [this](const raft::Entry& entry) { apply(entry); },
          .ready = [this](raft::ReadyRead read) { reads_.ready(read.read, read.read_index); },
          .refuse = [this](raft::ReadId id) { refuse_reads(id); }};
}

void Node::fail(const std::string& why) {
  if (!std::exchange(failed_, true)) on_failure_(why);
}

// --- The loop
// ---------------------------------------------------------------------------------------------------------

void Node::on_tick() {
  raft_->tick();
  requests_.expire(Requests::Clock::now());
  if (overloaded()) proposals_.forget_lost(raft_->log(), raft_->status().log_base.index, requests_);
  identify_cluster();
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
  for (const Reads::Question& question : reads_.ask(now, now - flags_.election_timeout, requests_)) {
    raft_->read(question.id, question.mode);
  }
  for (;;) {
    // The clock is read after the requests arrived: a lease that holds now was good when they were asked, however long
    // this process is stopped between this line and the answer.
    raft::Effects effects = raft_->take_effects(monotonic_now());
    if (effects.empty()) break;
    lanes_.admit(std::move(effects));
    answer_reads();
  }
  answer_reads();
  consider_snapshot();
  note_changes();
  transfers_.check(noted_, now);
}

void Node::apply(const raft::Entry& entry) {
  assert(entry.index == applied_index_ + 1);
  kv::Result result{.index = entry.index};
  if (entry.kind == raft::EntryKind::command) {
    // Only what decodes is ever proposed.
    std::optional<kv::Command> command = kv::decode(entry.command);
    assert(command);
    result = store_.apply(entry.index, *std::move(command));
  }
  applied_index_ = entry.index;
  applied_term_ = entry.term;
  snapshot_policy_.applied(entry.command.size() + sizeof entry);
  for (const Proposals::Settled& one : proposals_.applied({entry.term, entry.index})) {
    requests_.finish(one.request, one.committed ? Answer(result) : Answer(Failure::superseded));
  }
}

void Node::install(raft::LogPosition position, kv::Store store) {
  assert(position.index > applied_index_);
  store_ = std::move(store);
  applied_index_ = position.index;
  applied_term_ = position.term;
  snapshot_policy_.begun();
  spdlog::info("installed the leader's snapshot up to entry {}", position.index);
  for (const RequestId request : proposals_.covered(position.index)) requests_.finish(request, Failure::write_timeout);
}

void Node::answer_reads() {
  for (const Reads::Read& read : reads_.answerable(applied_index_)) {
    requests_.finish(read.request, Answer(store_.get(read.key)));
  }
}

void Node::refuse_reads(raft::ReadId id) {
  for (const Reads::Read& read : reads_.refused(id)) requests_.finish(read.request, Failure::no_leader);
}

// --- Now and then
// -----------------------------------------------------------------------------------------------------

void Node::consider_snapshot() {
  if (!snapshot_policy_.due() || making_snapshot_ || lanes_.installing()) return;
  if (applied_index_ <= raft_->status().snapshot.index) return;
  raft::SnapshotMeta meta = raft_->snapshot_meta(applied_index_);
  if (meta.configuration.members.empty()) return;  // a new server that has not met the first configuration yet
  making_snapshot_ = true;
  snapshot_policy_.begun();
  snapshot_maker_->start(std::move(meta), store_.freeze());
}

void Node::on_snapshot_saved(raft::Snapshot snapshot) {
  making_snapshot_ = false;
  ++snapshots_made_;
  const raft::Index index = snapshot.meta.position.index;
  const std::size_t size = snapshot.data->size();
  raft_->compacted(std::move(snapshot), index - std::min(index, flags_.log_tail));
  const raft::LogPosition base = raft_->status().log_base;
  if (base.index > 0) writer_->enqueue({.compact = base});
  spdlog::info("made a snapshot up to entry {}, {} bytes; the log goes on after entry {}", index, size, base.index);
  pump();
}

// The first leader gives the cluster a number, by which later ones of the same name can be told from it.
void Node::identify_cluster() {
  const raft::Status& now = noted_;
  if (store_.incarnation() != 0) {
    if (std::exchange(incarnation_, store_.incarnation()) == store_.incarnation()) return;
    writer_->enqueue({.identify = incarnation_});
    peers_->set_incarnation(incarnation_);
  } else if (now.role == raft::Role::leader && applied_term_ == now.term && identified_in_ != now.term) {
    // Not before an entry of its own term is applied: an earlier leader may have given one.
    const kv::Command command{.session = {},
                              .action = kv::Identify{.incarnation = std::max(random_number(), std::uint64_t{1})}};
    if (std::holds_alternative<raft::Accepted>(raft_->propose(kv::encode(command)))) identified_in_ = now.term;
  }
}

void Node::note_changes() {
  if (auto line = membership_.update(raft_->configuration(), raft_->configuration_index())) {
    spdlog::info("{}", *line);
    peers_->set_addresses(membership_.addresses());
  }
  const raft::Status now = raft_->status();
  const raft::Status before = std::exchange(noted_, now);
  if (now.handing_over_to != before.handing_over_to) {
    now.handing_over_to ? spdlog::info("handing the leadership over to server {}", *now.handing_over_to)
                        : spdlog::info("the transfer of the leadership to server {} is over", *before.handing_over_to);
  }
  if (now.leader && now.leader != before.leader) ++leader_changes_;
  if (now.role == before.role && now.term == before.term && now.leader == before.leader) return;
  const std::string leader = now.leader ? fmt::format("server {}", *now.leader) : "nobody";
  spdlog::info("term {}: {}, led by {}; last entry {}, committed {}", now.term, to_string(now.role), leader,
               now.last_log.index, now.commit_index);
}

}  // namespace raftd::daemon
