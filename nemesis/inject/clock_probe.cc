#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "nemesis/inject/clock_control.h"
#include "nemesis/inject/clock_patch.h"

namespace ordeal::nemesis {
namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t a_week = 7 * 24 * 3600 * second;

[[noreturn]] void become_date(int output) {
  dup2(output, STDOUT_FILENO);
  if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0) execlp("date", "date", "+%s", nullptr);
  _exit(127);
}

// What `date`, whose clock is a week late, takes for the time; what it is told is read by `read_end`.
std::string told(pid_t date, int read_end) {
  int status = 0;
  if (waitpid(date, &status, 0) != date || !WIFSTOPPED(status))
    throw std::runtime_error(
        "`date` could not be traced; install coreutils, and allow tracing of children: "
        "sudo sysctl -w kernel.yama.ptrace_scope=1");
  ClockSetting late;
  late.wall.offset = -a_week;
  control_clocks(date, late);
  ptrace(PTRACE_DETACH, date, nullptr, nullptr);
  std::array<char, 100> text{};
  std::size_t length = 0;
  for (ssize_t more = 1; more > 0 && length < text.size() - 1; length += static_cast<std::size_t>(std::max(more, 0L)))
    more = read(read_end, text.data() + length, text.size() - 1 - length);
  return text.data();
}

}  // namespace

std::string why_no_clock_control() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return fmt::format("no pipe: {}; close files", std::strerror(errno));
  const pid_t date = fork();
  if (date == 0) become_date(ends[1]);
  close(ends[1]);
  std::string why;
  try {
    const std::int64_t off = std::atoll(told(date, ends[0]).c_str()) * second - real_time().wall;
    if (std::abs(off + a_week) > 3600 * second)
      why = "a program whose clock was changed did not notice; look for what else changes its vDSO";
  } catch (const std::exception& error) {
    why = error.what();
  }
  close(ends[0]);
  if (date > 0) kill(date, SIGKILL), waitpid(date, nullptr, 0);
  return why;
}

}  // namespace ordeal::nemesis
