// What a healthy node never writes: the target's `log_alarms`, searched for in the output of every node.

#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace ordeal::harness {

struct LogAlarm {
  std::string node;      // "n1"
  std::string file;      // within the run folder: "nodes/n1/stderr.log"
  std::size_t line = 0;  // from 1
  std::string text;      // the line; unprintable bytes as \x1b, a long line cut to what surrounds the alarm
  bool operator==(const LogAlarm&) const = default;
};

// Every line of nodes/*/{stdout,stderr}.log that holds one of `alarms` as a plain substring, but not within a path (a
// folder may be called anything, unless the alarm itself names a path), in the order of node, file
// and line; of each node the first `per_node`. Needs no cluster, only the run folder. Reads in pieces: a log of many
// gigabytes, or of one line, or of binary junk takes time but no memory. A log that cannot be read throws. `patterns`
// are regular expressions of RE2, which may match anywhere, also in a path; in a line of more than 64 KiB a match of
// more than 4 KiB may be missed.
std::vector<LogAlarm> scan_logs(const std::filesystem::path& run_folder, const std::vector<std::string>& alarms,
                                std::size_t per_node = 20, const std::vector<std::string>& patterns = {});

}  // namespace ordeal::harness
