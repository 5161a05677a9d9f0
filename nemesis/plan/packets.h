// What the nemesis can do to packets on their way, and on which links. Plain values; any thread.
//
// A link is directed: n1 to n2 is another one than n2 to n1. The clients (and the harness, which asks the nodes who
// leads) stand at an end of links as if they were one more node, called `clients`.

#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace ordeal::nemesis {

inline constexpr std::string_view clients_name = "clients";

// Whose packets a fault of links is about.
enum class Scope : std::uint8_t {
  nodes,    // all that nodes send to nodes
  peers,    // the same, but only from or to the port on which the target's nodes talk to each other
  clients,  // between clients and nodes; the nodes hear each other
  all,      // nodes and clients
};

enum class PacketKind : std::uint8_t {
  delay,            // each packet comes later
  loss,             // some never come
  duplicate,        // some come twice
  reorder,          // some overtake those before them, which are delayed
  corrupt,          // a bit is flipped; the receiving kernel notices and drops it
  corrupt_payload,  // a bit of the payload is flipped and the checksum mended, so that the program gets it
  rate,             // a narrow link, with a queue before it
  reset,            // connections are reset, at both ends
  late,             // what a connection carries comes after what the sender's next connection carries
};

// Which of the directed links.
enum class LinkChoice : std::uint8_t { all, one_link, one_node, leader, from_leader, to_leader, random };

enum class Distribution : std::uint8_t { normal, uniform, pareto };

// Each kind uses some of them; the rest is left alone.
struct PacketSettings {
  std::chrono::nanoseconds delay = std::chrono::milliseconds(50);
  std::chrono::nanoseconds jitter = std::chrono::milliseconds(10);
  Distribution distribution = Distribution::normal;
  int delay_correlation = 25;  // percent: how much the delay of a packet resembles that of the one before it
  int percent = 20;            // of the packets are lost, duplicated, ...
  int correlation = 75;        // percent: how often the fate of a packet is that of the one before it
  int kbit = 1000;             // a second
  // A connection is reset when it is older; and for so long what it carries is held up, when it is to come late.
  std::chrono::nanoseconds period = std::chrono::milliseconds(500);
  bool operator==(const PacketSettings&) const = default;
};

struct Packets {
  PacketKind kind = PacketKind::delay;
  LinkChoice links = LinkChoice::all;
  Scope scope = Scope::all;
  PacketSettings settings{};
  bool operator==(const Packets&) const = default;
};

}  // namespace ordeal::nemesis
