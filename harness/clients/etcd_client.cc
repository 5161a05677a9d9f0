#include "harness/clients/etcd_client.h"

#include <fmt/format.h>

#include <cassert>

#include "harness/clients/base64.h"
#include "harness/clients/etcd_answer.h"
#include "harness/clients/wire_value.h"

namespace ordeal::harness {
namespace {

using checker::List;
using checker::Value;
using workloads::Operation;

std::string encoded(const Value& value) {
  return to_base64(wire_text(value));
}

// The condition of a transaction: the key holds the value, or is not there.
std::string comparison(const std::string& key, const Value& expected) {
  if (expected.is_nil()) {
    return fmt::format(R"({{"key":"{}","target":"VERSION","result":"EQUAL","version":"0"}})", key);
  }
  return fmt::format(R"({{"key":"{}","target":"VALUE","result":"EQUAL","value":"{}"}})", key, encoded(expected));
}

}  // namespace

EtcdClient::EtcdClient(const ClientOptions& options, boost::asio::io_context& io)
    : connection_(options.address, io), serializable_(options.read_mode == "local") {
  request_.method = HttpMethod::post;
}

boost::asio::awaitable<Outcome> EtcdClient::request(const Operation& operation, std::chrono::nanoseconds timeout) {
  write_request(operation);
  const HttpAnswer answer = co_await connection_.exchange(request_, timeout);
  co_return etcd_outcome(operation, answer);
}

void EtcdClient::write_request(const Operation& operation) {
  const std::string key = to_base64(operation.key);
  switch (operation_kind(operation.f)) {
    case OperationKind::read:
      request_.target = "/v3/kv/range";
      request_.body = fmt::format(R"({{"key":"{}"{}}})", key, serializable_ ? R"(,"serializable":true)" : "");
      return;
    case OperationKind::write:
      assert(operation.f == "write");  // the workload was made for this client
      request_.target = "/v3/kv/put";
      request_.body = fmt::format(R"({{"key":"{}","value":"{}"}})", key, encoded(operation.value));
      return;
    case OperationKind::cas:
      const List* pair = operation.value.get_if<List>();
      assert(pair != nullptr && pair->size() == 2);
      request_.target = "/v3/kv/txn";
      request_.body = fmt::format(R"({{"compare":[{}],"success":[{{"request_put":{{"key":"{}","value":"{}"}}}}]}})",
                                  comparison(key, (*pair)[0]), key, encoded((*pair)[1]));
      return;
  }
}

}  // namespace ordeal::harness
