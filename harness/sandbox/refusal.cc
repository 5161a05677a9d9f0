#include "harness/sandbox/refusal.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace ordeal::harness {
namespace {

std::string name_of(const Refusal& refusal) {
  switch (refusal.step) {
    case SandboxStep::create_namespaces:
      return refusal.user_namespace ? "create user, mount, PID, network, UTS and IPC namespaces"
                                    : "create mount, PID, network, UTS and IPC namespaces";
    case SandboxStep::map_user:
      return "map the user into the new user namespace";
    case SandboxStep::make_mounts_private:
      return "make the mounts of the new mount namespace private";
    case SandboxStep::mount_proc:
      return "mount /proc";
    case SandboxStep::mount_run:
      return "mount a tmpfs on /run";
    case SandboxStep::write_hosts:
      return "write the hosts file on the tmpfs";
    case SandboxStep::bind_hosts:
      return "mount the private hosts file over /etc/hosts";
    case SandboxStep::set_host_name:
      return "set the host name";
    case SandboxStep::raise_loopback:
      return "bring up the loopback interface";
    case SandboxStep::start_harness:
      return "start the harness inside";
  }
  return "?";
}

// A limit of namespaces that is set to zero, most likely on purpose.
std::optional<std::string> forbidding_limit(const SysctlReader& sysctl, bool user_namespace) {
  constexpr std::array limits = {"user.max_user_namespaces", "user.max_mnt_namespaces", "user.max_pid_namespaces",
                                 "user.max_net_namespaces",  "user.max_uts_namespaces", "user.max_ipc_namespaces"};
  const auto* zero = std::find_if(limits.begin() + (user_namespace ? 0 : 1), limits.end(),
                                  [&](const char* name) { return sysctl(name) == "0"; });
  return zero == limits.end() ? std::nullopt : std::optional<std::string>(*zero);
}

std::string cure_of(const Refusal& refusal, const SysctlReader& sysctl) {
  const bool user = refusal.user_namespace;
  const std::string or_sudo = user ? ", or run with sudo" : "";
  if (refusal.step == SandboxStep::bind_hosts && refusal.error == ENOENT) return "create it: sudo touch /etc/hosts";
  if (refusal.error == ENOSPC && refusal.step == SandboxStep::create_namespaces) {
    const auto limit = forbidding_limit(sysctl, user);
    if (limit) return fmt::format("sudo sysctl -w {}=15000{}", *limit, or_sudo);
    return fmt::format("too many namespaces exist or nest: raise the sysctls user.max_*_namespaces{}", or_sudo);
  }
  if (refusal.error == EPERM || refusal.error == EACCES) {
    if (user && sysctl("kernel.unprivileged_userns_clone") == "0")
      return "sudo sysctl -w kernel.unprivileged_userns_clone=1, or run with sudo";
    const auto apparmor = sysctl("kernel.apparmor_restrict_unprivileged_userns");
    if (user && apparmor && *apparmor != "0")
      return "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or run with sudo";
    return fmt::format("in a container, start it with --privileged{}", user ? "; elsewhere run with sudo" : "");
  }
  if (refusal.error == EINVAL || refusal.error == ENOSYS)
    return "this kernel lacks a kind of namespace (CONFIG_USER_NS, CONFIG_PID_NS, CONFIG_NET_NS, CONFIG_UTS_NS, "
           "CONFIG_IPC_NS): use a distribution's kernel";
  return fmt::format("`ordeal doctor` tries each part by itself{}", or_sudo);
}

}  // namespace

std::optional<std::string> read_sysctl(const std::string& name) {
  std::string path = "/proc/sys/" + name;
  std::replace(path.begin() + 10, path.end(), '.', '/');
  std::ifstream file(path);
  std::string value;
  if (!(file >> value)) return std::nullopt;
  return value;
}

SandboxError explain(const Refusal& refusal, const SysctlReader& sysctl) {
  return SandboxError(fmt::format("sandbox: cannot {}: {}", name_of(refusal), std::strerror(refusal.error)),
                      cure_of(refusal, sysctl));
}

}  // namespace ordeal::harness
