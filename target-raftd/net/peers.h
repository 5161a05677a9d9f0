// The connections between the servers of a cluster. One thread: the one that runs the io_context.
//
//   this server                                     server 2
//   OutgoingLink ---- Hello, messages, Forward, Ping ---> IncomingLink
//                <--- Hello, ForwardReply, Pong, messages to a server that is not dialled ---
//   IncomingLink <--- ...the same the other way round --- OutgoingLink
//
// Each server dials every other one that it knows and sends over the connection that it dialled. A server that it does
// not know is answered over the connection that it dialled to us: it may lead by a configuration that this server has
// yet to get from it, and could never send if the answers had nowhere to go. Raft tolerates lost messages, so
// nothing is ever sent twice or kept for later: while a link is down, or its queue is full, messages are dropped. A
// forwarded write is answered over the connection that it went out on: if that breaks first, its fate is unknown.
//
// A partition leaves connections that look established while TCP waits ever longer before it tries again. So whoever
// dialled sends Pings, and takes silence for death: it closes and dials anew, which succeeds soon after healing.

#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "target-raftd/net/address.h"
#include "target-raftd/net/counters.h"
#include "target-raftd/net/frame.h"

namespace boost::asio {
class io_context;
}

namespace raftd::net {

struct PeersConfig {
  raft::NodeId id = 0;
  std::string cluster_name;                   // servers of clusters with other names are refused
  std::uint64_t incarnation = 0;              // of the cluster; 0: not known yet
  std::map<raft::NodeId, Address> addresses;  // of all servers, this one included: here it listens

  std::chrono::milliseconds ping_interval{200};
  std::chrono::milliseconds silence{1000};          // after which a connection is taken for dead
  std::chrono::milliseconds connect_timeout{500};   // for connection and Hello together
  std::chrono::milliseconds shortest_back_off{50};  // doubles after every failed attempt, up to:
  std::chrono::milliseconds longest_back_off{250};
  std::size_t max_queue_bytes = std::size_t{32} << 20;  // not yet accepted by the kernel, for each link
  std::size_t max_incoming = 256;                       // connections
};

struct PeersHandlers {
  std::function<void(raft::Envelope)> on_message;
  // Another server forwarded a write. `reply` may be called later, at most once, also when the connection is gone.
  std::function<void(std::string command, std::function<void(Outcome)> reply)> on_forward;
};

class Peers {
 public:
  // Listens at once (throws std::runtime_error when it cannot) and begins to dial.
  Peers(boost::asio::io_context& loop, PeersConfig config, PeersHandlers handlers);
  ~Peers();
  Peers(const Peers&) = delete;
  Peers& operator=(const Peers&) = delete;

  // Sends or drops.
  void send(raft::Envelope envelope);

  // Sends a write to `peer`. False: it was certainly not sent, and `done` is never called. Otherwise `done` gets the
  // answer, or nullopt when the connection broke before one came; then nobody knows whether the write happened.
  using Done = std::function<void(std::optional<Outcome>)>;
  bool forward(raft::NodeId peer, std::string command, Done done);

  // From now on these servers are dialled and no others. The own address is ignored: this server listens already.
  // Connections from servers that are not among them are accepted, too: they may know a newer configuration.
  void set_addresses(const std::map<raft::NodeId, Address>& addresses);

  // Tells every connected server, too; one that belongs to another incarnation is refused.
  void set_incarnation(std::uint64_t incarnation);

  // Of the servers that are dialled.
  std::map<raft::NodeId, PeerCounters> counters() const;

  bool connected(raft::NodeId peer) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace raftd::net
