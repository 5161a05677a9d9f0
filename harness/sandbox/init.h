// The first process of a sandbox: makes the namespaces a world, starts the harness in it, reaps orphans.

#pragma once

#include <signal.h>
#include <sys/types.h>

#include <functional>

namespace ordeal::harness {

// What the supervisor hands to init.
struct InitStart {
  int supervisor_lives = -1;    // read end of a pipe whose write end only the supervisor holds: EOF, it is gone
  int report = -1;              // init writes a Refusal here when a step fails, and closes it when the harness runs
  bool user_namespace = false;  // then uid and gid are mapped to 0
  uid_t uid = 0;
  gid_t gid = 0;
  sigset_t signal_mask{};  // of the harness
};

// SIGINT, SIGTERM and SIGHUP, which are passed on, and SIGCHLD; blocked and waited for in supervisor and init.
sigset_t watched_signals();

// The status of waitpid as an exit code: 128 + n for signal n.
int exit_code_of(int wait_status);

// Never returns: the sandbox ends with this process. Called with watched_signals() blocked.
[[noreturn]] void be_init(const InitStart& start, const std::function<int()>& inside);

// True in the harness and its forks: guards the network of the machine against Network.
bool inside_sandbox();

}  // namespace ordeal::harness
