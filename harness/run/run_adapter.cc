#include "harness/run/run_adapter.h"

#include <fmt/format.h>

#include "harness/cli/exit_code.h"
#include "harness/clients/adapter_program.h"
#include "harness/config/config_error.h"
#include "harness/run/failure.h"
#include "harness/sandbox/sandbox.h"

namespace ordeal::harness {

int try_adapter(const Target& target, const workloads::WorkloadSpec& workload) {
  if (target.client.kind != ClientKind::adapter) return 0;
  return run_in_sandbox([&] {
    return report_failure([&] {
      try {
        Adapter adapter({.command = target.client.adapter, .log = {}});
        const std::string missing = what_is_missing(adapter.start(), workload);
        if (missing.empty()) return 0;
        throw ConfigError(fmt::format("target {}: {}", target.name, missing));
      } catch (const AdapterError& error) {
        throw ConfigError(fmt::format("target {}: {}", target.name, error.what()));
      }
    });
  });
}

ClientSpec with_running_adapter(ClientSpec client, const RunFolder& folder) {
  if (client.kind != ClientKind::adapter) return client;
  client.running = std::make_shared<Adapter>(
      AdapterSpec{.command = client.adapter, .log = std::filesystem::absolute(folder.path() / "adapter.log").string()});
  client.running->start();
  return client;
}

}  // namespace ordeal::harness
