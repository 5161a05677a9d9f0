// Talks to one raftd node over HTTP. Used only by the thread that runs its io_context.
//
//   read   GET  /kv/K?read=MODE                           200 {"key":"K","value":"41","index":9}, 404 not_found: nil
//   write  PUT  /kv/K      {"value":"41"}                 200 {"index":10}
//   cas    POST /kv/K/cas  {"expected":"41","value":"42"} 200, or 409 {"code":"mismatch","definite":true,...}
//
// Sets are made of these (key_value_client.h).
//
// A counter: absent counts as 0. The headers Session and Serial make it safe to send the request again.
//   increment  POST /kv/K/add  {"delta":1}                200 {"index":11,"value":"17"}
//
// An increment without a definite answer is sent again, to one node after the other, until there is one or the time is
// over. An ok one that says "again" is sent once more, to another node, and what that is answered is told beside the
// first answer; no answer, or a refusal, says nothing and is not told.
//
// Errors are {"code":...,"message":...,"definite":bool}; what they mean is decided in classify.h. Values are integers
// in the history and decimal strings on the wire; an absent key is nil. A value that is no decimal integer is handed on
// as the string that it is: nobody wrote it, and it is the checker's place to say so.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/clients/http_connection.h"
#include "harness/clients/key_value_client.h"

namespace ordeal::harness {

class RaftdClient final : public KeyValueClient {
 public:
  RaftdClient(const ClientOptions& options, boost::asio::io_context& io);

  boost::asio::awaitable<Outcome> invoke(const workloads::Operation& operation,
                                         std::chrono::nanoseconds timeout) override;

 private:
  boost::asio::awaitable<Outcome> request(const workloads::Operation& operation,
                                          std::chrono::nanoseconds timeout) override;
  boost::asio::awaitable<Outcome> increment(const workloads::Operation& operation, std::chrono::nanoseconds timeout);
  boost::asio::awaitable<void> send_again(const workloads::Operation& operation, std::chrono::nanoseconds timeout,
                                          Outcome& outcome);
  void write_request(const workloads::Operation& operation);
  HttpConnection& next_connection();

  std::vector<std::unique_ptr<HttpConnection>> connections_;  // the client's own node, then those for retries
  std::size_t at_ = 0;                                        // the connection that retries have come to
  std::string read_mode_;
  std::uint64_t value_bytes_;
  HttpRequest request_;  // reused: its strings keep their memory
};

}  // namespace ordeal::harness
