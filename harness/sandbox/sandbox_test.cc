#include "harness/sandbox/sandbox.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "harness/sandbox/testing/world.h"

namespace ordeal::harness {
namespace {

using testing::await_exit_code;
using testing::eventually;
using ::testing::HasSubstr;
using testing::in_fresh_process;
using testing::start_fresh_process;

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

int in_sandbox(const std::function<int()>& inside) {
  return in_fresh_process([&] { return run_in_sandbox(inside); });
}

TEST(Sandbox, TheExitCodeOfTheInsidePassesThrough) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  for (const int code : {0, 1, 2, 254, 255}) EXPECT_EQ(in_sandbox([&] { return code; }), code);
}

TEST(Sandbox, ASignalThatKillsTheInsideIsReportedAs128PlusN) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  for (const int signal_number : {SIGKILL, SIGTERM, SIGINT, SIGSEGV, SIGUSR1}) {
    signal(signal_number, SIG_DFL);  // sanitizers catch some; fails for SIGKILL
    EXPECT_EQ(in_sandbox([&] { return raise(signal_number); }), 128 + signal_number);
  }
}

TEST(Sandbox, AnAssertionInsideEndsIt) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  EXPECT_EQ(in_sandbox([]() -> int { std::abort(); }), 128 + SIGABRT);
}

TEST(Sandbox, AnExceptionThatLeavesTheInsideIsAHarnessFailure) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  EXPECT_EQ(in_sandbox([]() -> int { throw std::runtime_error("meant to be seen: thrown inside"); }), 255);
}

TEST(Sandbox, MayBeEnteredAgainByTheSameProcess) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  EXPECT_EQ(in_fresh_process([] { return run_in_sandbox([] { return 3; }) + run_in_sandbox([] { return 4; }); }), 7);
}

TEST(Sandbox, TheInsideHasItsOwnProcessesMountsHostNameAndHostsFile) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  EXPECT_EQ(in_sandbox([] {
              std::array<char, 64> name{};
              gethostname(name.data(), name.size());
              EXPECT_STREQ(name.data(), "ordeal");
              EXPECT_EQ(getuid(), 0u);
              EXPECT_EQ(getpid(), 2);
              EXPECT_EQ(getppid(), 1);
              EXPECT_EQ(content_of("/proc/1/comm"), "ordeal-init\n");
              EXPECT_THAT(content_of("/etc/hosts"), HasSubstr("127.0.0.1 localhost\n"));
              EXPECT_THAT(content_of("/proc/self/mountinfo"), HasSubstr(" /run "));
              EXPECT_THAT(content_of("/proc/self/mountinfo"), ::testing::Not(HasSubstr("shared:")));
              std::ofstream("/run/lock-file") << "x";
              EXPECT_EQ(content_of("/run/lock-file"), "x");
              return ::testing::Test::HasFailure() ? 1 : 0;
            }),
            0);
}

TEST(Sandbox, TheMachineOutsideStaysAsItWas) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  const auto look = [] {
    std::array<char, 64> name{};
    gethostname(name.data(), name.size());
    return std::string(name.data()) + content_of("/proc/self/mountinfo") + content_of("/etc/hosts") +
           content_of("/proc/self/uid_map");
  };
  const std::string before = look();
  EXPECT_EQ(in_fresh_process([&] {
              const int code = run_in_sandbox([] { return 0; });
              EXPECT_EQ(look(), before);  // the supervisor itself has changed no namespace
              return ::testing::Test::HasFailure() ? 1 : code;
            }),
            0);
  EXPECT_EQ(look(), before);
}

TEST(Sandbox, OrphansOfTheInsideAreReaped) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  EXPECT_EQ(in_sandbox([] {
              for (int i = 0; i < 20; ++i) {
                const pid_t parent = fork();
                if (parent == 0) {
                  if (fork() == 0) _exit(0);  // or becomes an orphan before it ends
                  _exit(0);
                }
                waitpid(parent, nullptr, 0);
              }
              const auto only_us = [] { return kill(-1, 0) != 0; };  // nobody but init and the caller, zombies count
              return eventually(only_us) ? 0 : 1;
            }),
            0);
}

// A sandbox whose inside waits for ever, with a process in a node and its children, one in a session of its own.
class Waiting {
 public:
  explicit Waiting(const std::function<void()>& prepare = [] {}) {
    EXPECT_EQ(pipe2(ends_.data(), O_CLOEXEC), 0);
    supervisor_ = start_fresh_process([&] {
      prepare();
      return run_in_sandbox([&] {
        const Network network(2);
        if (fork() == 0) {
          enter_node(network.nodes()[0]);
          const std::string script =
              "sleep 1000 & setsid sleep 1000 & echo > /dev/fd/" + std::to_string(ends_[1]) + "; wait";
          fcntl(ends_[1], F_SETFD, 0);
          execl("/bin/sh", "sh", "-c", script.c_str(), nullptr);
        }
        for (;;) pause();
        return 0;
      });
    });
    char byte = 0;
    EXPECT_EQ(read(ends_[0], &byte, 1), 1);
    close(ends_[1]);
  }
  ~Waiting() { close(ends_[0]); }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  pid_t supervisor() const { return supervisor_; }
  pid_t init() const { return first_child_of(supervisor_); }
  pid_t harness() const { return first_child_of(init()); }
  // Of init, the harness and the node's process.
  std::set<std::string> namespaces() const {
    std::set<std::string> all = testing::namespaces_of({init(), harness(), first_child_of(harness())});
    for (const std::string& outside : testing::namespaces_of({getpid()})) all.erase(outside);
    return all;
  }
  // Every process of the sandbox holds the write end of the pipe: the hang-up says that none of them is left.
  bool everybody_is_gone() const {
    pollfd polled{.fd = ends_[0], .events = POLLIN, .revents = 0};
    return poll(&polled, 1, 0) == 1 && (polled.revents & (POLLHUP | POLLIN)) == POLLHUP;
  }

 private:
  static pid_t first_child_of(pid_t parent) {
    pid_t child = 0;
    const std::string name = std::to_string(parent);
    std::ifstream("/proc/" + name + "/task/" + name + "/children") >> child;
    return child;
  }
  std::array<int, 2> ends_{};
  pid_t supervisor_ = 0;
};

// By which of the candidates. Not by any process: the kernel gives the numbers of namespaces that ended to new ones.
std::set<std::string> still_in_use(const std::set<std::string>& namespaces, const std::vector<pid_t>& candidates) {
  std::set<std::string> left;
  const auto in_use = testing::namespaces_of(candidates);
  std::set_intersection(namespaces.begin(), namespaces.end(), in_use.begin(), in_use.end(),
                        std::inserter(left, left.end()));
  return left;
}

struct Victim {
  const char* name;
  pid_t (Waiting::*process)() const;
};

TEST(Sandbox, SigkillOfAnyOfItsThreeProcessesLeavesNothing) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  const std::string mounts_before = content_of("/proc/self/mountinfo");
  for (const Victim victim : {Victim{"supervisor", &Waiting::supervisor}, Victim{"init", &Waiting::init},
                              Victim{"harness", &Waiting::harness}}) {
    SCOPED_TRACE(victim.name);
    const Waiting sandbox;
    EXPECT_FALSE(sandbox.everybody_is_gone());
    const auto namespaces = sandbox.namespaces();
    const auto processes = testing::all_processes();
    EXPECT_GE(namespaces.size(), 7u);  // mount, PID, network, UTS, IPC; network and UTS of the node
    EXPECT_EQ(still_in_use(namespaces, processes), namespaces);
    ASSERT_EQ(kill((sandbox.*victim.process)(), SIGKILL), 0);
    EXPECT_EQ(await_exit_code(sandbox.supervisor()), 128 + SIGKILL);
    EXPECT_TRUE(eventually([&] { return sandbox.everybody_is_gone(); }));
    EXPECT_TRUE(eventually([&] { return still_in_use(namespaces, processes).empty(); }));
    EXPECT_EQ(content_of("/proc/self/mountinfo"), mounts_before);
  }
}

TEST(Sandbox, SignalsToTheSupervisorReachTheInside) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  for (const int signal_number : {SIGINT, SIGTERM, SIGHUP}) {
    const Waiting sandbox([&] { signal(signal_number, SIG_DFL); });
    kill(sandbox.supervisor(), signal_number);
    EXPECT_EQ(await_exit_code(sandbox.supervisor()), 128 + signal_number);
    EXPECT_TRUE(sandbox.everybody_is_gone());
  }
}

TEST(Sandbox, ASignalThatTheCallerIgnoresIsNotPassedOn) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  const Waiting sandbox([] { signal(SIGHUP, SIG_IGN); });
  kill(sandbox.supervisor(), SIGHUP);
  kill(sandbox.supervisor(), SIGTERM);
  EXPECT_EQ(await_exit_code(sandbox.supervisor()), 128 + SIGTERM);
}

volatile sig_atomic_t interrupts = 0;

// As at a terminal: the signal goes to the supervisor's whole process group.
TEST(Sandbox, CtrlCReachesTheInsideOnce) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  std::array<int, 2> ready{};
  ASSERT_EQ(pipe2(ready.data(), O_CLOEXEC), 0);
  const pid_t supervisor = start_fresh_process([&] {
    setpgid(0, 0);
    return run_in_sandbox([&] {
      struct sigaction count {};
      count.sa_handler = [](int) { interrupts = interrupts + 1; };
      sigaddset(&count.sa_mask, SIGTERM);
      sigaction(SIGINT, &count, nullptr);
      sigset_t blocked, before;
      sigemptyset(&blocked);
      sigaddset(&blocked, SIGINT);
      sigaddset(&blocked, SIGTERM);
      signal(SIGTERM, [](int) { _exit(interrupts); });
      sigprocmask(SIG_BLOCK, &blocked, &before);
      if (write(ready[1], "x", 1) != 1) return 100;
      for (;;) sigsuspend(&before);
      return 101;
    });
  });
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  ASSERT_EQ(kill(-supervisor, SIGINT), 0);
  // Takes the same way, and where both are pending SIGINT comes first by its smaller number.
  ASSERT_EQ(kill(supervisor, SIGTERM), 0);
  EXPECT_EQ(await_exit_code(supervisor), 1);
  close(ready[0]);
  close(ready[1]);
}

void write_to(const char* path, const std::string& text) {
  std::ofstream(path) << text;
}

void drop_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> none{};
  if (syscall(SYS_capset, &header, none.data()) != 0) throw std::runtime_error("capset");
}

// How run_in_sandbox refuses a user with every capability, after `forbid`; "ran" when it does not.
std::string refusal_after(const std::function<void()>& forbid) {
  std::array<int, 2> ends{};
  EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  testing::in_user_namespace(1000, [&] {
    forbid();
    std::string said = "ran";
    try {
      run_in_sandbox([] { return 0; });
    } catch (const SandboxError& error) {
      said = error.what();
    }
    return write(ends[1], said.data(), said.size()) > 0 ? 0 : 1;
  });
  close(ends[1]);
  std::array<char, 1024> buffer{};
  const ssize_t length = read(ends[0], buffer.data(), buffer.size());
  close(ends[0]);
  return {buffer.data(), length > 0 ? static_cast<std::size_t>(length) : 0};
}

TEST(Sandbox, WhereUserNamespacesAreForbiddenTheErrorNamesTheSysctl) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  EXPECT_EQ(refusal_after([] {
              write_to("/proc/sys/user/max_user_namespaces", "0");
              drop_capabilities();
            }),
            "sandbox: cannot create user, mount, PID, network, UTS and IPC namespaces: No space left on device; "
            "sudo sysctl -w user.max_user_namespaces=15000, or run with sudo");
}

TEST(Sandbox, WhereNetworkNamespacesAreForbiddenTheErrorNamesTheSysctl) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  EXPECT_EQ(refusal_after([] { write_to("/proc/sys/user/max_net_namespaces", "0"); }),
            "sandbox: cannot create mount, PID, network, UTS and IPC namespaces: No space left on device; "
            "sudo sysctl -w user.max_net_namespaces=15000");
}

// As in a container that hides parts of /proc: the kernel refuses a fresh one.
TEST(Sandbox, WhereASetUpStepIsRefusedTheErrorNamesItAndTheInsideDoesNotRun) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  EXPECT_EQ(refusal_after([] {
              if (unshare(CLONE_NEWNS) != 0) throw std::runtime_error("no mount namespace");
              mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
              if (mount("tmpfs", "/proc/fs", "tmpfs", 0, nullptr) != 0) throw std::runtime_error("no mount");
              drop_capabilities();
            }),
            "sandbox: cannot mount /proc: Operation not permitted; in a container, start it with --privileged; "
            "elsewhere run with sudo");
}

}  // namespace
}  // namespace ordeal::harness
