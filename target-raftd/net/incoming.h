// The connections that other servers dialled to this one. One thread.

#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <map>
#include <memory>
#include <string>

#include "target-raftd/net/link.h"
#include "target-raftd/net/local.h"

namespace raftd::net {

class Incoming : public std::enable_shared_from_this<Incoming> {
 public:
  explicit Incoming(std::shared_ptr<const Local> local);  // listens; throws std::runtime_error when it cannot

  void start();  // to accept
  void close(const std::string& reason);

  // To a server that dialled this one, or drops.
  void send(raft::NodeId peer, raft::Message message);

  void say_hello();  // again: what it says has changed
  void check_silence(Link::Clock::time_point now);
  void forgive_silence(Link::Clock::time_point now);

 private:
  boost::asio::awaitable<void> accept_forever();
  boost::asio::awaitable<void> serve(std::shared_ptr<Link> link);
  std::string greet(const std::shared_ptr<Link>& link, const Frame& first);
  std::string serve_frame(const std::shared_ptr<Link>& link, raft::NodeId from, Frame frame);
  PeerCounters* count(Link& link, raft::NodeId from);
  void log_refusal(const Link& link);

  std::shared_ptr<const Local> local_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::map<std::shared_ptr<Link>, raft::NodeId> links_;  // 0: has not said Hello
  std::map<raft::NodeId, std::weak_ptr<Link>> newest_;   // of each server
  Link::Clock::time_point next_refusal_ = {};            // that may be logged
};

}  // namespace raftd::net
