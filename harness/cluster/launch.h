// One process, started as a node of the cluster.

#pragma once

#include <sys/types.h>

#include <array>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "harness/sandbox/sandbox.h"

namespace ordeal::harness {

struct Launch {
  std::filesystem::path executable;
  std::vector<std::string> arguments;  // without the program's own name
  std::filesystem::path working_folder;
  std::array<int, 2> output;  // descriptors of its standard output and error, none of 0 to 2
  SandboxNode node;           // whose namespaces it enters; a network_namespace of -1: none
  int disk_socket = -1;       // where the program's disk filter sends its listener (disk_filter.h); -1: unfiltered
  // Called while the program stands before its first instruction, traced by this thread. What it throws ends the
  // program, and comes out of launch() as a ClusterError.
  std::function<void(pid_t)> at_first_instruction{};
  std::map<std::string, std::string> environment{};  // beside that of the harness, or instead of it
};

// Returns when the program is running in the child: leader of a new session, signals as at birth, standard input from
// /dev/null, every other descriptor closed. The caller waits for the child. Throws ClusterError, saying which step
// failed and why, and has waited for it then. Any thread.
pid_t launch(const Launch& launch);

}  // namespace ordeal::harness
