// A partition as text for iptables-restore, and the counters in the text of iptables-save. Pure; any thread.
//
// Fault 7 lets a node drop what 10.77.0.2 sends, by two chains of its own:
//
//   INPUT -> ordeal-7-count (counts, no target) -> ... -> ordeal-7-drop (drops)
//
// Counting chains are put in front of INPUT and dropping chains at its end. So every packet passes the counters of all
// faults before any of them drops it, and two faults that cut the same link have each their own evidence. The two
// chains come and go in one transaction: what fault 7 counts is dropped, if not by fault 7 itself then by one that
// cuts the same link.
//
// Dropping is on the receiving side: a packet refused on OUTPUT would tell the sender at once, as no network does.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ordeal::nemesis {

// Input of `iptables-restore --noflush`: drop whatever the addresses (IPv4) send,
// or of it only what comes from or goes to that TCP port.
std::string rules_to_cut(std::uint64_t fault, const std::vector<std::string>& sources,
                         std::optional<std::uint16_t> port = std::nullopt);

// Takes away exactly the rules of that fault.
std::string rules_to_mend(std::uint64_t fault);

// From the output of `iptables-save -c`: by source address, how many packets that fault saw (and so were dropped).
std::map<std::string, std::int64_t> packets_dropped(std::uint64_t fault, const std::string& saved);

// Whether any rule or chain of that fault is in the output of `iptables-save`.
bool mentions(std::uint64_t fault, const std::string& saved);

}  // namespace ordeal::nemesis
