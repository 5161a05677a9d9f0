// A client of a target that knows keys and values: read, write and cas of one key are one request each, and sets are
// made of them. Used only by the thread that runs its io_context.
//
// Element E of set K has the key K.E, of which E is the value:
//   add    a write of K.E
//   read   a read of K.E for every E that is asked for, one after the other; the values that are there, in one list

#pragma once

#include "harness/clients/client.h"

namespace ordeal::harness {

class KeyValueClient : public Client {
 public:
  boost::asio::awaitable<Outcome> invoke(const workloads::Operation& operation,
                                         std::chrono::nanoseconds timeout) override;

 protected:
  // A read, write or cas of operation.key.
  virtual boost::asio::awaitable<Outcome> request(const workloads::Operation& operation,
                                                  std::chrono::nanoseconds timeout) = 0;

 private:
  boost::asio::awaitable<Outcome> read_set(const workloads::Operation& operation, std::chrono::nanoseconds timeout);
};

}  // namespace ordeal::harness
