// Something on the loopback that an adapter takes for a node of its target, and that is none.

#pragma once

#include <cstdint>
#include <string>
#include <thread>

#include "harness/clients/adapter_program.h"

namespace ordeal::harness {

enum class Oddity : std::uint8_t {
  refuses,  // nobody listens
  silent,   // takes connections and what is sent, and says nothing
  closes,   // takes a connection, hears something, closes
  babbles,  // takes a connection, sends nonsense, closes
};

class OddNode {
 public:
  explicit OddNode(Oddity oddity);  // throws std::system_error
  ~OddNode();
  OddNode(const OddNode&) = delete;
  OddNode& operator=(const OddNode&) = delete;
  std::string address() const;  // "127.0.0.1:41234"

 private:
  void serve();

  const Oddity oddity_;
  OwnedDescriptor socket_, stop_;
  std::thread thread_;  // only of one that does something
};

}  // namespace ordeal::harness
