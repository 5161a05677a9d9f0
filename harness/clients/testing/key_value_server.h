// A real HTTP server with one map of keys and values behind the APIs of three systems, so that templates are tried on
// what such systems say: the v2 API of etcd, the key-value API of Consul, and rqlite with a table kv(k, v). One node,
// correct, on the loopback; its own thread serves all connections. All functions may be called from any thread.

#pragma once

#include <memory>
#include <string>

namespace ordeal::harness {

class KeyValueServer {
 public:
  KeyValueServer();
  ~KeyValueServer();
  KeyValueServer(const KeyValueServer&) = delete;
  KeyValueServer& operator=(const KeyValueServer&) = delete;

  std::string address() const;  // "127.0.0.1:41234"
  // Somebody else sets the key between the next read and what is asked after it, once.
  void change_after_next_read(const std::string& key, const std::string& value);
  // From now on every answer is this one.
  void answer_always(int status, const std::string& body);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ordeal::harness
