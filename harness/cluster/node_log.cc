#include "harness/cluster/node_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "harness/cluster/cluster_error.h"
#include "harness/cluster/printable.h"

namespace ordeal::harness {

namespace {

constexpr std::array<const char*, 2> kFiles = {kStandardOutput, kStandardError};

off_t size_of(int file) {
  struct stat status {};
  return ::fstat(file, &status) == 0 ? status.st_size : 0;
}

// A line of its own, even behind a line that the node left unfinished. One write: the node may be writing as well.
void append_mark(int file, std::string_view text) {
  char last = '\n';
  if (const off_t size = size_of(file); size > 0 && ::pread(file, &last, 1, size - 1) != 1) last = '\n';
  const std::string line = fmt::format("{}{}{}\n", last == '\n' ? "" : "\n", kHarnessMark, text);
  [[maybe_unused]] const ssize_t written = ::write(file, line.data(), line.size());
}

int open_to_append(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0 || file > STDERR_FILENO) return file;
  const int higher = ::fcntl(file, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);  // the harness runs with a closed 0, 1 or 2
  ::close(file);
  return higher;
}

std::vector<std::string> tail(const std::filesystem::path& path, off_t begin, std::size_t at_most) {
  std::vector<std::string> lines;
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return lines;
  constexpr off_t kFar = 16 * 1024;
  const off_t size = size_of(file);
  const off_t from = std::max(begin, size - kFar);
  std::string bytes(static_cast<std::size_t>(std::max<off_t>(size - from, 0)), '\0');
  const ssize_t got = ::pread(file, bytes.data(), bytes.size(), from);
  ::close(file);
  bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  std::string_view rest = bytes;
  if (from > begin && rest.find('\n') < rest.size()) rest.remove_prefix(rest.find('\n') + 1);  // begins amid a line
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (!line.starts_with(kHarnessMark)) lines.push_back(printable(line));
  }
  if (lines.size() > at_most) lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(at_most));
  return lines;
}

}  // namespace

std::array<int, 2> NodeLog::open_for_start(std::string_view mark) {
  std::array<int, 2> files = {-1, -1};
  for (std::size_t i = 0; i < kFiles.size(); ++i) {
    files[i] = open_to_append(folder_ / kFiles[i]);
    if (files[i] < 0) {
      const int error = errno;
      if (i > 0) ::close(files[0]);
      throw ClusterError(fmt::format("{}: cannot be opened: {}", (folder_ / kFiles[i]).native(), std::strerror(error)));
    }
    append_mark(files[i], mark);
    begin_[i] = size_of(files[i]);
  }
  return files;
}

void NodeLog::mark(std::string_view text) const {
  for (const char* name : kFiles) {
    const int file = open_to_append(folder_ / name);
    if (file < 0) continue;
    append_mark(file, text);
    ::close(file);
  }
}

std::vector<std::string> NodeLog::last_lines(std::size_t at_most) const {
  const std::vector<std::string> error = tail(folder_ / kStandardError, begin_[1], at_most);
  std::vector<std::string> lines = tail(folder_ / kStandardOutput, begin_[0], at_most - error.size());
  lines.insert(lines.end(), error.begin(), error.end());
  return lines;
}

}  // namespace ordeal::harness
