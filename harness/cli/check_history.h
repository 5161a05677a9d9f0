// `ordeal check HISTORY`: a bare history, from a file or standard input, without a cluster or a run folder.

#pragma once

#include <cstddef>
#include <string>

namespace ordeal::harness {

struct CheckFlags {
  std::string path;  // "-" is standard input
  std::string model = "auto";
  std::string initial;  // empty: the model's, or what was guessed
  std::string failed_cas = "by-error";
  double time_limit = 300;       // seconds
  std::size_t memory_limit = 0;  // MiB
  bool json = false;
  bool explain = false;
  std::string svg;
};

// Judges it and prints the verdict. The exit code.
int check_history(const CheckFlags& flags);

}  // namespace ordeal::harness
