// Talks to one node of etcd through its JSON gateway. Used only by the thread that runs its io_context. Keys and values
// travel in base64, and only by POST:
//
//   read   /v3/kv/range  {"key":K}                                                    the value, or nil
//          local: with "serializable":true, which any node answers from what it has, however old
//   write  /v3/kv/put    {"key":K,"value":V}
//   cas    /v3/kv/txn    {"compare":[K has the value E],"success":[put K, V]}         mismatch where it does not hold
//          of nil: compare version 0, which is that of a key that is not there
//
// A linearizable read of etcd may be asked of any node, so that it is a follower's read as well. Sets are made of these
// (key_value_client.h). What answers mean: etcd_answer.h.

#pragma once

#include <memory>
#include <string>

#include "harness/clients/http_connection.h"
#include "harness/clients/key_value_client.h"

namespace ordeal::harness {

class EtcdClient final : public KeyValueClient {
 public:
  EtcdClient(const ClientOptions& options, boost::asio::io_context& io);

 private:
  boost::asio::awaitable<Outcome> request(const workloads::Operation& operation,
                                          std::chrono::nanoseconds timeout) override;
  void write_request(const workloads::Operation& operation);

  HttpConnection connection_;
  bool serializable_;
  HttpRequest request_;  // reused: its strings keep their memory
};

}  // namespace ordeal::harness
