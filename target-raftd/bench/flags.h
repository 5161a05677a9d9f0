// The command line of raftd-bench, as typed values. Pure, except that help and errors are text for the caller to print.

#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "target-raftd/bench/dialect.h"

namespace raftd::bench {

enum class Mode : int { leader, spread };  // where clients connect: to the leader, or evenly to all servers

struct Flags {
  std::vector<System> systems = {System::raftd, System::etcd};
  std::vector<std::size_t> clients = {1, 16, 256};
  std::vector<Operation> operations = {Operation::write, Operation::read};
  std::chrono::milliseconds duration{2000};  // of one round, after the warm-up
  std::chrono::milliseconds warm_up{500};
  std::size_t rounds = 5;
  std::size_t value_bytes = 128;
  std::size_t keys = 1000;
  Mode mode = Mode::leader;
  std::size_t failovers = 0;  // > 0: measure these instead of speed
  bool json = false;
  std::filesystem::path folder;  // empty: a new one under the folder for temporary files
  std::string raftd;             // programs
  std::string etcd = "etcd";
  std::vector<std::string> raftd_flags;  // more of them
};

// Nothing to run: print `text` and exit.
struct ExitNow {
  int code = 0;
  std::string text;
};

std::variant<Flags, ExitNow> parse_flags(int count, const char* const* arguments);

}  // namespace raftd::bench
