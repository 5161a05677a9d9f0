#include "nemesis/inject/ipv4_packet.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace ordeal::nemesis {
namespace {

using Packet = std::vector<std::uint8_t>;

// From 10.77.0.1:7100 to 10.77.0.2:9000, with the right checksum of its segment; that of the IP header is left out.
Packet packet_of(std::uint8_t protocol, const std::string& payload) {
  const std::size_t own_header = protocol == 6 ? 20 : 8;
  Packet packet(20 + own_header);
  packet[0] = 0x45;
  packet[3] = static_cast<std::uint8_t>(packet.size() + payload.size());
  packet[9] = protocol;
  const std::uint8_t addresses[] = {10, 77, 0, 1, 10, 77, 0, 2};
  std::copy(std::begin(addresses), std::end(addresses), packet.begin() + 12);
  packet[20] = 7100 >> 8, packet[21] = 7100 & 0xFF, packet[22] = 9000 >> 8, packet[23] = 9000 & 0xFF;
  if (protocol == 6) packet[32] = 5 << 4;
  if (protocol == 17) packet[25] = static_cast<std::uint8_t>(8 + payload.size());
  packet.insert(packet.end(), payload.begin(), payload.end());
  const std::uint16_t checksum = transport_checksum(packet, *view_of(packet));
  const std::size_t at = protocol == 6 ? 36 : 26;
  packet[at] = static_cast<std::uint8_t>(checksum >> 8), packet[at + 1] = static_cast<std::uint8_t>(checksum);
  return packet;
}

TEST(Ipv4Packet, SaysWhereItComesFromAndWhereItsPayloadIs) {
  const Packet packet = packet_of(6, "hello");
  const auto view = view_of(packet);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->source, ipv4_number("10.77.0.1"));
  EXPECT_EQ(view->source_port, 7100);
  EXPECT_EQ(view->destination_port, 9000);
  EXPECT_EQ(view->payload, 40U);
  EXPECT_EQ(view->end, 45U);
  EXPECT_FALSE(view_of(packet_of(6, ""))->has_payload());
}

TEST(Ipv4Packet, OfWhatIsCutOrNoTransportItKnowsNoMoreThanThereIs) {
  const Packet whole = packet_of(6, "hello");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(view_of({whole.data(), size})) << size;
  }
  Packet other = whole;
  other[9] = 1;  // ICMP
  EXPECT_FALSE(view_of(other)->has_payload());
  other = whole;
  other[7] = 1;  // the second part of a packet
  EXPECT_EQ(view_of(other)->source_port, 0);
  other = whole;
  other[32] = 0xF0;  // a TCP header longer than the packet
  EXPECT_FALSE(view_of(other)->has_payload());
  EXPECT_EQ(ipv4_number("nonsense"), 0U);
}

TEST(Ipv4Packet, AFlippedBitIsNoticedUnlessTheChecksumIsMended) {
  for (const std::uint8_t protocol : {std::uint8_t{6}, std::uint8_t{17}}) {
    for (const std::string payload : {"hello", "even"}) {
      const Packet before = packet_of(protocol, payload);
      const PacketView view = *view_of(before);
      ASSERT_EQ(transport_checksum(before, view), 0);
      for (std::uint64_t bit = 0; bit < payload.size() * 8; ++bit) {
        for (const bool mend : {false, true}) {
          Packet packet = before;
          flip_payload_bit(packet, view, bit + payload.size() * 8, mend);
          EXPECT_EQ(transport_checksum(packet, view) == 0, mend);
          EXPECT_EQ(packet[view.payload + bit / 8] ^ before[view.payload + bit / 8], 1 << (bit % 8));
        }
      }
    }
  }
}

TEST(Ipv4Packet, ResetsStandWhereThePacketStandsInBothStreams) {
  Packet packet = packet_of(6, "hello");
  packet[27] = 100, packet[31] = 200;  // its number in its stream, and what it acknowledges
  const PacketView view = *view_of(packet);
  const Packet to_receiver = reset_for_receiver(packet, view), to_sender = reset_for_sender(packet, view);
  for (const Packet& reset : {to_receiver, to_sender}) {
    const auto seen = view_of(reset);
    ASSERT_TRUE(seen);
    EXPECT_EQ(transport_checksum(reset, *seen), 0);
    EXPECT_TRUE(seen->tcp && !seen->opens && !seen->has_payload());
    EXPECT_EQ(reset[33], 0x14);
  }
  EXPECT_EQ(view_of(to_receiver)->source_port, 7100);
  EXPECT_EQ(to_receiver[27], 100);
  EXPECT_EQ(view_of(to_sender)->source, ipv4_number("10.77.0.2"));
  EXPECT_EQ(view_of(to_sender)->destination_port, 7100);
  EXPECT_EQ(to_sender[27], 200);
  EXPECT_EQ(to_sender[31], 105);
  EXPECT_EQ(view_of(to_sender)->service, service_of_resets);
}

}  // namespace
}  // namespace ordeal::nemesis
