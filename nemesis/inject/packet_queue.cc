#include "nemesis/inject/packet_queue.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "nemesis/inject/namespace_visit.h"

// After the kernel's own header, whose constants it declares again otherwise.
#include <libnetfilter_queue/libnetfilter_queue.h>

namespace ordeal::nemesis {
namespace {

constexpr std::uint32_t longest_queue = 65536;  // packets; at 50 ms that is more than a million a second
constexpr int whole_packet = 0xFFFF;            // bytes of it are copied to user space
constexpr int receive_bytes = 8 << 20;
constexpr std::size_t message_bytes = 0xFFFF + 4096;
constexpr std::size_t request_bytes = 4096;

[[noreturn]] void refuse(const std::string& node, const char* what, int error) {
  throw std::runtime_error(
      fmt::format("{}: cannot {}: {}; load the kernel's modules: sudo modprobe -a nfnetlink_queue xt_NFQUEUE", node,
                  what, std::strerror(error)));
}

}  // namespace

PacketQueue::PacketQueue(int network_namespace, const std::string& node, std::uint16_t queue)
    : node_(node), queue_(queue), buffer_(message_bytes) {
  const NamespaceVisit visit(network_namespace, node);
  socket_ = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
  if (socket_ == nullptr) refuse(node, "open a socket of netfilter", errno);
  raw_ = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
  const int error = errno;
  try {
    if (raw_ < 0) refuse(node, "open a raw socket", error);
    if (mnl_socket_bind(socket_, 0, MNL_SOCKET_AUTOPID) < 0) refuse(node, "bind a socket of netfilter", errno);
    configure();
  } catch (...) {
    if (raw_ >= 0) close(raw_);
    mnl_socket_close(socket_);
    throw;
  }
}

PacketQueue::~PacketQueue() {
  close(raw_);
  mnl_socket_close(socket_);
}

int PacketQueue::descriptor() const {
  return mnl_socket_get_fd(socket_);
}

void PacketQueue::configure() {
  const int socket = descriptor();
  if (setsockopt(socket, SOL_SOCKET, SO_RCVBUFFORCE, &receive_bytes, sizeof receive_bytes) != 0) {
    setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
  }
  const int yes = 1;
  mnl_socket_setsockopt(socket_, NETLINK_NO_ENOBUFS, const_cast<int*>(&yes), sizeof yes);
  std::vector<char> message(request_bytes);
  nlmsghdr* header = nfq_nlmsg_put(message.data(), NFQNL_MSG_CONFIG, queue_);
  nfq_nlmsg_cfg_put_cmd(header, AF_INET, NFQNL_CFG_CMD_BIND);
  ask(message, "bind a queue of packets");
  header = nfq_nlmsg_put(message.data(), NFQNL_MSG_CONFIG, queue_);
  nfq_nlmsg_cfg_put_params(header, NFQNL_COPY_PACKET, whole_packet);
  nfq_nlmsg_cfg_put_qmaxlen(header, longest_queue);
  mnl_attr_put_u32(header, NFQA_CFG_FLAGS, htonl(NFQA_CFG_F_FAIL_OPEN));
  mnl_attr_put_u32(header, NFQA_CFG_MASK, htonl(NFQA_CFG_F_FAIL_OPEN));
  ask(message, "configure a queue of packets");
}

// Before any rule leads to the queue, so the answer is the first thing that comes.
void PacketQueue::ask(std::vector<char>& message, const char* what) {
  auto* header = reinterpret_cast<nlmsghdr*>(message.data());
  header->nlmsg_flags |= NLM_F_ACK;
  if (mnl_socket_sendto(socket_, header, header->nlmsg_len) < 0) refuse(node_, what, errno);
  const ssize_t length = mnl_socket_recvfrom(socket_, buffer_.data(), buffer_.size());
  if (length < 0) refuse(node_, what, errno);
  const int answer =
      mnl_cb_run(buffer_.data(), static_cast<std::size_t>(length), 0, mnl_socket_get_portid(socket_), nullptr, nullptr);
  if (answer < 0) refuse(node_, what, errno);
}

void PacketQueue::receive(const std::function<void(std::uint32_t, Packet)>& take) {
  for (;;) {
    const ssize_t length = recv(descriptor(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (length <= 0) return;  // nothing waits; what the kernel had no room for is let through
    int left = static_cast<int>(length);
    for (auto* header = reinterpret_cast<nlmsghdr*>(buffer_.data()); mnl_nlmsg_ok(header, left);
         header = mnl_nlmsg_next(header, &left)) {
      if (header->nlmsg_type != ((NFNL_SUBSYS_QUEUE << 8) | NFQNL_MSG_PACKET)) continue;
      std::array<nlattr*, NFQA_MAX + 1> attributes{};
      if (nfq_nlmsg_parse(header, attributes.data()) < 0) continue;
      const nlattr *about = attributes[NFQA_PACKET_HDR], *payload = attributes[NFQA_PAYLOAD];
      if (about == nullptr) continue;
      const auto* packet = static_cast<const nfqnl_msg_packet_hdr*>(mnl_attr_get_payload(about));
      Packet bytes;
      if (payload != nullptr) {
        bytes = {static_cast<const std::uint8_t*>(mnl_attr_get_payload(payload)), mnl_attr_get_payload_len(payload)};
      }
      take(ntohl(packet->packet_id), bytes);
    }
  }
}

void PacketQueue::accept(std::uint32_t number, Packet changed) {
  send_verdict(number, NF_ACCEPT, changed);
}

void PacketQueue::drop(std::uint32_t number) {
  send_verdict(number, NF_DROP, {});
}

void PacketQueue::send_verdict(std::uint32_t number, int verdict, Packet changed) {
  std::vector<char> message(512 + changed.size());
  nlmsghdr* header = nfq_nlmsg_put(message.data(), NFQNL_MSG_VERDICT, queue_);
  nfq_nlmsg_verdict_put(header, static_cast<int>(number), verdict);
  if (!changed.empty()) {
    nfq_nlmsg_verdict_put_pkt(header, changed.data(), static_cast<std::uint32_t>(changed.size()));
  }
  mnl_socket_sendto(socket_, header, header->nlmsg_len);
}

// One to this node itself goes by the loopback, where no rule queues it again. The kernel writes the checksum of the IP
// header.
bool PacketQueue::send(Packet packet) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  std::memcpy(&to.sin_addr, packet.data() + 16, sizeof to.sin_addr);
  const ssize_t sent =
      sendto(raw_, packet.data(), packet.size(), MSG_DONTWAIT, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  return sent == static_cast<ssize_t>(packet.size());
}

}  // namespace ordeal::nemesis
