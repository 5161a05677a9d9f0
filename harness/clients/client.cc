#include "harness/clients/client.h"

#include <cassert>

#include "harness/clients/adapter_client.h"
#include "harness/clients/etcd_client.h"
#include "harness/clients/raftd_client.h"
#include "harness/clients/templated_client.h"

namespace ordeal::harness {

std::unique_ptr<Client> make_client(const ClientOptions& options, boost::asio::io_context& io) {
  switch (options.client.kind) {
    case ClientKind::raftd:
      return std::make_unique<RaftdClient>(options, io);
    case ClientKind::etcd_v3:
      return std::make_unique<EtcdClient>(options, io);
    case ClientKind::http:
      return std::make_unique<TemplatedClient>(options, io);
    case ClientKind::adapter:
      return std::make_unique<AdapterClient>(
          options.client.running,
          AdapterPlace{.node = options.node, .endpoint = options.address, .read_mode = options.read_mode});
  }
  assert(false);
  return nullptr;
}

}  // namespace ordeal::harness
