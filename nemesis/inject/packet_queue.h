// A queue of the kernel (NFQUEUE) in one network namespace: packets come out of it to be let through or dropped, at any
// later time, changed or not. One thread at a time.
//
// Where the queue is full, the kernel lets packets through; when this closes, the kernel drops those that still wait
// for a verdict, and what comes later passes (queue_rules.h).

#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

struct mnl_socket;

namespace ordeal::nemesis {

class PacketQueue {
 public:
  using Packet = std::span<const std::uint8_t>;

  // Throws std::runtime_error naming the node and the cure when the kernel has no such queue.
  PacketQueue(int network_namespace, const std::string& node, std::uint16_t queue);
  ~PacketQueue();
  PacketQueue(const PacketQueue&) = delete;
  PacketQueue& operator=(const PacketQueue&) = delete;

  int descriptor() const;  // readable when packets wait

  // Calls `take` with the number and the bytes of each packet that waits.
  void receive(const std::function<void(std::uint32_t number, Packet packet)>& take);

  void accept(std::uint32_t number, Packet changed = {});  // with `changed` in its place, unless that is empty
  void drop(std::uint32_t number);
  bool send(Packet packet);  // from this namespace, whatever its source; false: the kernel refused

 private:
  void configure();
  void ask(std::vector<char>& message, const char* what);
  void send_verdict(std::uint32_t number, int verdict, Packet changed);

  std::string node_;
  std::uint16_t queue_;
  mnl_socket* socket_ = nullptr;
  int raw_ = -1;  // to send
  std::vector<char> buffer_;
};

}  // namespace ordeal::nemesis
