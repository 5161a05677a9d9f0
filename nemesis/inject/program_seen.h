// What a process runs, read from /proc: the program, the words of its command line, its environment. Any thread.

#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace ordeal::nemesis {

struct ProgramSeen {
  std::string executable;               // /proc/PID/exe
  std::vector<std::string> words{};     // /proc/PID/cmdline
  std::vector<std::string> settings{};  // /proc/PID/environ, in order
  bool operator==(const ProgramSeen&) const = default;
};

// nullopt: there is no such process, or it has no program (a zombie, a thread of the kernel).
std::optional<ProgramSeen> program_of(pid_t process);

// How `now` differs: "/usr/bin/b instead of /usr/bin/a, with --new, without --old"; empty: it does not.
std::string difference(const ProgramSeen& before, const ProgramSeen& now);

}  // namespace ordeal::nemesis
