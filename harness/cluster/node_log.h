// The two output files of one node, nodes/n1/stdout.log and stderr.log.

#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ordeal::harness {

inline constexpr const char* kStandardOutput = "stdout.log";
inline constexpr const char* kStandardError = "stderr.log";
inline constexpr std::string_view kHarnessMark = "--- ordeal: ";  // begins every line that the harness wrote

// Any thread, though only one may open_for_start() at a time.
class NodeLog {
 public:
  explicit NodeLog(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Descriptors for a node that is about to start: standard output and error, appending, closed on exec, never 0 to 2.
  // The caller closes them. Writes `mark` into both files; last_lines() looks at what follows it. Throws ClusterError.
  std::array<int, 2> open_for_start(std::string_view mark);

  // A line of the harness in both files. A full disk must not end the run: failing, it does nothing.
  void mark(std::string_view text) const;

  // The end of what the node wrote since its last start, printable: of standard error, and when that has fewer lines,
  // of standard output before it.
  std::vector<std::string> last_lines(std::size_t at_most = 20) const;

 private:
  std::filesystem::path folder_;
  std::array<std::atomic<off_t>, 2> begin_{};  // where the present life begins, by file
};

}  // namespace ordeal::harness
