// A child process that dies with the bench, and free ports for it. One thread.

#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace raftd::bench {

using Port = std::uint16_t;

// A loopback port that nobody listens on, outside of the range from which the kernel takes the near ends of
// connections, and never the same one twice.
Port free_port();

// The program of that name: a path, or looked up on PATH. Throws std::runtime_error with `cure` when it is not there.
std::filesystem::path find_program(const std::string& name, const std::string& cure);

class Child {
 public:
  // Throws std::runtime_error when it cannot be started. What it prints goes to the end of `log`.
  Child(const std::vector<std::string>& command, const std::filesystem::path& log);
  ~Child();  // SIGKILL, and waits for its end
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void kill();                            // SIGKILL, without waiting
  bool ended();                           // reaps it when it has
  std::chrono::microseconds cpu() const;  // that it has used so far

 private:
  pid_t pid_ = -1;
};

// That this process has used so far.
std::chrono::microseconds own_cpu();

}  // namespace raftd::bench
