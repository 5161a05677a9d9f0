// The rules that lead packets of some links into a queue for user space. Pure; any thread.
//
// Fault 7 has a chain of its own in the mangle table, so that a packet that comes out of the queue still has to pass
// the partitions, which are in the filter table. --queue-bypass: where nobody listens, packets pass as if there was no
// rule.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ordeal::nemesis {

inline constexpr std::uint16_t queue_number = 7;  // the same in each namespace

// Input of `iptables-restore --noflush`: what the addresses (IPv4) send, or only from or to that TCP port of it. What
// comes over the loopback is no link: duplicates come that way, and must not be queued again.
std::string rules_to_queue(std::uint64_t fault, const std::vector<std::string>& sources,
                           std::optional<std::uint16_t> port);

// The same for those who only look (packet_watch.h): TCP to that port, before any other rule of ours has seen it.
inline constexpr std::uint16_t watch_queue_number = 8;
std::string rules_to_watch(std::uint16_t port);
std::string rules_to_unwatch();

// Takes away exactly the rules of that fault.
std::string rules_to_unqueue(std::uint64_t fault);

}  // namespace ordeal::nemesis
