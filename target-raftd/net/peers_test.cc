#include "target-raftd/net/peers.h"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <vector>

#include "target-raftd/net/listen.h"

namespace raftd::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;

std::uint16_t free_port() {
  asio::io_context loop;
  return tcp::acceptor(loop, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0)).local_endpoint().port();
}

raft::Envelope vote(raft::NodeId to, raft::Term term) {
  return {.peer = to, .message = raft::RequestVote{.term = term, .last_log = {}}};
}

// Some servers in one loop, and what each of them received.
class Network {
 public:
  explicit Network(raft::NodeId servers) {
    for (raft::NodeId id = 1; id <= servers; ++id) addresses[id] = {"127.0.0.1", free_port()};
  }

  void start(raft::NodeId id) {
    PeersConfig config = {.id = id, .cluster_name = "test", .incarnation = incarnations[id], .addresses = addresses};
    config.max_queue_bytes = 1 << 20;
    config.silence = 300ms;
    peers[id] = std::make_unique<Peers>(
        loop, config,
        PeersHandlers{
            .on_message = [this, id](raft::Envelope envelope) { received[id].push_back(std::move(envelope)); },
            .on_forward =
                [this, id](std::string command, std::function<void(Outcome)> reply) {
                  commands[id].push_back(std::move(command));
                  replies[id].push_back(std::move(reply));
                }});
  }

  // Runs the loop until the condition holds; gives up after a time that only a hang reaches.
  template <class Condition>
  bool run_until(Condition condition) {
    const auto give_up = std::chrono::steady_clock::now() + 60s;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > give_up) return false;
      loop.run_one_for(20ms);
    }
    return true;
  }

  asio::io_context loop;
  std::map<raft::NodeId, std::uint64_t> incarnations;
  std::map<raft::NodeId, Address> addresses;
  std::map<raft::NodeId, std::unique_ptr<Peers>> peers;
  std::map<raft::NodeId, std::vector<raft::Envelope>> received;
  std::map<raft::NodeId, std::vector<std::string>> commands;
  std::map<raft::NodeId, std::vector<std::function<void(Outcome)>>> replies;
};

TEST(Peers, MessagesArriveInOrderWithTheirSender) {
  Network network(3);
  for (raft::NodeId id = 1; id <= 3; ++id) network.start(id);
  ASSERT_TRUE(network.run_until([&] { return network.peers[1]->connected(2) && network.peers[3]->connected(2); }));
  for (raft::Term term = 1; term <= 100; ++term) network.peers[1]->send(vote(2, term));
  ASSERT_TRUE(network.run_until([&] { return network.received[2].size() == 100; }));
  network.peers[3]->send(vote(2, 7));
  ASSERT_TRUE(network.run_until([&] { return network.received[2].size() == 101; }));
  for (raft::Term term = 1; term <= 100; ++term) EXPECT_EQ(network.received[2][term - 1], vote(1, term));
  EXPECT_EQ(network.received[2].back(), vote(3, 7));
}

TEST(Peers, AForwardedWriteIsAnswered) {
  Network network(2);
  network.start(1);
  network.start(2);
  ASSERT_TRUE(network.run_until([&] { return network.peers[1]->connected(2); }));
  std::optional<Outcome> answer;
  ASSERT_TRUE(network.peers[1]->forward(2, "write", [&](std::optional<Outcome> outcome) { answer = outcome; }));
  ASSERT_TRUE(network.run_until([&] { return !network.replies[2].empty(); }));
  EXPECT_THAT(network.commands[2], ::testing::ElementsAre("write"));
  const std::string result = "result";
  network.replies[2].front()(result);
  ASSERT_TRUE(network.run_until([&] { return answer.has_value(); }));
  EXPECT_EQ(answer, Outcome(result));
}

TEST(Peers, AForwardWithoutAConnectionIsCertainlyNotSent) {
  Network network(2);
  network.start(1);
  EXPECT_FALSE(network.peers[1]->forward(2, "write", [](std::optional<Outcome>) { FAIL(); }));
}

TEST(Peers, AForwardWhoseConnectionBreaksHasAnUnknownFate) {
  Network network(2);
  network.start(1);
  network.start(2);
  ASSERT_TRUE(network.run_until([&] { return network.peers[1]->connected(2); }));
  int lost = 0;
  network.peers[1]->forward(2, "write", [&](std::optional<Outcome> outcome) { lost += outcome ? 0 : 1; });
  ASSERT_TRUE(network.run_until([&] { return !network.replies[2].empty(); }));
  network.peers[2].reset();
  ASSERT_TRUE(network.run_until([&] { return lost == 1; }));
  network.replies[2].front()(Refusal::not_leader);  // Too late, and harmless.

  network.start(2);
  ASSERT_TRUE(network.run_until([&] { return network.peers[1]->connected(2); })) << "and the link comes back";
  network.peers[1]->send(vote(2, 1));
  ASSERT_TRUE(network.run_until([&] { return !network.received[2].empty(); }));
  EXPECT_EQ(network.commands[2].size(), 1U) << "a forward is never sent again";
}

TEST(Peers, StrangersAreClosedAndHarmNothing) {
  struct Case {
    const char* name;
    std::string bytes;
  };
  const auto framed = [](const std::vector<Frame>& frames) {
    std::string out;
    for (const Frame& frame : frames) encode(frame, out);
    return out;
  };
  const std::vector<Case> cases = {
      {"garbage", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"oversized", std::string("\xff\xff\xff\xff\0\0\0\0", 8)},
      {"wrong checksum", std::string("\x01\0\0\0\0\0\0\0\x02", 9)},
      {"no hello", framed({raft::Message{raft::RequestVote{.term = 99, .last_log = {}}}})},
      {"other version", framed({Hello{.version = protocol_version + 1, .cluster = 0, .from = 2, .to = 1}})},
      {"other cluster", framed({Hello{.cluster = 0, .from = 2, .to = 1}})},
      {"silence", ""},
  };
  Network network(2);
  network.start(1);
  network.start(2);
  ASSERT_TRUE(network.run_until([&] { return network.peers[1]->connected(2) && network.peers[2]->connected(1); }));
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    tcp::socket stranger(network.loop);
    stranger.connect({asio::ip::make_address("127.0.0.1"), network.addresses[1].port});
    asio::write(stranger, asio::buffer(one.bytes));
    std::string answer(1 << 12, '\0');
    bool closed = false;
    std::function<void(boost::system::error_code, std::size_t)> read = [&](boost::system::error_code error,
                                                                           std::size_t) {
      closed = error.failed();
      if (!closed) stranger.async_read_some(asio::buffer(answer), read);
    };
    stranger.async_read_some(asio::buffer(answer), read);
    EXPECT_TRUE(network.run_until([&] { return closed; }));
  }
  EXPECT_THAT(network.received[1], ::testing::IsEmpty());
  network.peers[2]->send(vote(1, 5));
  ASSERT_TRUE(network.run_until([&] { return network.received[1].size() == 1; })) << "the real peer is still served";
}

// Accepts like a server that is paused or cut off: TCP works, nothing else does.
struct DeafServer {
  DeafServer(asio::io_context& loop, const Address& address) : acceptor(listen(loop.get_executor(), address)) {
    accept();
  }
  void accept() {
    acceptor.async_accept([this](boost::system::error_code error, tcp::socket socket) {
      if (error) return;
      sockets.push_back(std::move(socket));
      accept();
    });
  }
  tcp::acceptor acceptor;
  std::vector<tcp::socket> sockets;
};

TEST(Peers, ASilentConnectionIsTakenForDeadAndDialledAnew) {
  Network network(2);
  DeafServer deaf(network.loop, network.addresses[2]);
  network.start(1);
  ASSERT_TRUE(network.run_until([&] { return deaf.sockets.size() >= 2; }));
  EXPECT_FALSE(network.peers[1]->connected(2));
}

TEST(Peers, MoreThanTheQueueHoldsIsDroppedAndTheRestArrivesInOrder) {
  Network network(2);
  network.start(1);
  network.start(2);
  ASSERT_TRUE(network.run_until([&] { return network.peers[1]->connected(2); }));
  raft::AppendEntries big;
  big.entries.push_back(
      {.term = 1, .index = 1, .kind = raft::EntryKind::command, .command = std::string(1 << 18, 'x')});
  constexpr raft::Term sent = 400;  // 100 MiB, without the loop running in between
  for (big.term = 1; big.term <= sent; ++big.term) network.peers[1]->send({.peer = 2, .message = big});
  const auto last_term = [&] {
    return network.received[2].empty() ? 0 : std::get<raft::AppendEntries>(network.received[2].back().message).term;
  };
  raft::Term next = sent;
  ASSERT_TRUE(network.run_until([&] {
    big.term = ++next;
    big.entries.clear();
    network.peers[1]->send({.peer = 2, .message = big});
    return last_term() > sent;
  }));
  EXPECT_LT(network.received[2].size(), sent);
  raft::Term before = 0;
  for (const raft::Envelope& envelope : network.received[2]) {
    const raft::Term term = std::get<raft::AppendEntries>(envelope.message).term;
    EXPECT_LT(before, term);
    before = term;
  }
}

TEST(Peers, ServersOfDifferentIncarnationsPartWhenTheSecondLearnsItsOwn) {
  Network network(2);
  network.incarnations[1] = 7;
  network.start(1);
  network.start(2);
  const auto connected = [&] { return network.peers[1]->connected(2) && network.peers[2]->connected(1); };
  ASSERT_TRUE(network.run_until(connected));
  network.peers[2]->set_incarnation(8);
  ASSERT_TRUE(network.run_until([&] { return !network.peers[1]->connected(2) && !network.peers[2]->connected(1); }));
  network.peers[2]->set_incarnation(7);
  ASSERT_TRUE(network.run_until(connected));
}

TEST(Peers, AnAddedServerIsDialledAndARemovedOneIsDropped) {
  Network network(2);
  network.start(2);
  const auto all = network.addresses;
  network.addresses.erase(2);
  network.start(1);
  ASSERT_TRUE(network.run_until([&] { return network.peers[2]->connected(1); })) << "a stranger of the same cluster";
  EXPECT_FALSE(network.peers[1]->connected(2));
  network.peers[1]->set_addresses(all);
  ASSERT_TRUE(network.run_until([&] { return network.peers[1]->connected(2); }));
  network.peers[1]->send(vote(2, 1));
  ASSERT_TRUE(network.run_until([&] { return network.received[2].size() == 1; }));
  EXPECT_EQ(network.peers[1]->counters().at(2).messages_out, 1U);
  int lost = 0;
  network.peers[1]->forward(2, "write", [&](std::optional<Outcome> outcome) { lost += outcome ? 0 : 1; });
  network.peers[1]->set_addresses({});
  ASSERT_TRUE(network.run_until([&] { return lost == 1; }));
  EXPECT_FALSE(network.peers[1]->connected(2));
}

TEST(Peers, APortInUseNamesTheAddressAndTheCure) {
  Network network(2);
  network.start(1);
  try {
    network.start(1);
    FAIL() << "the port was in use";
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(error.what(), "cannot listen on " + to_string(network.addresses[1]) +
                                ": Address already in use; stop the program that listens there (ss -ltnp shows it), or "
                                "choose another port");
  }
}

}  // namespace
}  // namespace raftd::net
