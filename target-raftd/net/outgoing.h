// The connections that this server dials to one other, one after the other. One thread.
//
//   connect -> Hello -> Hello comes back -> connected: messages and forwards may be sent -> it ends -> a pause ->
//   connect

#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <map>
#include <memory>
#include <string>

#include "target-raftd/net/link.h"
#include "target-raftd/net/local.h"

namespace raftd::net {

class Outgoing : public std::enable_shared_from_this<Outgoing> {
 public:
  Outgoing(std::shared_ptr<const Local> local, raft::NodeId peer, Address address,
           std::shared_ptr<PeerCounters> counters);

  void start();
  // Dials no more. Forwards that wait end with an unknown fate, unless this whole server stops.
  void close(std::string reason);

  const Address& address() const { return address_; }
  bool connected() const { return greeted_; }  // both Hellos were exchanged
  void send(raft::Message message);            // or drops
  bool forward(std::string command, Peers::Done done);

  void say_hello();  // again: what it says has changed
  void ping();
  void check_silence(Link::Clock::time_point now);
  void forgive_silence(Link::Clock::time_point now);

 private:
  boost::asio::awaitable<void> dial_forever();
  boost::asio::awaitable<std::string> dial_once();
  boost::asio::awaitable<boost::asio::ip::tcp::socket> connect(boost::system::error_code& error);
  std::string take(Frame frame);
  std::string greet(const Hello& hello);
  void answer(const ForwardReply& reply);
  void lose();

  std::shared_ptr<const Local> local_;
  raft::NodeId peer_;
  Address address_;
  std::shared_ptr<PeerCounters> counters_;
  bool gone_ = false;  // no longer to be dialled
  bool connected_once_ = false;
  std::shared_ptr<Link> link_;  // set as soon as TCP is connected
  bool greeted_ = false;
  std::uint64_t next_forward_;
  std::map<std::uint64_t, Peers::Done> forwards_;
  std::string last_failure_;  // was logged already
};

}  // namespace raftd::net
