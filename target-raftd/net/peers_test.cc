#include "target-raftd/net/peers.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <sstream>
#include <vector>

#include "target-raftd/net/greeting.h"
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
    PeersConfig config = {.id = id,
                          .cluster_name = cluster_names.contains(id) ? cluster_names[id] : "test",
                          .incarnation = incarnations[id],
                          .addresses = addresses};
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
  std::map<raft::NodeId, std::string> cluster_names;
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

TEST(Peers, AServerThatIsNotKnownIsAnsweredOverItsOwnConnection) {
  Network network(3);
  network.start(1);
  network.start(2);
  network.peers[1]->set_addresses({{1, network.addresses[1]}, {3, network.addresses[3]}});
  ASSERT_TRUE(network.run_until([&] { return network.peers[2]->connected(1) && !network.peers[1]->connected(2); }));
  network.peers[2]->send(vote(1, 5));
  ASSERT_TRUE(network.run_until([&] { return !network.received[1].empty(); }));
  network.peers[1]->send(vote(2, 6));
  ASSERT_TRUE(network.run_until([&] { return !network.received[2].empty(); }));
  EXPECT_EQ(network.received[2].front(), vote(1, 6));
  EXPECT_TRUE(network.peers[2]->connected(1));

  network.peers[2].reset();
  network.start(2);
  ASSERT_TRUE(network.run_until([&] { return network.peers[2]->connected(1); }));
  network.peers[1]->send(vote(2, 7));
  ASSERT_TRUE(network.run_until([&] { return network.received[2].size() == 2; })) << "over the newest one";
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

// What this process logs while it lives.
class CapturedLog {
 public:
  CapturedLog() : before_(spdlog::default_logger()) {
    spdlog::set_default_logger(
        std::make_shared<spdlog::logger>("captured", std::make_shared<spdlog::sinks::ostream_sink_st>(text_)));
  }
  ~CapturedLog() { spdlog::set_default_logger(before_); }
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;

  // Lines that contain this.
  int count(const std::string& part) const {
    std::istringstream lines(text_.str());
    int found = 0;
    for (std::string line; std::getline(lines, line);) found += line.find(part) == std::string::npos ? 0 : 1;
    return found;
  }

 private:
  std::shared_ptr<spdlog::logger> before_;
  std::ostringstream text_;
};

std::string framed(const std::vector<Frame>& frames) {
  std::string out;
  for (const Frame& frame : frames) encode(frame, out);
  return out;
}

// Connects to server 1, says these bytes, and waits until it is sent away; what it was told.
std::string say_as_stranger(Network& network, const std::string& bytes) {
  tcp::socket stranger(network.loop);
  stranger.connect({asio::ip::make_address("127.0.0.1"), network.addresses[1].port});
  asio::write(stranger, asio::buffer(bytes));
  std::string told;
  std::array<char, 4096> piece;
  bool closed = false;
  std::function<void(boost::system::error_code, std::size_t)> read = [&](boost::system::error_code error,
                                                                         std::size_t size) {
    told.append(piece.data(), size);
    closed = error.failed();
    if (!closed) stranger.async_read_some(asio::buffer(piece), read);
  };
  stranger.async_read_some(asio::buffer(piece), read);
  EXPECT_TRUE(network.run_until([&] { return closed; }));
  return told;
}

TEST(Peers, StrangersAreClosedWithAReasonAndHarmNothing) {
  const Hello good = make_hello("test", 7, 2, 1);
  const raft::Message message = raft::RequestVote{.term = 99, .last_log = {}};
  Hello other_version = good;
  other_version.version = protocol_version + 1;
  const Hello itself = make_hello("test", 7, 1, 1);
  struct Case {
    std::string bytes;
    std::string logged;
  };
  const std::vector<Case> cases = {
      {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "a frame of 542393671 bytes, the bound is 16777216"},
      {std::string("\x01\0\0\0\0\0\0\0\x02", 9), "a frame with a wrong checksum"},
      {framed({message}), "it did not begin with Hello"},
      {framed({other_version, message}),
       fmt::format("it speaks protocol version {}, this server {}; run the same raftd everywhere",
                   other_version.version, protocol_version)},
      {framed({make_hello("prod", 7, 2, 1), message}),
       "it belongs to a cluster of another name: \"prod\", not \"test\""},
      {framed({make_hello("test", 8, 2, 1), message}), "it belongs to incarnation 8 of the cluster, this server to 7"},
      {framed({make_hello("test", 7, 2, 3), message}), "it wants to reach server 3, this is server 1"},
      {framed({itself, message}), "it calls itself server 1, this is server 1"},
      {framed({good}) + "GET / HTTP/1.1\r\n\r\n", "a frame of 542393671 bytes, the bound is 16777216"},
      {framed({good, make_hello("test", 7, 3, 1), message}), "it changed its number"},
      {framed({good, Pong{}, message}), "an unexpected frame"},
      {framed({good, ForwardReply{.id = 1, .outcome = Refusal::timeout}}), "an unexpected frame"},
      {"", "silent for 1500 ms"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.logged);
    Network network(2);
    network.incarnations[1] = network.incarnations[2] = 7;
    network.start(1);
    const CapturedLog log;
    const std::string told = say_as_stranger(network, one.bytes);
    EXPECT_EQ(log.count("refused a connection from 127.0.0.1"), 1);
    EXPECT_EQ(log.count(one.logged), 1);
    EXPECT_THAT(network.received[1], ::testing::IsEmpty());
    FrameReader reader;
    reader.add(told);
    const auto hello = reader.next();
    const bool greeted = one.bytes.find("RAFTDNET") != std::string::npos;
    EXPECT_EQ(hello.has_value(), greeted) << "who says Hello is answered, so that its operator learns why";
    network.start(2);
    ASSERT_TRUE(network.run_until([&] { return network.peers[2]->connected(1); }));
    network.peers[2]->send(vote(1, 5));
    ASSERT_TRUE(network.run_until([&] { return network.received[1].size() == 1; })) << "the real peer is served";
  }
}

TEST(Peers, AServerThatIsRefusedSaysWhyOnceHoweverOftenItTries) {
  Network network(2);
  network.cluster_names[2] = "prod";
  network.start(2);
  const CapturedLog log;
  network.start(1);
  // Each of the two logs at most one refusal a second, and tries again every 250 ms.
  ASSERT_TRUE(network.run_until([&] { return log.count("refused a connection from") >= 4; }));
  const std::string why = "it belongs to a cluster of another name: \"prod\", not \"test\"; check --cluster-name";
  EXPECT_EQ(log.count("no connection to server 2 at " + to_string(network.addresses[2]) + ": " + why), 1);
  EXPECT_EQ(log.count("no connection to server 2"), 1);
  EXPECT_FALSE(network.peers[1]->connected(2));
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

TEST(Peers, AServerThatMovedIsReachedAtItsNewAddressOnly) {
  Network network(2);
  network.start(1);
  network.start(2);
  ASSERT_TRUE(network.run_until([&] { return network.peers[1]->connected(2); }));
  int lost = 0;
  network.peers[1]->forward(2, "write", [&](std::optional<Outcome> outcome) { lost += outcome ? 0 : 1; });
  DeafServer new_place(network.loop, {"127.0.0.1", free_port()});
  auto addresses = network.addresses;
  addresses[2].port = new_place.acceptor.local_endpoint().port();
  network.peers[1]->set_addresses(addresses);
  ASSERT_TRUE(network.run_until([&] { return lost == 1 && !new_place.sockets.empty(); }));
  EXPECT_FALSE(network.peers[1]->connected(2)) << "although server 2 still listens at its old address";
  EXPECT_EQ(network.peers[1]->counters().at(2).messages_out, 1U) << "the counters are of the server, not the address";

  network.peers[1]->set_addresses(network.addresses);
  ASSERT_TRUE(network.run_until([&] { return network.peers[1]->connected(2); }));
  network.peers[1]->set_addresses(network.addresses);
  EXPECT_TRUE(network.peers[1]->connected(2)) << "the same address again disturbs nothing";
}

TEST(Peers, CountersCountMessagesBytesReconnectsAndWhatIsDropped) {
  Network network(2);
  network.start(1);
  network.peers[1]->send(vote(2, 1));
  EXPECT_EQ(network.peers[1]->counters().at(2).dropped, 1U) << "nobody listens there yet";
  network.start(2);
  const auto connected = [&] { return network.peers[1]->connected(2) && network.peers[2]->connected(1); };
  ASSERT_TRUE(network.run_until(connected));
  const PeerCounters out_before = network.peers[1]->counters().at(2);
  for (raft::Term term = 1; term <= 10; ++term) network.peers[1]->send(vote(2, term));
  ASSERT_TRUE(network.run_until([&] { return network.received[2].size() == 10; }));

  const std::uint64_t ten_votes = 10 * framed({vote(2, 1).message}).size();
  const PeerCounters out = network.peers[1]->counters().at(2);
  EXPECT_EQ(out.messages_out, 10U);
  EXPECT_GE(out.bytes_out - out_before.bytes_out, ten_votes);  // and Pings
  EXPECT_EQ(out.dropped, 1U);
  EXPECT_EQ(out.reconnects, 0U);
  const PeerCounters in = network.peers[2]->counters().at(1);
  EXPECT_EQ(in.messages_in, 10U);
  EXPECT_GE(in.bytes_in, ten_votes);

  network.peers[2].reset();
  ASSERT_TRUE(network.run_until([&] { return !network.peers[1]->connected(2); }));
  network.start(2);
  ASSERT_TRUE(network.run_until(connected));
  EXPECT_EQ(network.peers[1]->counters().at(2).reconnects, 1U);
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
