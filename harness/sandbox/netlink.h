// Links and addresses of the calling thread's network namespace, by rtnetlink: a batch of requests, one system call.
//
//   Netlink netlink;
//   netlink.add_bridge("ordeal", 2);
//   netlink.set_up(2);
//   netlink.commit();
//
// In one process, since a shell full of `ip` takes ten times as long and would have to be installed. Not thread-safe.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ordeal::harness {

class Netlink {
 public:
  Netlink();  // stays in the namespace in which it was made
  ~Netlink();
  Netlink(const Netlink&) = delete;
  Netlink& operator=(const Netlink&) = delete;

  void add_bridge(const std::string& name, int index);
  // A cable from here to another namespace, where its end is called `peer`.
  void add_veth(const std::string& name, int index, const std::string& peer, int peer_index, int peer_namespace);
  void set_up(int index);
  void plug_into(int index, int bridge_index);  // and sets it up
  void add_address(int index, const std::string& address, std::uint8_t prefix_length);

  // Sends what was asked and awaits every answer. Throws SandboxError naming the first request that was refused.
  void commit();

 private:
  void begin(std::string what, std::uint16_t type, std::uint16_t flags);
  void end();
  void append(const void* data, std::size_t length);
  std::size_t attribute(std::uint16_t type, const void* data, std::size_t length);
  std::size_t begin_nested(std::uint16_t type) { return attribute(type, nullptr, 0); }
  void end_nested(std::size_t at);
  void change_flags(std::string what, int index, const int* bridge_index);

  int socket_ = -1;
  std::string batch_;
  std::size_t request_start_ = 0;
  std::vector<std::string> asked_;  // in words, by sequence number
};

}  // namespace ordeal::harness
