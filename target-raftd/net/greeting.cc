#include "target-raftd/net/greeting.h"

#include <fmt/format.h>

namespace raftd::net {
namespace {

// FNV-1a, which is the same on every machine.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char letter : text) hash = (hash ^ static_cast<unsigned char>(letter)) * 1099511628211U;
  return hash;
}

// A name comes from a stranger: nothing in it may break the line of the log.
std::string quoted(std::string_view name) {
  std::string text = "\"";
  for (const char letter : name) {
    const bool plain = letter >= ' ' && letter <= '~' && letter != '"' && letter != '\\';
    text += plain ? std::string(1, letter) : fmt::format("\\x{:02x}", static_cast<unsigned char>(letter));
  }
  return text + '"';
}

}  // namespace

Hello make_hello(std::string_view cluster_name, std::uint64_t incarnation, raft::NodeId from, raft::NodeId to) {
  return {.version = protocol_version,
          .cluster = hash_of(cluster_name),
          .cluster_name = std::string(cluster_name.substr(0, max_cluster_name)),
          .incarnation = incarnation,
          .from = from,
          .to = to};
}

std::string objection(const Hello& theirs, const Hello& ours) {
  if (theirs.version != ours.version) {
    return fmt::format("it speaks protocol version {}, this server {}; run the same raftd everywhere", theirs.version,
                       ours.version);
  }
  if (theirs.cluster != ours.cluster) {
    return fmt::format("it belongs to a cluster of another name: {}, not {}; check --cluster-name",
                       quoted(theirs.cluster_name), quoted(ours.cluster_name));
  }
  if (theirs.incarnation != 0 && ours.incarnation != 0 && theirs.incarnation != ours.incarnation) {
    return fmt::format("it belongs to incarnation {:x} of the cluster, this server to {:x}; check its data folder",
                       theirs.incarnation, ours.incarnation);
  }
  if (theirs.to != ours.from) {
    return fmt::format("it wants to reach server {}, this is server {}; check --id and --cluster", theirs.to,
                       ours.from);
  }
  return {};
}

}  // namespace raftd::net
