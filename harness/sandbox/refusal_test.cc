#include "harness/sandbox/refusal.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <map>

namespace ordeal::harness {
namespace {

struct Case {
  Refusal refusal;
  std::map<std::string, std::string> sysctls;
  std::string message;
};

TEST(Refusal, NamesTheStepTheReasonAndWhatHelps) {
  constexpr auto create = SandboxStep::create_namespaces;
  const std::string no_user = "sandbox: cannot create user, mount, PID, network, UTS and IPC namespaces: ";
  const std::string no_root = "sandbox: cannot create mount, PID, network, UTS and IPC namespaces: ";
  const Case cases[] = {
      {{create, EPERM, true},
       {{"kernel.unprivileged_userns_clone", "0"}, {"kernel.apparmor_restrict_unprivileged_userns", "1"}},
       no_user + "Operation not permitted; sudo sysctl -w kernel.unprivileged_userns_clone=1, or run with sudo"},
      {{create, ENOSPC, true},
       {{"user.max_user_namespaces", "0"}},
       no_user + "No space left on device; sudo sysctl -w user.max_user_namespaces=15000, or run with sudo"},
      {{create, ENOSPC, false},
       {{"user.max_user_namespaces", "0"}, {"user.max_net_namespaces", "0"}},
       no_root + "No space left on device; sudo sysctl -w user.max_net_namespaces=15000"},
      {{create, ENOSPC, true},
       {{"user.max_user_namespaces", "99"}},
       no_user + "No space left on device; too many namespaces exist or nest: raise the sysctls user.max_*_namespaces, "
                 "or run with sudo"},
      {{create, EPERM, true},
       {},
       no_user + "Operation not permitted; in a container, start it with --privileged; elsewhere run with sudo"},
      {{create, EINVAL, false},
       {},
       no_root +
           "Invalid argument; this kernel lacks a kind of namespace (CONFIG_USER_NS, CONFIG_PID_NS, CONFIG_NET_NS, "
           "CONFIG_UTS_NS, CONFIG_IPC_NS): use a distribution's kernel"},
      {{SandboxStep::make_mounts_private, EACCES, true},
       {{"kernel.apparmor_restrict_unprivileged_userns", "1"}},
       "sandbox: cannot make the mounts of the new mount namespace private: Permission denied; "
       "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or run with sudo"},
      {{SandboxStep::mount_proc, EPERM, true},
       {{"kernel.unprivileged_userns_clone", "1"}, {"kernel.apparmor_restrict_unprivileged_userns", "0"}},
       "sandbox: cannot mount /proc: Operation not permitted; in a container, start it with --privileged; elsewhere "
       "run "
       "with sudo"},
      {{SandboxStep::bind_hosts, ENOENT, false},
       {},
       "sandbox: cannot mount the private hosts file over /etc/hosts: No such file or directory; create it: sudo touch "
       "/etc/hosts"},
      {{SandboxStep::start_harness, EAGAIN, false},
       {},
       "sandbox: cannot start the harness inside: Resource temporarily unavailable; `ordeal doctor` tries each part by "
       "itself"},
  };
  for (const Case& c : cases) {
    const SandboxError error = explain(c.refusal, [&](const std::string& name) -> std::optional<std::string> {
      const auto found = c.sysctls.find(name);
      return found == c.sysctls.end() ? std::nullopt : std::optional(found->second);
    });
    EXPECT_EQ(error.what(), c.message);
  }
}

TEST(Refusal, SysctlsAreReadFromProc) {
  EXPECT_TRUE(read_sysctl("kernel.ostype").has_value());
  EXPECT_EQ(read_sysctl("kernel.no_such_sysctl"), std::nullopt);
}

}  // namespace
}  // namespace ordeal::harness
