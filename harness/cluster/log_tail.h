// What a node writes to one of its output files, from some moment on. One thread.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace ordeal::harness {

class LogTail {
 public:
  // From `begin` on. The file need not be there yet.
  explicit LogTail(std::filesystem::path file, std::uint64_t begin = 0) : file_(std::move(file)), next_(begin) {}

  // Whether a line that was not looked at before has `text` in it. Lines of the harness do not count, nor one that is
  // not finished yet.
  bool wrote(std::string_view text);

 private:
  std::filesystem::path file_;
  std::uint64_t next_;
  std::string begun_;  // a line without its end
};

// Where the present life of the node begins in the file: behind the line of the harness that says so.
std::uint64_t present_life(const std::filesystem::path& file);

}  // namespace ordeal::harness
