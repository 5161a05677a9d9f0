// Words for a kernel that refuses a sandbox: which step, why, and what helps. Pure but for the sysctl reader.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "harness/sandbox/sandbox.h"

namespace ordeal::harness {

enum class SandboxStep : std::int32_t {
  create_namespaces,
  map_user,
  make_mounts_private,
  mount_proc,
  mount_run,
  write_hosts,
  bind_hosts,
  set_host_name,
  raise_loopback,
  start_harness,
};

// Value of a sysctl ("kernel.unprivileged_userns_clone"), nullopt when this kernel has none of that name.
using SysctlReader = std::function<std::optional<std::string>(const std::string& name)>;
std::optional<std::string> read_sysctl(const std::string& name);

struct Refusal {
  SandboxStep step = SandboxStep::create_namespaces;
  int error = 0;                // errno
  bool user_namespace = false;  // it was tried with a user namespace, as those do who have no CAP_SYS_ADMIN
};

SandboxError explain(const Refusal& refusal, const SysctlReader& sysctl);

}  // namespace ordeal::harness
