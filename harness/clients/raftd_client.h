// Talks to one raftd node over HTTP. Used only by the thread that runs its io_context.
//
//   read   GET  /kv/K?read=MODE                           200 {"key":"K","value":"41","index":9}, 404 not_found: nil
//   write  PUT  /kv/K      {"value":"41"}                 200 {"index":10}
//   cas    POST /kv/K/cas  {"expected":"41","value":"42"} 200, or 409 {"code":"mismatch","definite":true,...}
//
// Errors are {"code":...,"message":...,"definite":bool}; what they mean is decided in classify.h. Values are integers
// in the history and decimal strings on the wire; an absent key is nil. A value that is no decimal integer is handed on
// as the string that it is: nobody wrote it, and it is the checker's place to say so.

#pragma once

#include <string>

#include "harness/clients/client.h"
#include "harness/clients/http_connection.h"

namespace ordeal::harness {

class RaftdClient final : public Client {
 public:
  RaftdClient(const std::string& address, std::string read_mode, boost::asio::io_context& io);

  boost::asio::awaitable<Outcome> invoke(const workloads::Operation& operation,
                                         std::chrono::nanoseconds timeout) override;

 private:
  void write_request(const workloads::Operation& operation);

  HttpConnection connection_;
  std::string read_mode_;
  HttpRequest request_;  // reused: its strings keep their memory
};

}  // namespace ordeal::harness
