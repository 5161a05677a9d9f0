#include "target-raftd/daemon/membership.h"

#include <fmt/format.h>

#include <iterator>

namespace raftd::daemon {

std::optional<std::string> Membership::update(const raft::Configuration& configuration, raft::Index index) {
  if (index_ == index && configuration_ == configuration) return std::nullopt;
  for (const auto& [server, member] : configuration.members) {
    if (const auto address = net::parse_address(member.address)) known_[server] = *address;
  }
  std::string line = fmt::format("configuration of entry {}: {}", index, describe(configuration));
  if (configuration.retired.contains(self_) && !configuration_.retired.contains(self_)) {
    line += "; this server was removed: it campaigns no more, and may be stopped";
  }
  configuration_ = configuration;
  index_ = index;
  return line;
}

std::string describe(const raft::Configuration& configuration) {
  std::string voters;
  std::string learners;
  for (const auto& [server, member] : configuration.members) {
    std::string& list = member.voter ? voters : learners;
    fmt::format_to(std::back_inserter(list), "{}{}", list.empty() ? "" : ", ", server);
  }
  if (voters.empty() && learners.empty()) return "no members; waits to be added";
  return fmt::format("voters {}{}{}", voters, learners.empty() ? "" : "; learners ", learners);
}

}  // namespace raftd::daemon
