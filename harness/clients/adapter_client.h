// Lets an adapter do a client's operations, and decides what its answers mean. Used only by the thread that runs its
// io_context.
//
//                                             read          write, cas, increment
//   its time is over, never written           fail          fail
//   written, no answer, or the adapter ended  fail          info
//   ok, with what the answer must have        ok            ok
//   ok, without that                          fail          info      bad-answer
//   fail                                      fail          fail      "mismatch" only of a cas, else bad-answer
//   info                                      fail          info
//
// A set: element E of set K is the key K.E, as for raftd; an add is a write of it, and a read of the set reads each
// element that is asked for. An increment is sent once, also when the workload would have it sent again.

#pragma once

#include <memory>
#include <utility>

#include "harness/clients/adapter.h"
#include "harness/clients/client.h"

namespace ordeal::harness {

class AdapterClient final : public Client {
 public:
  // Many clients share one adapter.
  AdapterClient(std::shared_ptr<Adapter> adapter, AdapterPlace place)
      : adapter_(std::move(adapter)), place_(std::move(place)) {}

  boost::asio::awaitable<Outcome> invoke(const workloads::Operation& operation,
                                         std::chrono::nanoseconds timeout) override;

 private:
  boost::asio::awaitable<Outcome> request(const workloads::Operation& operation, std::chrono::nanoseconds timeout);
  boost::asio::awaitable<Outcome> read_set(const workloads::Operation& operation, std::chrono::nanoseconds timeout);

  const std::shared_ptr<Adapter> adapter_;
  const AdapterPlace place_;
};

// What the reply to this operation means. Pure.
Outcome outcome_of(const workloads::Operation& operation, const AdapterReply& reply);

}  // namespace ordeal::harness
