#include "harness/cluster/launch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/process/v2/posix/default_launcher.hpp>
#include <boost/process/v2/process.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "harness/cluster/cluster_error.h"
#include "nemesis/inject/disk_filter.h"

namespace ordeal::harness {

namespace {

namespace process = boost::process::v2;

// Of a child that fails before exec, errno is all that the launcher passes on. So the step is packed on top of it:
// 2000 + EPERM is "cannot enter the node's namespaces: Operation not permitted".
constexpr int kStep = 1000;
enum Step : int {
  kExecute = 0,
  kConnectOutput = 1,
  kEnterNamespaces = 2,
  kEnterFolder = 3,
  kWatchDisk = 4,
  kBeTraced = 5
};

const char* describe(int step) {
  switch (step) {
    case kConnectOutput:
      return "cannot redirect its input and output";
    case kEnterNamespaces:
      return "cannot enter the node's namespaces";
    case kEnterFolder:
      return "cannot enter its folder";
    case kWatchDisk:
      return "its system calls cannot be watched, as faults of disks need (see `ordeal doctor`)";
    case kBeTraced:
      return "cannot be traced";
    default:
      return "cannot be executed";
  }
}

// What the child does between fork and exec: only async-signal-safe calls, since the harness has other threads.
struct BecomeNode {
  const Launch& launch;

  boost::system::error_code on_exec_setup(auto& /*launcher*/, const auto& /*executable*/, auto /*arguments*/) const {
    ::setsid();  // cannot fail: a forked child leads no process group
    restore_signals();
    if (!connect_output()) return failed(kConnectOutput, errno);
    if (launch.node.network_namespace >= 0)
      if (const int error = enter_node(launch.node); error != 0) return failed(kEnterNamespaces, error);
    if (::chdir(launch.working_folder.c_str()) != 0) return failed(kEnterFolder, errno);
    close_others_on_exec();
    if (launch.disk_socket >= 0)
      if (const int error = nemesis::install_disk_filter(launch.disk_socket); error != 0)
        return failed(kWatchDisk, error);
    if (launch.at_first_instruction && ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0)
      return failed(kBeTraced, errno);
    return {};
  }

  // The launcher would call exit(), which runs the destructors of the harness in the child. Takes anything: Boost 1.81
  // looks for this function with other arguments than it calls it with.
  void on_exec_error(const auto&... /*anything*/) const { ::_exit(127); }

 private:
  static boost::system::error_code failed(int step, int error) {
    errno = step * kStep + error;
    return {errno, boost::system::system_category()};
  }

  // A mask and ignored signals outlive exec.
  static void restore_signals() {
    struct sigaction by_default {};
    by_default.sa_handler = SIG_DFL;
    for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &by_default, nullptr);
    sigset_t none;
    ::sigemptyset(&none);
    ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
  }

  bool connect_output() const {
    const int nothing = ::open("/dev/null", O_RDONLY);
    if (nothing < 0 || (nothing != STDIN_FILENO && ::dup2(nothing, STDIN_FILENO) < 0)) return false;
    return ::dup2(launch.output[0], STDOUT_FILENO) >= 0 && ::dup2(launch.output[1], STDERR_FILENO) >= 0;
  }

  static void close_others_on_exec() {
    if (::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
    for (int other = STDERR_FILENO + 1; other < 65536; ++other) ::fcntl(other, F_SETFD, FD_CLOEXEC);  // Linux < 5.11
  }
};

// NAME=VALUE of the harness, and of the program.
class Environment {
 public:
  explicit Environment(const std::map<std::string, std::string>& own) {
    for (char** variable = ::environ; *variable != nullptr; ++variable) {
      const std::string_view text(*variable);
      if (!own.contains(std::string(text.substr(0, text.find('='))))) pointers_.push_back(*variable);
    }
    for (const auto& [name, value] : own) texts_.push_back(name + '=' + value);
    for (const std::string& text : texts_) pointers_.push_back(text.c_str());
    pointers_.push_back(nullptr);
  }
  const char* const* pointers() const { return pointers_.data(); }

 private:
  std::vector<std::string> texts_;
  std::vector<const char*> pointers_;
};

// Waits for the stop that exec makes of a traced program, and lets it run afterwards.
void meet(pid_t child, const Launch& launch) {
  int status = 0;
  while (::waitpid(child, &status, __WALL) < 0 && errno == EINTR) continue;
  if (!WIFSTOPPED(status)) {  // killed by somebody, and waited for with this
    throw ClusterError(fmt::format("{}: ended before its first instruction", launch.executable.native()));
  }
  try {
    ::ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_EXITKILL);  // should this thread end meanwhile
    launch.at_first_instruction(child);
    if (::ptrace(PTRACE_DETACH, child, nullptr, nullptr) == 0) return;
    throw std::runtime_error(fmt::format("cannot be released: {}", std::strerror(errno)));
  } catch (const std::exception& error) {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, __WALL);
    throw ClusterError(fmt::format("{}: {}", launch.executable.native(), error.what()));
  }
}

pid_t start(const Launch& launch) {
  // A context of its own: fork would otherwise find the locks of a running one in any state.
  boost::asio::io_context context;
  process::posix::default_launcher launcher;
  boost::system::error_code error;
  try {
    const Environment environment(launch.environment);
    launcher.env = environment.pointers();
    auto child =
        launcher(context.get_executor(), error, launch.executable.native(), launch.arguments, BecomeNode{launch});
    if (!error) return child.detach().id();
  } catch (const boost::system::system_error& no_handle) {  // out of descriptors
    error = no_handle.code();
    if (launcher.pid > 0) ::kill(launcher.pid, SIGKILL);
  }
  if (launcher.pid > 0) ::waitpid(launcher.pid, nullptr, 0);
  throw ClusterError(fmt::format("{}: {}: {}", launch.executable.native(), describe(error.value() / kStep),
                                 std::strerror(error.value() % kStep)));
}

}  // namespace

pid_t launch(const Launch& launch) {
  const pid_t child = start(launch);
  if (launch.at_first_instruction) meet(child, launch);
  return child;
}

}  // namespace ordeal::harness
