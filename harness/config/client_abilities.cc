#include "harness/config/client_abilities.h"

#include <fmt/format.h>

#include <vector>

#include "harness/config/config_error.h"

namespace ordeal::harness {
namespace {

// etcd answers a linearizable read at any node, which then asks the leader how far it must have come: the read of a
// follower. It knows no leases of the leader.
std::string why_not_able_by_etcd(const std::string& f, const std::string& read_mode) {
  if (f == "increment")
    return "cannot increment: etcd knows no sessions in which a request that is sent again counts once";
  if (f == "read" && read_mode == "lease") {
    return "cannot read in the mode lease; etcd's reads are linearizable, follower or local";
  }
  return "";
}

std::string why_not_able_by_templates(const HttpTemplates& templates, const std::string& f,
                                      const std::string& read_mode) {
  if (f == "increment") return "cannot increment: templates say nothing of sessions in which a request counts once";
  if (f == "cas" && !templates.cas) {
    return "cannot compare and set: its file has no http.cas; write one, or set the share of cas to 0";
  }
  if (f == "read" && !templates.reads.contains(read_mode)) {
    return fmt::format("cannot read in the mode {}: its file has no http.read-{}", read_mode, read_mode);
  }
  return "";
}

std::vector<std::string> operations_of(const workloads::WorkloadSpec& workload) {
  if (std::holds_alternative<workloads::SetSpec>(workload)) return {"add", "read"};
  if (std::holds_alternative<workloads::CounterSpec>(workload)) return {"increment", "read"};
  const auto& spec = std::get<workloads::RegisterSpec>(workload);
  std::vector<std::string> operations{"read"};  // also where no client reads: the final ones do
  if (spec.write_share > 0) operations.emplace_back("write");
  if (spec.cas_share > 0) operations.emplace_back("cas");
  return operations;
}

}  // namespace

std::string why_not_able(const ClientSpec& client, const std::string& f, const std::string& read_mode) {
  switch (client.kind) {
    case ClientKind::raftd:
    case ClientKind::adapter:  // says so itself, before a run begins (harness/run/run_adapter.h)
      return "";
    case ClientKind::etcd_v3:
      return why_not_able_by_etcd(f, read_mode);
    case ClientKind::http:
      return why_not_able_by_templates(client.http, f, read_mode);
  }
  return "";
}

void require_client_for(const workloads::WorkloadSpec& workload, const Target& target, const std::string& plan_file) {
  for (const std::string& f : operations_of(workload)) {
    const std::string why = why_not_able(target.client, f, workloads::read_mode_of(workload));
    if (why.empty()) continue;
    throw ConfigError(
        fmt::format("{}: workload {}: a client of {} {}", plan_file, workloads::name_of(workload), target.name, why));
  }
}

}  // namespace ordeal::harness
