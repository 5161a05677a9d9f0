// The HTTP server over loopback, with clients that are raw sockets: what they send is what stands here.
//
// Where time matters, only "not before" is asserted, which holds on a machine of any speed; what must happen some day
// is waited for, and a client that waits in vain for a minute fails.

#include "target-raftd/daemon/http_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace raftd::daemon {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Clock = std::chrono::steady_clock;
using Limits = HttpServer::Limits;

// Nobody is late unless the test says so.
Limits patient() {
  return {.request_time = 10min, .answer_time = 10min, .idle_time = 10min, .farewell_time = 10min, .sweep_period = 5ms};
}

HttpResponse echo(const HttpRequest& request) {
  return {.body = fmt::format("{} {} {} {} {}", request.method, request.target, request.session.value_or("-"),
                              request.serial.value_or("-"), request.body)};
}

constexpr std::size_t huge = 32 << 20;  // more than the kernel takes for a client that does not read

// "/huge": many bytes. "/text": another content type. "/later": answers in a later turn of the loop. Else echoes.
class Server {
 public:
  explicit Server(Limits limits = patient())
      : server_(std::in_place, loop_, net::Address{"127.0.0.1", 0}, limits,
                [this](const HttpRequest& request, HttpServer::Respond respond) { handle(request, respond); }),
        port_(server_->port()),
        thread_([this] { loop_.run(); }) {}
  ~Server() {
    loop_.stop();
    thread_.join();
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const { return port_; }
  int handled() const { return handled_; }

  // The answer to a request for "/kept", which waits until somebody gives it.
  HttpServer::Respond kept() { return kept_.get_future().get(); }
  void run(std::function<void()> what) { boost::asio::post(loop_, std::move(what)); }

 private:
  void handle(const HttpRequest& request, const HttpServer::Respond& respond) {
    ++handled_;
    if (request.target == "/huge") return respond({.body = std::string(huge, 'x')});
    if (request.target == "/text") return respond({.body = "words", .content_type = "text/plain"});
    if (request.target == "/kept") return kept_.set_value(respond);
    if (request.target == "/later") {
      return run([respond, response = echo(request)] { respond(response); });
    }
    respond(echo(request));
  }

  std::atomic<int> handled_ = 0;
  std::promise<HttpServer::Respond> kept_;
  boost::asio::io_context loop_{1};
  std::optional<HttpServer> server_;
  std::uint16_t port_;
  std::thread thread_;
};

struct Response {
  std::string header;
  std::string body;
};

class Client {
 public:
  explicit Client(const Server& server, int receive_buffer = 0) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer > 0) set(SO_RCVBUF, receive_buffer);
    set(SO_RCVTIMEO, timeval{.tv_sec = 60, .tv_usec = 0});
    set(SO_SNDTIMEO, timeval{.tv_sec = 60, .tv_usec = 0});
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server.port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0) << strerror(errno);
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // False: the server has closed.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void end_of_sending() { ::shutdown(socket_, SHUT_WR); }
  void reset_when_closed() { set(SO_LINGER, linger{.l_onoff = 1, .l_linger = 0}); }

  bool has_something(std::chrono::milliseconds within) {
    pollfd one{.fd = socket_, .events = POLLIN, .revents = 0};
    return !unread_.empty() || ::poll(&one, 1, static_cast<int>(within.count())) > 0;
  }

  // The next header, and `body` or, by its Content-Length, all of the body. Empty: the server has closed.
  Response receive(bool head_only = false) {
    Response response;
    std::size_t end = 0;
    while ((end = unread_.find("\r\n\r\n")) == std::string::npos) {
      if (!more()) return {};
    }
    response.header = take(end + 4);
    const auto length = response.header.find("Content-Length: ");
    if (head_only || length == std::string::npos) return response;
    const std::size_t size = std::stoul(response.header.substr(length + 16));
    while (unread_.size() < size) {
      if (!more()) break;
    }
    response.body = take(size);
    return response;
  }

  Response ask(std::string_view request) { return send(request) ? receive() : Response{}; }

  // All that comes until the server closes.
  std::string rest() {
    while (more()) {
    }
    return take(unread_.size());
  }

  std::size_t read_some() {
    more();
    return unread_.size();
  }

 private:
  template <typename T>
  void set(int option, const T& value) {
    ASSERT_EQ(::setsockopt(socket_, SOL_SOCKET, option, &value, sizeof value), 0);
  }

  bool more() {
    char bytes[65536];
    const ssize_t size = ::recv(socket_, bytes, sizeof bytes, 0);
    EXPECT_FALSE(size < 0 && errno == EAGAIN) << "waited for a minute in vain";
    if (size <= 0) return false;
    unread_.append(bytes, static_cast<std::size_t>(size));
    return true;
  }

  std::string take(std::size_t size) {
    std::string taken = unread_.substr(0, size);
    unread_.erase(0, size);
    return taken;
  }

  int socket_;
  std::string unread_;
};

const std::string get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
const std::string put = "PUT /a HTTP/1.1\r\nSession: s\r\nSerial: 4\r\nContent-Length: 5\r\n\r\nhello";

std::string get_of(std::string_view target) {
  return fmt::format("GET {} HTTP/1.1\r\n\r\n", target);
}

// For servers that allow a single connection: returns once there is none.
void wait_until_nobody_is_connected(const Server& server) {
  const auto give_up = Clock::now() + 60s;
  while (Clock::now() < give_up) {
    Client client(server);
    if (client.ask(get).header.starts_with("HTTP/1.1 200")) return;
    client.has_something(1ms);
  }
  FAIL() << "a connection is still there after a minute";
}

Limits single() {
  Limits limits = patient();
  limits.connections = 1;
  return limits;
}

TEST(HttpServer, KeepsAConnectionForManyRequests) {
  Server server;
  Client client(server);
  for (int i = 0; i < 300; ++i) {
    const std::string target = fmt::format("/{}", i);
    const Response response = client.ask(get_of(target));
    ASSERT_THAT(response.header, StartsWith("HTTP/1.1 200 OK\r\n"));
    ASSERT_THAT(response.header, Not(HasSubstr("Connection")));
    ASSERT_EQ(response.body, "GET " + target + " - - ");
  }
  EXPECT_EQ(client.ask(put).body, "PUT /a s 4 hello");
  client.end_of_sending();
  EXPECT_EQ(client.rest(), "");
}

TEST(HttpServer, ServesAClientThatSendsByteByByte) {
  Server server;
  Client client(server);
  for (int i = 0; i < 3; ++i) {
    for (const char byte : put) ASSERT_TRUE(client.send({&byte, 1}));
    EXPECT_EQ(client.receive().body, "PUT /a s 4 hello");
  }
}

TEST(HttpServer, AnswersPipelinedRequestsInTheirOrder) {
  for (const char* target : {"/now", "/later"}) {
    SCOPED_TRACE(target);
    Server server;
    Client client(server);
    client.send(put + get_of(target) + put + "GET /last HTTP/1.1\r\nConnection: close\r\n\r\n" + get);
    EXPECT_EQ(client.receive().body, "PUT /a s 4 hello");
    EXPECT_EQ(client.receive().body, fmt::format("GET {} - - ", target));
    EXPECT_EQ(client.receive().body, "PUT /a s 4 hello");
    EXPECT_EQ(client.receive().body, "GET /last - - ");
    EXPECT_EQ(client.rest(), "");
    EXPECT_EQ(server.handled(), 4) << "nothing is served after Connection: close";
  }
}

TEST(HttpServer, SurvivesTensOfThousandsOfPipelinedRequests) {
  Server server;
  Client client(server);
  constexpr int requests = 20'000;
  std::string all;
  for (int i = 0; i < requests; ++i) all += "GET / HTTP/1.1\r\n\r\n";
  auto sending = std::async(std::launch::async, [&] {
    client.send(all);
    client.end_of_sending();
  });
  const std::string answers = client.rest();
  sending.get();
  EXPECT_EQ(server.handled(), requests);
  EXPECT_EQ(answers.size() % requests, 0U);
  EXPECT_TRUE(answers.ends_with("GET / - - "));
}

TEST(HttpServer, HoldsBackItsAnswerUntilTheHandlerHasOneHoweverLongThatTakes) {
  Limits limits = patient();
  limits.request_time = limits.answer_time = limits.idle_time = 10ms;
  Server server(limits);
  Client client(server);
  client.send(get_of("/kept"));
  const auto respond = server.kept();
  EXPECT_FALSE(client.has_something(100ms)) << "no limit but the handler's own counts while it works";
  server.run([respond] { respond({.body = "at last"}); });
  EXPECT_EQ(client.receive().body, "at last");
}

TEST(HttpServer, ClosesAfterTheAnswerIfTheClientWantsThat) {
  struct Case {
    const char* request;
    bool stays;
    const char* connection;  // what the answer says of it
  };
  const std::vector<Case> cases = {
      {"GET / HTTP/1.1\r\n\r\n", true, ""},
      {"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", false, "Connection: close\r\n"},
      {"GET / HTTP/1.0\r\n\r\n", false, "Connection: close\r\n"},
      {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true, "Connection: keep-alive\r\n"},
  };
  Server server;
  for (const Case& one : cases) {
    SCOPED_TRACE(one.request);
    Client client(server);
    const Response response = client.ask(one.request);
    EXPECT_EQ(response.body, "GET / - - ");
    const auto at = response.header.find("Connection");
    EXPECT_EQ(at == std::string::npos ? "" : response.header.substr(at, response.header.find('\n', at) - at + 1),
              one.connection);
    if (one.stays) {
      EXPECT_EQ(client.ask(get).body, "GET /a - - ");
    } else {
      EXPECT_EQ(client.rest(), "");
    }
  }
}

TEST(HttpServer, AnswersHeadWithTheHeaderAlone) {
  Server server;
  Client client(server);
  client.send("HEAD /a HTTP/1.1\r\n\r\n" + get);
  EXPECT_THAT(client.receive(true).header, HasSubstr("Content-Length: 12\r\n"));
  EXPECT_EQ(client.receive().body, "GET /a - - ") << "it follows at once";
}

TEST(HttpServer, SendsTheContentTypeOfTheAnswer) {
  Server server;
  Client client(server);
  EXPECT_THAT(client.ask(get_of("/text")).header, HasSubstr("Content-Type: text/plain\r\n"));
  EXPECT_THAT(client.ask(get).header, HasSubstr("Content-Type: application/json\r\n"));
}

TEST(HttpServer, TakesBodiesInChunks) {
  Server server;
  Client client(server);
  client.send("PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n");
  client.send("3;ext=1\r\nllo\r\n0\r\n\r\n" + get);
  EXPECT_EQ(client.receive().body, "PUT /a - - hello");
  EXPECT_EQ(client.receive().body, "GET /a - - ");
}

TEST(HttpServer, SaysContinueToAClientThatWaitsForIt) {
  Server server;
  Client client(server);
  client.send("PUT /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(client.receive().header, "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("he");
  client.send("llo");
  EXPECT_EQ(client.receive().body, "PUT /a - - hello");
  EXPECT_EQ(client.ask("PUT /b HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello").body,
            "PUT /b - - hello")
      << "who sends the body along does not wait";
}

TEST(HttpServer, RefusesWhatItCannotTakeAndCloses) {
  struct Case {
    const char* what;
    std::string bytes;
    const char* status;
  };
  const std::vector<Case> cases = {
      {"garbage", std::string("\x00\x01garbage\r\n\r\n", 13), "HTTP/1.1 400 Bad Request"},
      {"an answer", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 400 "},
      {"a long header", "GET / HTTP/1.1\r\nX: " + std::string(20'000, 'a') + "\r\n\r\n", "HTTP/1.1 431 "},
      {"an endless target", "GET /" + std::string(20'000, 'a'), "HTTP/1.1 431 "},
      {"a long body", "PUT / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", "HTTP/1.1 413 "},
      {"a long body, asked for", "PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n",
       "HTTP/1.1 413 "},
      {"a long chunk", "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\naaa", "HTTP/1.1 413 "},
      {"two lengths", "PUT / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\naa", "HTTP/1.1 400 "},
  };
  Server server;
  for (const Case& one : cases) {
    SCOPED_TRACE(one.what);
    Client client(server);
    const Response response = client.ask(one.bytes);
    EXPECT_THAT(response.header, StartsWith(one.status));
    EXPECT_THAT(response.header, HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(response.body, HasSubstr("\"definite\":true"));
    EXPECT_EQ(client.rest(), "");
  }
  EXPECT_EQ(server.handled(), 0);
}

TEST(HttpServer, HearsOutAClientThatIsRefusedInTheMiddleOfItsBody) {
  Server server;
  Client client(server);
  client.send("PUT / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n");
  EXPECT_TRUE(client.send(std::string(huge, 'x'))) << "a reset could take the refusal away";
  EXPECT_THAT(client.receive().header, StartsWith("HTTP/1.1 413 "));
}

TEST(HttpServer, TellsASlowSenderSoAndCloses) {
  const std::vector<std::pair<const char*, std::string>> begun = {
      {"in the header", "GET / HTTP/1.1\r\nX: "},
      {"in the body", "PUT / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n"},
      {"after another request", get + "GET"},
  };
  Limits limits = patient();
  limits.request_time = 50ms;
  limits.farewell_time = 20ms;
  Server server(limits);
  for (const auto& [what, bytes] : begun) {
    SCOPED_TRACE(what);
    Client client(server);
    const auto began = Clock::now();
    client.send(bytes);
    if (bytes.starts_with(get)) client.receive();
    while (!client.has_something(3ms)) ASSERT_TRUE(client.send("x"));
    EXPECT_GE(Clock::now() - began, limits.request_time);
    const Response response = client.receive();
    EXPECT_THAT(response.header, StartsWith("HTTP/1.1 408 "));
    EXPECT_THAT(response.body, HasSubstr("\"slow\""));
    EXPECT_EQ(client.rest(), "");
    const auto give_up = Clock::now() + 60s;  // It hears him out, but not for ever.
    while (client.send("x") && Clock::now() < give_up) client.has_something(0ms);
    EXPECT_LT(Clock::now(), give_up);
  }
}

TEST(HttpServer, ClosesAnIdleConnectionButNoneThatIsInUse) {
  Limits limits = patient();
  limits.idle_time = 100ms;
  Server server(limits);
  // A client as slow as that itself is served by a new connection: the machine was busy with something else.
  auto client = std::make_unique<Client>(server);
  auto last_use = Clock::now();
  auto began = last_use;
  while (last_use - began < 3 * limits.idle_time) {
    const auto used = Clock::now();
    if (client->ask(get).body.empty()) {
      ASSERT_GE(Clock::now() - last_use, limits.idle_time) << "closed while in use";
      began = Clock::now();
      client = std::make_unique<Client>(server);
      last_use = began;
      continue;
    }
    last_use = used;
  }
  EXPECT_EQ(client->rest(), "");
  EXPECT_GE(Clock::now() - last_use, limits.idle_time);
}

TEST(HttpServer, ClosesAConnectionThatNeverAsksAnything) {
  Limits limits = patient();
  limits.idle_time = 30ms;
  Server server(limits);
  const auto began = Clock::now();
  Client client(server);
  EXPECT_EQ(client.rest(), "");
  EXPECT_GE(Clock::now() - began, limits.idle_time);
}

TEST(HttpServer, GivesUpAClientThatDoesNotReadItsAnswer) {
  Limits limits = single();
  limits.answer_time = 50ms;
  Server server(limits);
  Client client(server, 4096);
  const auto began = Clock::now();
  client.send(get_of("/huge"));
  ASSERT_TRUE(client.has_something(60s));
  wait_until_nobody_is_connected(server);
  EXPECT_GE(Clock::now() - began, limits.answer_time);
  EXPECT_LT(client.rest().size(), huge);
}

TEST(HttpServer, SendsAHugeAnswerToAClientThatReadsSlowly) {
  Server server;
  Client client(server, 4096);
  client.send(get_of("/huge") + get);
  EXPECT_EQ(client.receive().body.size(), huge);
  EXPECT_EQ(client.receive().body, "GET /a - - ");
}

TEST(HttpServer, ForgetsAClientThatGoesAwayInTheMiddleOfItsRequest) {
  for (const bool reset : {false, true}) {
    SCOPED_TRACE(reset);
    Server server(single());
    {
      Client client(server);
      ASSERT_EQ(client.ask(get).body, "GET /a - - ");
      client.send(put.substr(0, put.size() - 1));
      if (reset) client.reset_when_closed();
    }
    wait_until_nobody_is_connected(server);
    EXPECT_EQ(server.handled(), 2) << "half a request is none";
  }
}

TEST(HttpServer, ForgetsAClientThatGoesAwayInTheMiddleOfItsAnswer) {
  for (const bool reset : {false, true}) {
    SCOPED_TRACE(reset);
    Server server(single());
    {
      Client client(server, 4096);
      client.send(get_of("/huge"));
      ASSERT_GT(client.read_some(), 0U);
      if (reset) client.reset_when_closed();
    }
    wait_until_nobody_is_connected(server);
  }
}

TEST(HttpServer, ForgetsAClientThatIsGoneWhenItsAnswerComes) {
  Server server(single());
  HttpServer::Respond respond;
  {
    Client client(server);
    client.send(get_of("/kept"));
    respond = server.kept();
    client.reset_when_closed();
  }
  server.run([answer = std::exchange(respond, {})] { answer({.body = std::string(huge, 'x')}); });
  wait_until_nobody_is_connected(server);
}

TEST(HttpServer, RefusesConnectionsOverTheLimitAndKeepsThoseThatAreThere) {
  Limits limits = patient();
  limits.connections = 2;
  Server server(limits);
  Client first(server);
  Client second(server);
  ASSERT_EQ(first.ask(get).body, "GET /a - - ");
  ASSERT_EQ(second.ask(get).body, "GET /a - - ");
  {
    Client third(server);
    const Response refusal = third.receive();
    EXPECT_THAT(refusal.header, StartsWith("HTTP/1.1 503 "));
    EXPECT_THAT(refusal.body, HasSubstr("\"overloaded\""));
    EXPECT_EQ(third.rest(), "");
    EXPECT_EQ(Client(server).rest(), "") << "with too many to be told, one is just closed";
  }
  EXPECT_EQ(first.ask(get).body, "GET /a - - ");
  EXPECT_EQ(second.ask(get).body, "GET /a - - ");
}

}  // namespace
}  // namespace raftd::daemon
