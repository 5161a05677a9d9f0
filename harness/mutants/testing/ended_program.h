// A program that a test ran to its end, and what it printed. For tests; from the main thread only, as Child.

#pragma once

#include <poll.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "harness/mutants/child.h"

namespace ordeal::harness {

inline std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

struct EndedProgram {
  int exit_code;  // 128 and the signal, when one ended it
  std::string output;
};

// `words` is the command, its program first; `output` is written anew.
inline EndedProgram run_to_its_end(const std::vector<std::string>& words, const std::filesystem::path& output) {
  std::filesystem::remove(output);
  Child child(words, output);
  pollfd ended{.fd = child.pollable(), .events = POLLIN, .revents = 0};
  ::poll(&ended, 1, -1);
  const int status = child.wait_status().value();
  return {.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), .output = text_of(output)};
}

}  // namespace ordeal::harness
