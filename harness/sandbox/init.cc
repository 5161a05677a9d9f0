#include "harness/sandbox/init.h"

#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>

#include "harness/sandbox/refusal.h"

namespace ordeal::harness {
namespace {

bool in_harness = false;

// Thrown by a step of the set-up; only within init.
struct StepFailed {
  SandboxStep step;
  int error;
};

void check(bool done, SandboxStep step) {
  if (!done) throw StepFailed{step, errno};
}

bool write_file(const char* path, const std::string& text, int flags = 0) {
  const int file = open(path, O_WRONLY | O_CLOEXEC | flags, 0644);
  if (file < 0) return false;
  const bool written = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int error = errno;
  close(file);
  errno = error;
  return written;
}

void map_user(const InitStart& start) {
  // A user without privilege may map its own group only after giving up setgroups(2).
  check(write_file("/proc/self/setgroups", "deny"), SandboxStep::map_user);
  check(write_file("/proc/self/uid_map", "0 " + std::to_string(start.uid) + " 1\n"), SandboxStep::map_user);
  check(write_file("/proc/self/gid_map", "0 " + std::to_string(start.gid) + " 1\n"), SandboxStep::map_user);
}

void make_mounts() {
  check(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, SandboxStep::make_mounts_private);
  check(mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0, SandboxStep::mount_proc);
  // Private /run: the lock file of xtables can be written, and no name service daemon (nscd, resolved) of the machine
  // answers before the hosts file does.
  check(mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=16m") == 0, SandboxStep::mount_run);
  check(write_file("/run/hosts", "127.0.0.1 localhost\n::1 ip6-localhost\n10.77.0.254 ordeal\n", O_CREAT | O_EXCL),
        SandboxStep::write_hosts);
  check(chmod("/run/hosts", 0644) == 0, SandboxStep::write_hosts);  // whatever the umask is
  check(mount("/run/hosts", "/etc/hosts", nullptr, MS_BIND, nullptr) == 0, SandboxStep::bind_hosts);
}

void raise_loopback() {
  const int socket_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  check(socket_fd >= 0, SandboxStep::raise_loopback);
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP;
  const bool raised = ioctl(socket_fd, SIOCSIFFLAGS, &request) == 0;
  const int error = errno;
  close(socket_fd);
  errno = error;
  check(raised, SandboxStep::raise_loopback);
}

bool supervisor_is_gone(int pipe_end) {
  pollfd polled{.fd = pipe_end, .events = POLLIN, .revents = 0};
  return poll(&polled, 1, 0) != 0;  // nothing is ever written: anything to see is the hang-up
}

// noexcept: whatever else leaves `inside` must not unwind into the frames that init shares with the supervisor.
[[noreturn]] void be_harness(const InitStart& start, const std::function<int()>& inside) noexcept {
  in_harness = true;
  close(start.report);
  close(start.supervisor_lives);
  prctl(PR_SET_NAME, "ordeal");
  sigprocmask(SIG_SETMASK, &start.signal_mask, nullptr);
  int code = 255;
  try {
    code = inside();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ordeal: %s\n", error.what());
  }
  std::exit(code);
}

// Waits for the harness; every other child that ends here is an orphan of the sandbox. Stays until the harness ends.
[[noreturn]] void watch(pid_t harness) {
  const sigset_t watched = watched_signals();
  for (;;) {
    int signal_number = 0;
    sigwait(&watched, &signal_number);
    if (signal_number != SIGCHLD) {
      kill(harness, signal_number);
      continue;
    }
    int status = 0;
    for (pid_t ended = 0; (ended = waitpid(-1, &status, WNOHANG)) > 0;)
      if (ended == harness) _exit(exit_code_of(status));
  }
}

pid_t set_up(const InitStart& start, const std::function<int()>& inside) {
  if (start.user_namespace) map_user(start);
  make_mounts();
  check(sethostname("ordeal", 6) == 0, SandboxStep::set_host_name);
  raise_loopback();
  const pid_t harness = fork();
  check(harness >= 0, SandboxStep::start_harness);
  if (harness == 0) be_harness(start, inside);
  return harness;
}

}  // namespace

sigset_t watched_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal_number : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&set, signal_number);
  return set;
}

int exit_code_of(int wait_status) {
  return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

void be_init(const InitStart& start, const std::function<int()>& inside) {
  prctl(PR_SET_NAME, "ordeal-init");
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (supervisor_is_gone(start.supervisor_lives)) _exit(128 + SIGKILL);  // it ended before the prctl
  setsid();
  pid_t harness = 0;
  try {
    harness = set_up(start, inside);
  } catch (const StepFailed& failed) {
    const Refusal refusal{.step = failed.step, .error = failed.error, .user_namespace = start.user_namespace};
    // Shorter than PIPE_BUF, so it is written whole or, when the supervisor is gone, not at all.
    _exit(write(start.report, &refusal, sizeof refusal) == sizeof refusal ? 1 : 2);
  }
  close(start.report);
  watch(harness);
}

bool inside_sandbox() {
  return in_harness;
}

}  // namespace ordeal::harness
