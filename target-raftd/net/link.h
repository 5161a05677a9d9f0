// One TCP connection that carries frames: the part that both directions share. One thread.

#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "target-raftd/net/counters.h"
#include "target-raftd/net/frame.h"

namespace raftd::net {

class Link : public std::enable_shared_from_this<Link> {
 public:
  using Clock = std::chrono::steady_clock;

  Link(boost::asio::ip::tcp::socket socket, std::size_t max_queue_bytes, std::chrono::milliseconds silence);

  // Queues a frame. False: dropped, because the queue is full or the connection closed. A queue that is empty takes
  // any frame. All that is queued in one turn of the loop, or while a write is under way, leaves in one write.
  bool send(const Frame& frame);

  // The next frame. nullopt: the connection is closed, and closed_because() says why.
  boost::asio::awaitable<std::optional<Frame>> receive();

  // Closes the connection if nothing came for as long as the configuration says.
  void check_silence(Clock::time_point now);

  // After a pause of this process the other side's frames may still wait in the kernel: count silence from now.
  void forgive_silence(Clock::time_point now) { last_received_ = now; }

  void close(std::string reason);   // the first reason stays
  void reject(std::string reason);  // the other side is at fault; it still gets what fits of the queue
  bool rejected() const { return rejected_; }
  void count(std::shared_ptr<PeerCounters> counters) { counters_ = std::move(counters); }
  bool open() const { return closed_because_.empty(); }
  const std::string& closed_because() const { return closed_because_; }
  std::string remote() const { return remote_; }

 private:
  void write_queue();
  void write_soon();

  boost::asio::ip::tcp::socket socket_;
  std::size_t max_queue_bytes_;
  std::chrono::milliseconds silence_;
  std::string remote_;
  std::string queue_;    // waits
  std::string writing_;  // is being written; empty: nothing is
  bool write_posted_ = false;
  bool rejected_ = false;
  std::shared_ptr<PeerCounters> counters_;
  FrameReader reader_;
  std::string received_;
  Clock::time_point last_received_;
  std::string closed_because_;
};

}  // namespace raftd::net
