// The processes of the machine as /proc shows them, and which of them make up a node.

#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

namespace ordeal::harness {

struct ProcessEntry {
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t session = 0;
  bool zombie = false;  // ended in all its threads, not yet waited for
  bool operator==(const ProcessEntry&) const = default;
};

// One line of /proc/<pid>/stat; nullopt when it is none.
std::optional<ProcessEntry> parse_process_stat(std::string_view line);

// The same from the file; nullopt also when it cannot be read, as it happens to a process that ends in this moment.
std::optional<ProcessEntry> read_process_stat(const std::filesystem::path& file);

// Everything that /proc shows now. Any thread.
std::vector<ProcessEntry> read_process_table();

// The members of the session that `leader` began, and whatever descends from them, zombies excluded, ascending.
//
//   leader 10 -> worker 11 -> daemon 12 with a session of its own: 12 counts by its parent 11
//   leader 10 and 11 gone, 13 of session 10 adopted by init: 13 counts by its session
std::vector<pid_t> live_processes_of(pid_t leader, const std::vector<ProcessEntry>& table);

}  // namespace ordeal::harness
