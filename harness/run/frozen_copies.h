// Copies of what the nodes keep on disk, made while all of them are stopped: data and logs as they were when a
// violation was seen, however long the run goes on afterwards. One thread.
//
//   nodes/n1/data/...             ->  nodes/n1/frozen/data/...
//   nodes/n1/std{out,err}.log     ->  nodes/n1/frozen/std{out,err}.log
//   the node's answer to /status  ->  nodes/n1/frozen/status.json
//
// Nothing here throws: evidence that could not be copied is no reason to lose the rest of it. What was left out, and
// why, is in FrozenNode::skipped. The bounds keep a large database from filling the disk and from keeping the nodes
// stopped for minutes.

#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "harness/report/results.h"
#include "harness/run/status_poller.h"

namespace ordeal::harness {

struct CopyBounds {
  std::uintmax_t file_bytes = std::uintmax_t{256} << 20;   // larger files are left out
  std::uintmax_t all_bytes = std::uintmax_t{2} << 30;      // of all nodes together
  std::uintmax_t left_on_disk = std::uintmax_t{64} << 20;  // for the history, the reports and the nodes
  std::size_t files = 20'000;                              // of all nodes together
};

class FrozenCopies {
 public:
  explicit FrozenCopies(std::filesystem::path run_folder, CopyBounds bounds = {});

  // `data`: the node's folder below the run folder, whatever it holds. Links are copied as links; sockets and pipes are
  // left out.
  FrozenNode copy(const std::string& node, const std::filesystem::path& data, const StatusAnswer& status);

 private:
  struct Copied;
  void copy_folder(const std::filesystem::path& from, const std::filesystem::path& to, Copied& copied);
  void copy_entry(const std::filesystem::directory_entry& from, const std::filesystem::path& to, Copied& copied);
  void copy_file(const std::filesystem::path& from, const std::filesystem::path& to, Copied& copied);
  std::string why_not(std::uintmax_t bytes) const;

  const std::filesystem::path run_folder_;
  const CopyBounds bounds_;
  std::uintmax_t bytes_ = 0;
  std::size_t files_ = 0;
};

}  // namespace ordeal::harness
