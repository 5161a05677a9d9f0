#include "nemesis/inject/process_state.h"

#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

namespace ordeal::nemesis {
namespace {

// "17 (a (strange) name) T 1 ..." -> "T 1 ..."; empty when there is no such thread.
std::string after_name(const std::filesystem::path& stat_file) {
  std::ifstream file(stat_file);
  std::string line;
  std::getline(file, line);
  const auto name_end = line.rfind(')');
  return name_end == std::string::npos || name_end + 2 >= line.size() ? "" : line.substr(name_end + 2);
}

// 'X' (dead) when the thread has just gone.
char letter_in(const std::filesystem::path& stat_file) {
  const std::string rest = after_name(stat_file);
  return rest.empty() ? 'X' : rest.front();
}

std::chrono::nanoseconds in_nanoseconds(const timespec& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

ProcessState state_of(pid_t process) {
  bool any_stopped = false;
  std::error_code error;
  const std::filesystem::path tasks = "/proc/" + std::to_string(process) + "/task";
  for (std::filesystem::directory_iterator task(tasks, error), end; !error && task != end; task.increment(error)) {
    const char letter = letter_in(task->path() / "stat");
    if (letter == 'T')
      any_stopped = true;
    else if (letter != 'Z' && letter != 'X')
      return ProcessState::running;
  }
  return any_stopped ? ProcessState::stopped : ProcessState::gone;
}

std::optional<std::chrono::nanoseconds> cpu_time_of(pid_t process) {
  clockid_t clock{};
  timespec used{};
  if (::clock_getcpuclockid(process, &clock) != 0 || ::clock_gettime(clock, &used) != 0) return std::nullopt;
  return in_nanoseconds(used);
}

std::optional<std::chrono::nanoseconds> age_of(pid_t process) {
  std::istringstream fields(after_name("/proc/" + std::to_string(process) + "/stat"));
  std::string skipped;
  constexpr int fields_before_start = 19;  // from the state on; the start is the 22nd field of all
  for (int i = 0; i < fields_before_start; ++i) fields >> skipped;
  std::int64_t ticks = 0;
  if (!(fields >> ticks)) return std::nullopt;
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return in_nanoseconds(now) - std::chrono::nanoseconds(std::chrono::seconds(1)) / ::sysconf(_SC_CLK_TCK) * ticks;
}

}  // namespace ordeal::nemesis
