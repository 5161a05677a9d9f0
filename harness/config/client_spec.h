// How clients talk to a target, all that its file says of it. Plain values; any thread.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/config/http_templates.h"

namespace ordeal::harness {

class Adapter;

enum class ClientKind { raftd, etcd_v3, http, adapter };

struct ClientSpec {
  ClientKind kind = ClientKind::raftd;
  HttpTemplates http{};                // of the kind http
  std::vector<std::string> adapter{};  // the command of one
  std::shared_ptr<Adapter> running{};  // during a run, the adapter itself (harness/run/run_adapter.h)
  bool operator==(const ClientSpec&) const = default;
};

}  // namespace ordeal::harness
