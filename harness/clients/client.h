// A client asks one node to do operations, one at a time, and tells honestly how each ended. Used only by the thread
// that runs its io_context.
//
// This is the seam for other targets: a kind of client each (config/client_spec.h).

#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "checker/event.h"
#include "harness/config/target.h"
#include "workloads/workload.h"

namespace boost::asio {
class io_context;
}

namespace ordeal::harness {

// How an operation ended, in the words of the history.
struct Outcome {
  checker::EventType type = checker::EventType::info;  // ok, fail or info
  checker::Value value;                                // ok of a read: what was seen; else the operation's argument
  std::string error;                                   // empty with ok
  bool operator==(const Outcome&) const = default;
};

class Client {
 public:
  virtual ~Client() = default;

  // Ends after `timeout` at the latest; connecting, sending and receiving are all within it. An operation that is made
  // of several requests has `timeout` for each: a read of a set takes one request for each element, and an increment
  // that was not answered is sent again, up to five times `timeout` in all. No byte leaves before the
  // first resumption, and none arrives after the return. What the target or the network do is an Outcome, never an
  // exception. `operation` must live until the return.
  virtual boost::asio::awaitable<Outcome> invoke(const workloads::Operation& operation,
                                                 std::chrono::nanoseconds timeout) = 0;
};

struct ClientOptions {
  ClientSpec client{};
  std::string node{};                      // its name, which an adapter is told
  std::string address;                     // "10.77.0.1:8100", "[::1]:8100": an address, not a name
  std::string read_mode = "linearizable";  // passed on as is
  std::uint64_t value_bytes = 0;           // written numbers get leading zeros up to this length; raftd's client only
  std::vector<std::string> retry_at = {};  // other nodes to which a request that is safe to repeat is sent as well
};

// Nothing is connected before the first operation. Throws std::invalid_argument when the address is none.
std::unique_ptr<Client> make_client(const ClientOptions& options, boost::asio::io_context& io);

}  // namespace ordeal::harness
