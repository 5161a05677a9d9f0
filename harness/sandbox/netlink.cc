#include "harness/sandbox/netlink.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <utility>

#include "harness/sandbox/sandbox.h"

namespace ordeal::harness {
namespace {

[[noreturn]] void refuse(const std::string& what, int error) {
  const bool no_such_kind = error == EOPNOTSUPP || error == ENODEV;
  throw SandboxError(fmt::format("network: cannot {}: {}", what, std::strerror(error)),
                     no_such_kind ? "load the kernel's modules: sudo modprobe -a bridge veth"
                                  : "`ordeal doctor` tries each part by itself");
}

}  // namespace

Netlink::Netlink() : socket_(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)) {
  if (socket_ < 0) refuse("open a netlink socket", errno);
}

Netlink::~Netlink() {
  close(socket_);
}

void Netlink::append(const void* data, std::size_t length) {
  batch_.append(static_cast<const char*>(data), length);
  batch_.resize((batch_.size() + NLMSG_ALIGNTO - 1) / NLMSG_ALIGNTO * NLMSG_ALIGNTO);
}

void Netlink::begin(std::string what, std::uint16_t type, std::uint16_t flags) {
  request_start_ = batch_.size();
  nlmsghdr header{};
  header.nlmsg_type = type;
  header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
  header.nlmsg_seq = static_cast<std::uint32_t>(asked_.size());
  append(&header, sizeof header);
  asked_.push_back(std::move(what));
}

void Netlink::end() {
  const auto length = static_cast<std::uint32_t>(batch_.size() - request_start_);
  std::memcpy(batch_.data() + request_start_ + offsetof(nlmsghdr, nlmsg_len), &length, sizeof length);
}

std::size_t Netlink::attribute(std::uint16_t type, const void* data, std::size_t length) {
  const std::size_t at = batch_.size();
  rtattr header{};
  header.rta_type = type;
  header.rta_len = static_cast<std::uint16_t>(RTA_LENGTH(length));
  append(&header, sizeof header);
  if (length > 0) append(data, length);
  return at;
}

void Netlink::end_nested(std::size_t at) {
  const auto length = static_cast<std::uint16_t>(batch_.size() - at);
  std::memcpy(batch_.data() + at + offsetof(rtattr, rta_len), &length, sizeof length);
}

void Netlink::add_bridge(const std::string& name, int index) {
  begin("create the bridge " + name, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  ifinfomsg link{};
  link.ifi_index = index;
  append(&link, sizeof link);
  attribute(IFLA_IFNAME, name.c_str(), name.size() + 1);
  const auto info = begin_nested(IFLA_LINKINFO);
  attribute(IFLA_INFO_KIND, "bridge", 6);
  end_nested(info);
  end();
}

void Netlink::add_veth(const std::string& name, int index, const std::string& peer, int peer_index,
                       int peer_namespace) {
  begin("create the veth pair " + name, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  ifinfomsg link{};
  link.ifi_index = index;
  append(&link, sizeof link);
  attribute(IFLA_IFNAME, name.c_str(), name.size() + 1);
  const auto info = begin_nested(IFLA_LINKINFO);
  attribute(IFLA_INFO_KIND, "veth", 4);
  const auto data = begin_nested(IFLA_INFO_DATA);
  const auto peer_link = begin_nested(VETH_INFO_PEER);
  link.ifi_index = peer_index;
  append(&link, sizeof link);
  attribute(IFLA_IFNAME, peer.c_str(), peer.size() + 1);
  attribute(IFLA_NET_NS_FD, &peer_namespace, sizeof peer_namespace);
  end_nested(peer_link);
  end_nested(data);
  end_nested(info);
  end();
}

void Netlink::change_flags(std::string what, int index, const int* bridge_index) {
  begin(std::move(what), RTM_NEWLINK, 0);
  ifinfomsg link{};
  link.ifi_index = index;
  link.ifi_flags = IFF_UP;
  link.ifi_change = IFF_UP;
  append(&link, sizeof link);
  if (bridge_index != nullptr) attribute(IFLA_MASTER, bridge_index, sizeof *bridge_index);
  end();
}

void Netlink::set_up(int index) {
  change_flags(fmt::format("set up link {}", index), index, nullptr);
}

void Netlink::plug_into(int index, int bridge_index) {
  change_flags(fmt::format("plug link {} into the bridge", index), index, &bridge_index);
}

void Netlink::add_address(int index, const std::string& address, std::uint8_t prefix_length) {
  begin(fmt::format("give link {} the address {}", index, address), RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
  ifaddrmsg message{};
  message.ifa_family = AF_INET;
  message.ifa_prefixlen = prefix_length;
  message.ifa_index = static_cast<std::uint32_t>(index);
  append(&message, sizeof message);
  in_addr binary{};
  const int parsed = inet_pton(AF_INET, address.c_str(), &binary);
  assert(parsed == 1);
  attribute(IFA_LOCAL, &binary, sizeof binary);
  attribute(IFA_ADDRESS, &binary, sizeof binary);
  end();
}

void Netlink::commit() {
  if (send(socket_, batch_.data(), batch_.size(), 0) < 0) refuse(asked_.front(), errno);
  std::array<char, 32768> buffer;
  for (std::size_t awaited = asked_.size(); awaited > 0;) {
    const ssize_t received = recv(socket_, buffer.data(), buffer.size(), 0);
    if (received < 0 && errno == EINTR) continue;
    if (received < 0) refuse("read the kernel's answers", errno);
    for (std::size_t at = 0; at + NLMSG_HDRLEN <= static_cast<std::size_t>(received);) {
      nlmsghdr header;
      std::memcpy(&header, buffer.data() + at, sizeof header);
      if (header.nlmsg_type == NLMSG_ERROR) {
        int error = 0;  // the first member of nlmsgerr; 0 is an acknowledgement
        std::memcpy(&error, buffer.data() + at + NLMSG_HDRLEN, sizeof error);
        if (error != 0) refuse(asked_.at(header.nlmsg_seq), -error);
        --awaited;
      }
      at += NLMSG_ALIGN(header.nlmsg_len);
    }
  }
  batch_.clear();
  asked_.clear();
}

}  // namespace ordeal::harness
