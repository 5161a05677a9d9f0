#include "harness/mutants/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace ordeal::harness {
namespace {

[[noreturn]] void become(const std::vector<char*>& argv, int output, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // it ended before we asked
  ::setpgid(0, 0);
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::execv(argv[0], argv.data());
  ::_exit(126);
}

}  // namespace

Child::Child(const std::vector<std::string>& words, const std::filesystem::path& output) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const int file = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) {
    throw std::system_error(errno, std::generic_category(), output.string() + " cannot be written; choose --store");
  }
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) become(argv, file, parent);
  const int error = errno;
  ::close(file);
  if (pid_ < 0) throw std::system_error(error, std::generic_category(), "cannot start " + words.front());
  pollable_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
}

Child::~Child() {
  if (!wait_status()) {
    kill();
    ::waitpid(pid_, nullptr, 0);
  }
  if (pollable_ >= 0) ::close(pollable_);
}

std::optional<int> Child::wait_status() {
  int status = 0;
  if (!status_ && ::waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
  return status_;
}

void Child::kill() {
  if (!status_) ::kill(pid_, SIGKILL);
}

}  // namespace ordeal::harness
