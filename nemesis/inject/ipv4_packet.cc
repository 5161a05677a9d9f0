#include "nemesis/inject/ipv4_packet.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cassert>

namespace ordeal::nemesis {
namespace {

constexpr std::size_t least_ip_header = 20, least_tcp_header = 20, udp_header = 8;
constexpr std::size_t tcp_checksum_at = 16, udp_checksum_at = 6;

std::uint16_t word(std::span<const std::uint8_t> bytes, std::size_t at) {
  return static_cast<std::uint16_t>((bytes[at] << 8) | bytes[at + 1]);
}

void set_word(Bytes bytes, std::size_t at, std::uint16_t value) {
  bytes[at] = static_cast<std::uint8_t>(value >> 8);
  bytes[at + 1] = static_cast<std::uint8_t>(value);
}

std::uint32_t number(std::span<const std::uint8_t> bytes, std::size_t at) {
  return (std::uint32_t{word(bytes, at)} << 16) | word(bytes, at + 2);
}

void set_number(Bytes bytes, std::size_t at, std::uint32_t value) {
  set_word(bytes, at, static_cast<std::uint16_t>(value >> 16));
  set_word(bytes, at + 2, static_cast<std::uint16_t>(value));
}

struct Reset {
  std::uint32_t from, to;
  std::uint16_t from_port, to_port;
  std::uint32_t sequence, acknowledges;
  std::uint8_t service;
};

// 40 bytes: two headers without options. The checksum of the IP header is right, too.
std::vector<std::uint8_t> reset_packet(const Reset& reset) {
  std::vector<std::uint8_t> packet(least_ip_header + least_tcp_header);
  packet[0] = 0x45;
  packet[1] = reset.service;
  set_word(packet, 2, static_cast<std::uint16_t>(packet.size()));
  packet[6] = 0x40;  // not to be cut
  packet[8] = 64;    // hops
  packet[9] = IPPROTO_TCP;
  set_number(packet, 12, reset.from);
  set_number(packet, 16, reset.to);
  std::uint32_t sum = 0;
  for (std::size_t at = 0; at < least_ip_header; at += 2) sum += word(packet, at);
  while (sum > 0xFFFF) sum = (sum & 0xFFFF) + (sum >> 16);
  set_word(packet, 10, static_cast<std::uint16_t>(~sum));
  set_word(packet, 20, reset.from_port);
  set_word(packet, 22, reset.to_port);
  set_number(packet, 24, reset.sequence);
  set_number(packet, 28, reset.acknowledges);
  packet[32] = 5 << 4;  // length of the header in words
  packet[33] = 0x14;    // RST and ACK
  set_word(packet, 36, transport_checksum(packet, *view_of(packet)));
  return packet;
}

}  // namespace

std::optional<PacketView> view_of(std::span<const std::uint8_t> packet) {
  if (packet.size() < least_ip_header || packet[0] >> 4 != 4) return std::nullopt;
  const std::size_t header = static_cast<std::size_t>(packet[0] & 0xF) * 4, total = word(packet, 2);
  if (header < least_ip_header || total < header || packet.size() < total) return std::nullopt;
  PacketView view;
  view.source = (std::uint32_t{word(packet, 12)} << 16) | word(packet, 14);
  view.destination = (std::uint32_t{word(packet, 16)} << 16) | word(packet, 18);
  view.service = packet[1];
  view.protocol = packet[9];
  view.transport = header;
  view.payload = view.end = total;
  const bool later_fragment = (word(packet, 6) & 0x1FFF) != 0;
  const std::size_t segment = total - header;
  const bool tcp = view.protocol == IPPROTO_TCP && segment >= least_tcp_header;
  const bool udp = view.protocol == IPPROTO_UDP && segment >= udp_header;
  if (later_fragment || (!tcp && !udp)) return view;
  view.tcp = tcp;
  view.opens = tcp && (packet[header + 13] & 0x02) != 0;
  view.source_port = word(packet, header);
  view.destination_port = word(packet, header + 2);
  const std::size_t own_header = tcp ? static_cast<std::size_t>(packet[header + 12] >> 4) * 4 : udp_header;
  if (own_header <= segment) view.payload = header + own_header;
  return view;
}

std::uint32_t ipv4_number(const char* address) {
  in_addr binary{};
  return inet_pton(AF_INET, address, &binary) == 1 ? ntohl(binary.s_addr) : 0;
}

std::uint16_t transport_checksum(std::span<const std::uint8_t> packet, const PacketView& view) {
  std::uint32_t sum = view.protocol + static_cast<std::uint32_t>(view.end - view.transport);
  for (std::size_t at = 12; at < 20; at += 2) sum += word(packet, at);  // both addresses
  for (std::size_t at = view.transport; at < view.end; at += 2) {
    sum += at + 1 < view.end ? word(packet, at) : static_cast<std::uint32_t>(packet[at] << 8);
  }
  while (sum > 0xFFFF) sum = (sum & 0xFFFF) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

void flip_payload_bit(Bytes packet, const PacketView& view, std::uint64_t bit, bool mend) {
  assert(view.has_payload());
  const std::uint64_t chosen = bit % ((view.end - view.payload) * 8);
  packet[view.payload + chosen / 8] ^= static_cast<std::uint8_t>(1U << (chosen % 8));
  const std::size_t at = view.transport + (view.protocol == IPPROTO_TCP ? tcp_checksum_at : udp_checksum_at);
  const bool without = view.protocol == IPPROTO_UDP && word(packet, at) == 0;  // the sender sent none
  if (!mend || without) return;
  set_word(packet, at, 0);
  const std::uint16_t checksum = transport_checksum(packet, view);
  set_word(packet, at, checksum == 0 && view.protocol == IPPROTO_UDP ? 0xFFFF : checksum);
}

std::vector<std::uint8_t> reset_for_receiver(std::span<const std::uint8_t> packet, const PacketView& view) {
  const auto at = packet.subspan(view.transport);
  return reset_packet({view.source, view.destination, view.source_port, view.destination_port, number(at, 4),
                       number(at, 8), view.service});
}

// What the sender awaits next is what its packet acknowledges.
std::vector<std::uint8_t> reset_for_sender(std::span<const std::uint8_t> packet, const PacketView& view) {
  const auto at = packet.subspan(view.transport);
  const auto sent = static_cast<std::uint32_t>(view.end - view.payload);
  return reset_packet({view.destination, view.source, view.destination_port, view.source_port, number(at, 8),
                       number(at, 4) + sent, service_of_resets});
}

}  // namespace ordeal::nemesis
