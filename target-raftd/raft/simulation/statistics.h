// What happened in simulations: the proof that their green is not an empty one. Plain values.

#pragma once

#include <cstdint>
#include <string>

namespace raftd::simulation {

struct Statistics {
  std::uint64_t events = 0;
  std::uint64_t campaigns = 0;
  std::uint64_t leaders = 0;
  std::uint64_t truncations = 0;  // a stored entry was replaced
  std::uint64_t commits = 0;
  std::uint64_t commits_of_old_terms = 0;  // of entries of a term before that of the server that committed them first
  std::uint64_t writes = 0;                // answered
  std::uint64_t retries = 0;               // of writes
  std::uint64_t duplicates = 0;            // writes that were in the log twice, and took effect once
  std::uint64_t reads = 0;                 // answered
  std::uint64_t forwarded_reads = 0;       // of them, at followers
  std::uint64_t refused_reads = 0;
  std::uint64_t messages = 0;
  std::uint64_t lost = 0;
  std::uint64_t late = 0;
  std::uint64_t repeated = 0;
  std::uint64_t cut_off = 0;  // messages that a partition took
  std::uint64_t crashes = 0;
  std::uint64_t torn_batches = 0;  // of which a crash kept only a part
  std::uint64_t partitions = 0;
  std::uint64_t pauses = 0;
  std::uint64_t usurpations = 0;  // a leader was cut off while another server was about to take its place
  std::uint64_t reminders = 0;    // kept messages that arrived again
  std::uint64_t disk_faults = 0;  // a write failed, and the server stopped
  std::uint64_t lost_disks = 0;   // for ever
  std::uint64_t snapshots = 0;    // made
  std::uint64_t installs = 0;     // of a snapshot that a leader sent
  std::uint64_t changes = 0;      // of the membership: committed
  std::uint64_t refused_changes = 0;
  std::uint64_t transfers = 0;    // begun
  std::uint64_t lease_reads = 0;  // asked for by lease, answered
  std::uint64_t quiet_topologies = 0;
  std::uint64_t rejoins = 0;  // of a server that was cut off from a healthy cluster

  void operator+=(const Statistics& other);
};

std::string describe(const Statistics& statistics);

}  // namespace raftd::simulation
