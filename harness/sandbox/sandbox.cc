#include "harness/sandbox/sandbox.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "harness/sandbox/init.h"
#include "harness/sandbox/refusal.h"

namespace ordeal::harness {
namespace {

// Both ends are closed when an exec happens and when the pipe goes out of scope.
class Pipe {
 public:
  Pipe() {
    if (pipe2(ends_.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "sandbox: pipe");
  }
  ~Pipe() { close_read(), close_write(); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  int read_end() const { return ends_[0]; }
  int write_end() const { return ends_[1]; }
  void close_read() { shut(ends_[0]); }
  void close_write() { shut(ends_[1]); }

 private:
  static void shut(int& end) {
    if (end >= 0) close(end);
    end = -1;
  }
  std::array<int, 2> ends_{-1, -1};
};

// While it lives the watched signals wait for sigwait, and children can be waited for even if the caller ignores
// SIGCHLD (as some launchers leave it).
class SignalScope {
 public:
  SignalScope() {
    struct sigaction standard {};
    standard.sa_handler = SIG_DFL;
    sigaction(SIGCHLD, &standard, &child_action_);
    const sigset_t watched = watched_signals();
    sigprocmask(SIG_BLOCK, &watched, &mask_);
  }
  ~SignalScope() {
    sigprocmask(SIG_SETMASK, &mask_, nullptr);
    sigaction(SIGCHLD, &child_action_, nullptr);
  }
  SignalScope(const SignalScope&) = delete;
  SignalScope& operator=(const SignalScope&) = delete;
  const sigset_t& mask_before() const { return mask_; }

 private:
  sigset_t mask_{};
  struct sigaction child_action_ {};
};

bool is_ignored(int signal_number) {
  struct sigaction action {};
  return sigaction(signal_number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

// fork() into new namespaces. Not unshare(), which would change the supervisor as well. The C library does not notice
// this fork and believes init to have the supervisor's thread id; init does nothing that depends on it, and the
// harness is made by a real fork().
pid_t clone_into(unsigned long namespaces) {
  return static_cast<pid_t>(syscall(SYS_clone, namespaces | SIGCHLD, 0, 0, 0, 0));
}

// As root without a user namespace; everybody else gets root's capabilities inside a user namespace.
pid_t clone_init(bool& user_namespace) {
  constexpr unsigned long namespaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC;
  user_namespace = false;
  pid_t init = clone_into(namespaces);
  if (init < 0 && errno == EPERM) {
    user_namespace = true;
    init = clone_into(namespaces | CLONE_NEWUSER);
  }
  return init;
}

int supervise(pid_t init) {
  const sigset_t watched = watched_signals();
  for (;;) {
    int signal_number = 0, status = 0;
    sigwait(&watched, &signal_number);
    if (signal_number == SIGCHLD) {
      if (waitpid(init, &status, WNOHANG) == init) return exit_code_of(status);
    } else if (!is_ignored(signal_number)) {
      kill(init, signal_number);
    }
  }
}

int wait_for(pid_t init) {
  int status = 0;
  while (waitpid(init, &status, 0) < 0) assert(errno == EINTR);
  return status;
}

// Returns once the harness runs, or throws what stopped init on the way.
void await_set_up(pid_t init, int report) {
  Refusal refusal;
  ssize_t length = 0;
  do {
    length = read(report, &refusal, sizeof refusal);
  } while (length < 0 && errno == EINTR);
  if (length != sizeof refusal) return;  // EOF: it runs, or init was killed, which supervise() will see
  wait_for(init);
  throw explain(refusal, read_sysctl);
}

}  // namespace

int run_in_sandbox(const std::function<int()>& inside) {
  Pipe supervisor_lives, report;
  const SignalScope signals;
  std::fflush(nullptr);  // else what is buffered would be written by the harness once more
  InitStart start{.supervisor_lives = supervisor_lives.read_end(),
                  .report = report.write_end(),
                  .uid = geteuid(),
                  .gid = getegid(),
                  .signal_mask = signals.mask_before()};
  const pid_t init = clone_init(start.user_namespace);
  if (init == 0) {
    supervisor_lives.close_write();
    report.close_read();
    be_init(start, inside);
  }
  if (init < 0) throw explain({.error = errno, .user_namespace = start.user_namespace}, read_sysctl);
  report.close_write();
  await_set_up(init, report.read_end());
  return supervise(init);
}

}  // namespace ordeal::harness
