#include "target-raftd/net/link.h"

#include <gtest/gtest.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>

namespace raftd::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;

// A Link, and the bare other end of its connection.
struct Pair {
  explicit Pair(std::size_t max_queue_bytes = 1 << 20) {
    tcp::acceptor acceptor(loop, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0));
    tcp::socket mine(loop);
    mine.connect(acceptor.local_endpoint());
    acceptor.accept(other);
    link = std::make_shared<Link>(std::move(mine), max_queue_bytes, 60s);
  }
  asio::io_context loop;
  tcp::socket other{loop};
  std::shared_ptr<Link> link;
};

TEST(Link, WhatIsSentInOneTurnOfTheLoopLeavesInOneWrite) {
  Pair pair;
  std::string all;
  for (std::uint64_t id = 0; id < 100; ++id) {
    const Forward forward = {.id = id, .command = "write"};
    encode(forward, all);
    ASSERT_TRUE(pair.link->send(forward));
  }
  EXPECT_EQ(pair.other.available(), 0U) << "nothing leaves before the turn is over";
  const auto give_up = std::chrono::steady_clock::now() + 60s;
  while (pair.other.available() == 0 && std::chrono::steady_clock::now() < give_up) pair.loop.run_one_for(1ms);
  EXPECT_EQ(pair.other.available(), all.size());
}

TEST(Link, AFullQueueDropsWholeFramesAndAnEmptyOneTakesAny) {
  Pair pair(100);
  const Forward big = {.id = 1, .command = std::string(1000, 'x')};
  EXPECT_TRUE(pair.link->send(big));
  EXPECT_FALSE(pair.link->send(Ping{}));
  const auto counters = std::make_shared<PeerCounters>();
  pair.link->count(counters);
  EXPECT_FALSE(pair.link->send(big));
  EXPECT_EQ(counters->bytes_out, 0U) << "what is dropped is not counted";
}

}  // namespace
}  // namespace raftd::net
