#include "harness/clients/adapter_program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "harness/cluster/child_status.h"
#include "harness/cluster/printable.h"

namespace ordeal::harness {
namespace {

struct Pipe {
  OwnedDescriptor read, write;
};

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw AdapterError(fmt::format("no pipe to an adapter: {}", std::strerror(errno)));
  return {OwnedDescriptor(ends[0]), OwnedDescriptor(ends[1])};
}

// What posix_spawn needs, with its ends.
struct SpawnSettings {
  SpawnSettings() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

}  // namespace

OwnedDescriptor& OwnedDescriptor::operator=(OwnedDescriptor&& other) noexcept {
  if (this != &other) {
    close();
    descriptor_ = other.release();
  }
  return *this;
}

int OwnedDescriptor::release() {
  return std::exchange(descriptor_, -1);
}

void OwnedDescriptor::close() {
  if (descriptor_ >= 0) ::close(release());
}

AdapterProgram::AdapterProgram(const std::vector<std::string>& command, int errors) {
  Pipe input = make_pipe();
  Pipe output = make_pipe();
  SpawnSettings settings;
  posix_spawn_file_actions_adddup2(&settings.actions, input.read.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&settings.actions, output.write.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&settings.actions, errors, STDERR_FILENO);
  std::vector<std::string> words = command;
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const int error =
      ::posix_spawnp(&child_, arguments[0], &settings.actions, &settings.attributes, arguments.data(), environ);
  if (error != 0) {
    throw AdapterError(fmt::format("{}: cannot be started: {}; the target's `adapter` names the program and its words",
                                   command.front(), std::strerror(error)));
  }
  input_ = std::move(input.write);
  output_ = std::move(output.read);
}

AdapterProgram::~AdapterProgram() {
  end();
}

bool AdapterProgram::await_end(std::chrono::milliseconds within) {
  if (ended_) return true;
  const OwnedDescriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, child_, 0)));
  pollfd wait{.fd = handle.get(), .events = POLLIN, .revents = 0};
  if (::poll(&wait, 1, static_cast<int>(within.count())) <= 0) return false;
  end();
  return true;
}

std::string AdapterProgram::end() {
  if (child_ <= 0) return "never started";
  if (!std::exchange(ended_, true)) {
    // The session's first process group, which a wrapper and its program share. Its number is nobody else's as long as
    // the child was not waited for.
    ::kill(-child_, SIGKILL);
    while (::waitpid(child_, &status_, 0) < 0 && errno == EINTR) continue;
  }
  return describe_status(status_);
}

std::string last_lines_of(int descriptor) {
  constexpr off_t most = 600;
  struct stat file {};
  if (::fstat(descriptor, &file) != 0 || file.st_size == 0) return "";
  std::string text(static_cast<std::size_t>(std::min(file.st_size, most)), '\0');
  const ssize_t size = ::pread(descriptor, text.data(), text.size(), std::max<off_t>(0, file.st_size - most));
  if (size <= 0) return "";
  text.resize(static_cast<std::size_t>(size));
  while (text.ends_with('\n')) text.pop_back();
  std::string lines;
  for (std::size_t at = 0; at != std::string::npos;) {
    const std::size_t end = text.find('\n', at);
    lines += "\n  | " + printable(std::string_view(text).substr(at, end == std::string::npos ? end : end - at));
    at = end == std::string::npos ? end : end + 1;
  }
  return lines;
}

}  // namespace ordeal::harness
