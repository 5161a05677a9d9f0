#include "target-raftd/raft/simulation/testing/present_seed.h"

#include <unistd.h>

#include <csignal>
#include <string_view>

namespace raftd::simulation {
namespace {

// Only what a signal handler may do.
void print(std::string_view text) {
  [[maybe_unused]] const auto written = write(STDERR_FILENO, text.data(), text.size());
}

void on_abort(int) {
  char digits[20];
  std::size_t first = sizeof(digits);
  for (std::uint64_t seed = present_seed; first == sizeof(digits) || seed > 0; seed /= 10) {
    digits[--first] = static_cast<char>('0' + seed % 10);
  }
  const std::string_view seed(digits + first, sizeof(digits) - first);
  print("seed ");
  print(seed);
  print(": Assertion: the core ended the program, see above\n  again: raftd-sim --seed ");
  print(seed);
  print(" --trace\n");
}

}  // namespace

void name_seed_on_abort() {
  std::signal(SIGABRT, on_abort);  // it returns, and the program ends as it would have
}

}  // namespace raftd::simulation
