// Talks to one node of any target that speaks HTTP, by the templates of its file (config/http_templates.h). Used only
// by the thread that runs its io_context.
//
// Where the target compares a version instead of a value, a cas is a read and a change of what the read saw:
//
//   read                                  what it is answered
//   another value than the expected one   fail mismatch; nothing more is sent
//   the expected value, at a version      the change, on condition of this version:
//     it is refused as a mismatch         fail changed-meanwhile: nothing is known of the value at that moment
//
// Sets are made of reads and writes (key_value_client.h). What answers mean: http_answer.h.

#pragma once

#include <string>

#include "harness/clients/http_connection.h"
#include "harness/clients/key_value_client.h"
#include "harness/config/http_templates.h"

namespace ordeal::harness {

class TemplatedClient final : public KeyValueClient {
 public:
  // The templates have a read of the mode that is asked for (client_abilities.h).
  TemplatedClient(const ClientOptions& options, boost::asio::io_context& io);

 private:
  struct Values;

  boost::asio::awaitable<Outcome> request(const workloads::Operation& operation,
                                          std::chrono::nanoseconds timeout) override;
  boost::asio::awaitable<Outcome> cas_of_version(const workloads::Operation& operation,
                                                 std::chrono::nanoseconds timeout);
  boost::asio::awaitable<HttpAnswer> send(const HttpTemplate& request, const Values& values,
                                          std::chrono::nanoseconds timeout);

  HttpConnection connection_;
  HttpTemplates templates_;
  std::string read_mode_;
  HttpRequest request_;
};

}  // namespace ordeal::harness
