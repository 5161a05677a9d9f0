#include "target-raftd/raft/testing/script.h"

#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "target-raftd/raft/describe.h"

namespace raftd::raft {
namespace {

std::vector<std::string> split(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) {
    words.push_back(word);
  }
  return words;
}

void write(Persisted& disk, const Effects& effects) {
  if (effects.hard_state) {
    disk.hard_state = *effects.hard_state;
  }
  if (effects.install) {
    disk.snapshot = *effects.install;
    disk.log_base = effects.install->meta.position;
    disk.entries.clear();
  }
  if (!effects.entries.empty()) {
    disk.entries.resize(effects.entries.front().index - disk.log_base.index - 1);
    disk.entries.insert(disk.entries.end(), effects.entries.begin(), effects.entries.end());
  }
}

}  // namespace

std::string Script::run(const std::string& command) {
  static const std::map<std::string, void (Script::*)(const Words&)> commands = {
      {"cluster", &Script::cluster},   {"tick", &Script::tick},       {"campaign", &Script::campaign},
      {"propose", &Script::propose},   {"read", &Script::read},       {"deliver", &Script::deliver},
      {"drop", &Script::drop},         {"repeat", &Script::repeat},   {"delay", &Script::delay},
      {"late", &Script::late},         {"isolate", &Script::isolate}, {"join", &Script::join},
      {"disk", &Script::disk},         {"restart", &Script::restart}, {"state", &Script::state},
      {"snapshot", &Script::snapshot}, {"member", &Script::member},   {"transfer", &Script::transfer}};
  const Words words = split(command);
  const auto found = words.empty() ? commands.end() : commands.find(words[0]);
  if (found == commands.end()) {
    throw std::invalid_argument("no such command: " + command);
  }
  answer_.clear();
  (this->*found->second)(words);
  return answer_.empty() ? "(nothing)\n" : answer_;
}

NodeId Script::server_of(const std::string& word) const {
  const NodeId id = std::stoull(word);
  if (!servers_.contains(id)) {
    throw std::invalid_argument("no such server: " + word);
  }
  return id;
}

Script::Link Script::link_of(const std::string& word) const {
  const std::size_t arrow = word.find("->");
  if (arrow == std::string::npos) {
    throw std::invalid_argument("a link is written 1->2, not " + word);
  }
  return {server_of(word.substr(0, arrow)), server_of(word.substr(arrow + 2))};
}

void Script::cluster(const Words& words) {
  Config config;
  const std::uint64_t count = std::stoull(words.at(1));
  config.pre_vote = config.check_quorum = false;
  Persisted fresh;
  for (NodeId id = 1; id <= count; ++id) {
    fresh.snapshot.meta.configuration.members.emplace(id, Member{});
  }
  for (const std::string& word : words) {
    if (word.starts_with("inflight=")) {
      config.max_inflight = std::stoi(word.substr(9));
    } else if (word.starts_with("batch=")) {
      config.max_batch_bytes = std::stoull(word.substr(6));
    } else if (word.starts_with("chunk=")) {
      config.snapshot_chunk_bytes = std::stoull(word.substr(6));
    }
    config.pre_vote |= word == "prevote";
    config.check_quorum |= word == "checkquorum";
  }
  for (NodeId id = 1; id <= count; ++id) {
    start(id, config, fresh);
  }
  config_ = config;
}

void Script::start(NodeId id, Config config, const Persisted& disk) {
  config.id = config.random_seed = id;
  Server& server = servers_[id];
  server.config = config;
  server.disk = disk;
  server.raft.emplace(config, disk);
}

void Script::tick(const Words& words) {
  const NodeId id = server_of(words.at(1));
  for (int n = words.size() > 2 ? std::stoi(words[2]) : 1; n > 0; --n) {
    servers_[id].raft->tick();
    changed(id);
  }
}

void Script::campaign(const Words& words) {
  const NodeId id = server_of(words.at(1));
  const Term before = servers_[id].raft->status().term;
  if (servers_[id].raft->status().role == Role::leader) {
    throw std::invalid_argument("a leader does not campaign");
  }
  while (servers_[id].raft->status().term == before) {
    servers_[id].raft->tick();
  }
  changed(id);
}

void Script::propose(const Words& words) {
  const NodeId id = server_of(words.at(1));
  const Proposal proposal = servers_[id].raft->propose(words.at(2));
  if (const auto* accepted = std::get_if<Accepted>(&proposal)) {
    say(fmt::format("{} accepts {}", id, describe(accepted->position)));
  } else if (std::holds_alternative<HandingOver>(proposal)) {
    say(fmt::format("{} is handing over", id));
  } else {
    const auto leader = std::get<NotLeader>(proposal).leader;
    say(fmt::format("{} does not lead, {}", id, leader ? fmt::format("{} does", *leader) : "it knows no leader"));
  }
  changed(id);
}

void Script::read(const Words& words) {
  const NodeId id = server_of(words.at(1));
  servers_[id].raft->read(std::stoull(words.at(2)), ReadMode::read_index);
  changed(id);
}

// The data of a snapshot is the list of what was applied, in words; servers apply as soon as they may.
void Script::snapshot(const Words& words) {
  const NodeId id = server_of(words.at(1));
  Server& server = servers_[id];
  const Status status = server.raft->status();
  Snapshot snapshot{.meta = server.raft->snapshot_meta(status.commit_index), .data = {}};
  snapshot.data = std::make_shared<const std::string>(fmt::format("{:>10}", status.commit_index));
  snapshot.meta.checksum = status.commit_index;
  server.disk.snapshot = snapshot;
  server.raft->compacted(snapshot, std::stoull(words.at(2)));
  const LogPosition base = server.raft->status().log_base;
  std::erase_if(server.disk.entries, [&](const Entry& entry) { return entry.index <= base.index; });
  server.disk.log_base = base;
  say(fmt::format("{} has a snapshot at {}, log from {}", id, describe(snapshot.meta.position), base.index + 1));
}

void Script::member(const Words& words) {
  const NodeId id = server_of(words.at(1));
  const NodeId server = std::stoull(words.at(3));
  const std::string& what = words.at(2);
  if (what == "add" && !servers_.contains(server)) {
    start(server, config_, {});
  }
  const MembershipChange change = what == "add"       ? MembershipChange(AddLearner{.server = server})
                                  : what == "promote" ? MembershipChange(Promote{.server = server})
                                                      : MembershipChange(Remove{.server = server});
  const auto outcome = servers_[id].raft->change(change);
  if (const auto* accepted = std::get_if<Accepted>(&outcome)) {
    say(fmt::format("{} accepts {}", id, describe(accepted->position)));
  } else {
    say(fmt::format("{} refuses: {}", id, describe(std::get<ChangeRefusal>(outcome))));
  }
  changed(id);
}

void Script::transfer(const Words& words) {
  const NodeId id = server_of(words.at(1));
  if (servers_[id].raft->transfer(std::stoull(words.at(2)))) {
    say(fmt::format("{} refuses to hand over", id));
  }
  changed(id);
}

bool Script::deliver_one(Link link) {
  auto& waiting = links_[link];
  if (waiting.empty()) {
    return false;
  }
  const Message message = std::move(waiting.front());
  waiting.pop_front();
  servers_[link.to].raft->step({link.from, message});
  changed(link.to);
  return true;
}

void Script::deliver(const Words& words) {
  if (words.size() > 1) {
    const Link link = link_of(words[1]);
    for (std::size_t n = words.size() > 2 ? std::stoull(words[2]) : links_[link].size(); n > 0; --n) {
      deliver_one(link);
    }
    return;
  }
  for (bool more = true; more;) {
    more = false;
    for (const auto& [link, waiting] : std::map(links_)) {
      more |= deliver_one(link);
    }
  }
}

void Script::drop(const Words& words) {
  if (words.at(1) == "all") {
    links_.clear();
  } else {
    links_[link_of(words[1])].clear();
  }
}

void Script::repeat(const Words& words) {
  auto& waiting = links_[link_of(words.at(1))];
  const std::deque<Message> once = waiting;
  waiting.insert(waiting.end(), once.begin(), once.end());
}

void Script::delay(const Words& words) {
  const Link link = link_of(words.at(1));
  auto& waiting = links_[link];
  aside_[link].insert(aside_[link].end(), waiting.begin(), waiting.end());
  waiting.clear();
}

void Script::late(const Words& words) {
  const Link link = link_of(words.at(1));
  links_[link].insert(links_[link].end(), aside_[link].begin(), aside_[link].end());
  aside_[link].clear();
}

void Script::isolate(const Words& words) {
  isolated_.insert(server_of(words.at(1)));
}
void Script::join(const Words& words) {
  isolated_.erase(server_of(words.at(1)));
}

void Script::disk(const Words& words) {
  const NodeId id = server_of(words.at(1));
  Server& server = servers_[id];
  server.slow_disk = words.at(2) == "slow" || (words[2] == "done" && server.slow_disk);
  for (std::size_t n = words[2] == "slow" ? 0 : server.writing.size(); n > 0; --n) {
    const Effects effects = std::move(server.writing.front());
    server.writing.pop_front();
    perform(id, effects);
    changed(id);
  }
}

void Script::restart(const Words& words) {
  const NodeId id = server_of(words.at(1));
  Server& server = servers_[id];
  server.writing.clear();
  server.raft.emplace(server.config, server.disk);
  server.role = Role::follower;
  server.term = server.disk.hard_state.current_term;
}

void Script::state(const Words&) {
  for (const auto& [id, server] : servers_) {
    const Status status = server.raft->status();
    std::string log;
    for (const Entry& entry : server.raft->log()) {
      log += (log.empty() ? "" : ", ") + describe(entry);
    }
    say(fmt::format("{} {} term {}, leader {}, commit {}, log [{}]", id, describe(status.role), status.term,
                    status.leader ? std::to_string(*status.leader) : "unknown", status.commit_index, log));
  }
}

void Script::changed(NodeId id) {
  Server& server = servers_[id];
  const Effects effects = server.raft->take_effects(Time(0));
  say_role(id);
  send(id, effects.messages_at_once);
  if (effects.empty()) {
    return;
  }
  if (!effects.install && !server.installing) {
    perform_at_once(id, effects);
  }
  server.installing |= effects.install.has_value();
  if (server.slow_disk) {
    server.writing.push_back(effects);
  } else {
    perform(id, effects);
    changed(id);
  }
}

void Script::say_role(NodeId id) {
  Server& server = servers_[id];
  const Status status = server.raft->status();
  if (status.role != server.role || status.term != server.term) {
    say(fmt::format("{} is {}, term {}", id, describe(status.role), status.term));
  }
  server.role = status.role;
  server.term = status.term;
}

void Script::send(NodeId from, const std::vector<Envelope>& messages) {
  for (const Envelope& envelope : messages) {
    const bool lost = isolated_.contains(from) || isolated_.contains(envelope.peer);
    say(fmt::format("{} -> {} {}{}", from, envelope.peer, describe(envelope.message), lost ? " (lost)" : ""));
    if (!lost) {
      links_[{from, envelope.peer}].push_back(envelope.message);
    }
  }
}

void Script::perform(NodeId id, const Effects& effects) {
  Server& server = servers_[id];
  write(server.disk, effects);
  if (!effects.entries.empty()) {
    server.raft->durable({effects.entries.back().term, effects.entries.back().index});
  }
  send(id, effects.messages);
  if (effects.install) {
    server.raft->durable(effects.install->meta.position);
    say(fmt::format("{} installs the snapshot at {}", id, describe(effects.install->meta.position)));
  }
  if (server.installing) {
    perform_at_once(id, effects);
    server.installing = std::ranges::any_of(server.writing, [](const Effects& one) { return one.install.has_value(); });
  }
}

void Script::perform_at_once(NodeId id, const Effects& effects) {
  for (const Entry& entry : effects.committed) {
    say(fmt::format("{} applies {}", id, describe(entry)));
  }
  for (const ReadyRead& ready : effects.ready_reads) {
    say(fmt::format("{} may answer read {} at index {}", id, ready.read, ready.read_index));
  }
  for (const ReadId read : effects.refused_reads) {
    say(fmt::format("{} refuses read {}", id, read));
  }
}

}  // namespace raftd::raft
