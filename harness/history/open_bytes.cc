#include "harness/history/open_bytes.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <string_view>
#include <system_error>

#include "harness/history/compressed_bytes.h"
#include "harness/history/raw_bytes.h"

namespace ordeal::harness {
namespace {

std::unique_ptr<checker::ByteSource> open_raw(const std::string& path, const std::string& name) {
  Descriptor file(path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!file.is_open() || ::fstat(file.number(), &status) != 0) {
    throw std::system_error(errno, std::generic_category(), fmt::format("{}: cannot be opened; check the path", name));
  }
  if (S_ISDIR(status.st_mode)) {
    throw std::system_error(EISDIR, std::generic_category(), fmt::format("{}: name a file in it", name));
  }
  if (S_ISREG(status.st_mode)) return std::make_unique<FileBytes>(std::move(file), name);
  return std::make_unique<SpooledBytes>(std::move(file), name);
}

}  // namespace

std::string shown_name(const std::string& path) {
  return path == "-" ? "standard input" : path;
}

std::unique_ptr<checker::ByteSource> open_bytes(const std::string& path) {
  const std::string name = shown_name(path);
  std::unique_ptr<checker::ByteSource> bytes = open_raw(path, name);
  char head[4] = {};
  std::size_t size = 0;
  while (size < sizeof head) {
    const std::size_t more = bytes->read({head + size, sizeof head - size});
    if (more == 0) break;
    size += more;
  }
  bytes->rewind();
  const std::string_view begin(head, size);
  if (begin.starts_with("\x1f\x8b")) return gunzipped(std::move(bytes), name);
  if (begin.starts_with("\x28\xb5\x2f\xfd")) return unzstded(std::move(bytes), name);
  return bytes;
}

}  // namespace ordeal::harness
