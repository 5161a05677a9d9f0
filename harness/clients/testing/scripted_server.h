// A server for tests that plays a fixed script on each connection, byte by byte, so that every way in which a server
// can misbehave can be written down. Its own thread plays the scripts one after the other, in the order of the
// connections. All functions may be called from any thread.

#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace ordeal::harness {

struct ReceiveRequest {};  // one whole request, to the end of its body
struct ReceiveBytes {      // this many bytes, wherever the request ends
  std::size_t count = 0;
};
struct Send {
  std::string bytes;
};
struct Close {};  // orderly; goes on when the other side knows it
struct Reset {};

using Step = std::variant<ReceiveRequest, ReceiveBytes, Send, Close, Reset>;
using Script = std::vector<Step>;  // when it ends the connection stays open and silent

class ScriptedServer {
 public:
  // Connection i plays script i; later ones wait in the queue of the listening socket for ever.
  explicit ScriptedServer(std::vector<Script> scripts);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::string address() const;                 // "127.0.0.1:41234"
  void wait_until_played(std::size_t script);  // to its last step
  std::vector<std::string> received() const;   // by every ReceiveRequest so far
  std::size_t scripts_begun() const;           // connections accepted so far

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A whole HTTP answer with a JSON body.
std::string http_answer(int status, const std::string& body);

// A port of the loopback that is taken, so that nobody else gets it, and refuses every connection.
class RefusingPort {
 public:
  RefusingPort();
  ~RefusingPort();
  RefusingPort(const RefusingPort&) = delete;
  RefusingPort& operator=(const RefusingPort&) = delete;
  std::string address() const;

 private:
  int descriptor_;
};

// A port of the loopback that lets every connection attempt wait for ever.
class SilentPort {
 public:
  SilentPort();
  ~SilentPort();
  SilentPort(const SilentPort&) = delete;
  SilentPort& operator=(const SilentPort&) = delete;
  std::string address() const;

 private:
  int descriptor_;
  std::vector<int> queue_;  // connections that fill the queue of the listening socket
};

}  // namespace ordeal::harness
