// What must be known of an IPv4 packet to choose it and to break it. Pure; any thread.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace ordeal::nemesis {

using Bytes = std::span<std::uint8_t>;

struct PacketView {
  std::uint32_t source = 0, destination = 0;  // of 10.77.0.1: 0x0a4d0001
  std::uint8_t service = 0;                   // the type-of-service byte
  std::uint8_t protocol = 0;
  std::uint16_t source_port = 0, destination_port = 0;  // of TCP and UDP, else 0
  std::size_t transport = 0;                            // where the TCP or UDP header begins
  std::size_t payload = 0, end = 0;                     // where what programs see begins and ends
  bool tcp = false, opens = false;                      // with a whole TCP header; one that opens a connection (SYN)
  bool has_payload() const { return payload < end; }
};

// nullopt: no whole IPv4 packet.
std::optional<PacketView> view_of(std::span<const std::uint8_t> packet);

// The number of "10.77.0.1"; 0 when it is none.
std::uint32_t ipv4_number(const char* address);

// Flips that bit of the payload, counted round it. With `mend` the checksum is right again. The packet has a payload,
// and is TCP or UDP.
void flip_payload_bit(Bytes packet, const PacketView& view, std::uint64_t bit, bool mend);

// The packet that ends the connection of that TCP packet at its receiver: it stands where the packet stands in the
// stream. And the one that ends it at its sender. Checksums are right.
std::vector<std::uint8_t> reset_for_receiver(std::span<const std::uint8_t> packet, const PacketView& view);
std::vector<std::uint8_t> reset_for_sender(std::span<const std::uint8_t> packet, const PacketView& view);

// The type-of-service byte of the latter, by which it is known on its way: no fault strikes it.
inline constexpr std::uint8_t service_of_resets = 0x48;

// Of the pseudo header and the whole TCP or UDP segment: 0 when its checksum is right.
std::uint16_t transport_checksum(std::span<const std::uint8_t> packet, const PacketView& view);

}  // namespace ordeal::nemesis
