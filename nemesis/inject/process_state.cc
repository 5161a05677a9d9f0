#include "nemesis/inject/process_state.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace ordeal::nemesis {
namespace {

// "17 (a (strange) name) T 1 ..." -> 'T'; 'X' (dead) when the thread has just gone.
char letter_in(const std::filesystem::path& stat_file) {
  std::ifstream file(stat_file);
  std::string line;
  std::getline(file, line);
  const auto name_end = line.rfind(')');
  return name_end == std::string::npos || name_end + 2 >= line.size() ? 'X' : line[name_end + 2];
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

}  // namespace ordeal::nemesis
