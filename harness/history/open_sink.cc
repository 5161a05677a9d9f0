#include "harness/history/open_sink.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <system_error>

#include "harness/history/compressed_bytes.h"
#include "harness/history/descriptor.h"

namespace ordeal::harness {
namespace {

class FileSink final : public checker::ByteSink {
 public:
  FileSink(Descriptor file, std::string name) : file_(std::move(file)), name_(std::move(name)) {}

  void write(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = ::write(file_.number(), bytes.data(), bytes.size());
      if (written >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(written));
      } else if (errno != EINTR) {
        throw std::system_error(errno, std::generic_category(),
                                fmt::format("{}: cannot be written; is there space?", name_));
      }
    }
  }

 private:
  Descriptor file_;
  std::string name_;
};

}  // namespace

std::unique_ptr<checker::ByteSink> open_sink(const std::string& path) {
  const std::string name = path == "-" ? "standard output" : path;
  Descriptor file(path == "-" ? STDOUT_FILENO : ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file.is_open()) {
    throw std::system_error(
        errno, std::generic_category(),
        fmt::format("{}: cannot be created; check that its folder exists and may be written", name));
  }
  std::unique_ptr<checker::ByteSink> sink = std::make_unique<FileSink>(std::move(file), name);
  if (path.ends_with(".gz")) return gzipped(std::move(sink));
  if (path.ends_with(".zst")) return zstded(std::move(sink));
  return sink;
}

}  // namespace ordeal::harness
