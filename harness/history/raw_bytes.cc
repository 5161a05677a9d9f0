#include "harness/history/raw_bytes.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace ordeal::harness {
namespace {

[[noreturn]] void refuse(const std::string& name, const std::string& what) {
  const int error = errno;
  throw std::system_error(error, std::generic_category(), fmt::format("{}: {}", name, what));
}

std::size_t read_at(int file, std::span<char> into, std::uint64_t at, const std::string& name) {
  while (true) {
    const ssize_t size = ::pread(file, into.data(), into.size(), static_cast<off_t>(at));
    if (size >= 0) return static_cast<std::size_t>(size);
    if (errno != EINTR) refuse(name, "cannot be read");
  }
}

// A file that is gone when it is closed.
Descriptor unnamed_file() {
  std::string path = (std::filesystem::temp_directory_path() / "ordeal-input-XXXXXX").string();
  const int file = ::mkostemp(path.data(), O_CLOEXEC);
  if (file < 0) refuse(path, "no temporary file can be created; set TMPDIR to a folder that may be written");
  ::unlink(path.c_str());
  return Descriptor(file);
}

}  // namespace

std::size_t FileBytes::read(std::span<char> into) {
  const std::size_t size = read_at(file_.number(), into, at_, name_);
  at_ += size;
  return size;
}

void SpooledBytes::keep(std::string_view bytes) {
  if (!spool_.is_open() && kept_.size() + bytes.size() <= memory_) {
    kept_ += bytes;
  } else {
    std::string_view rest = bytes;
    if (!spool_.is_open()) {
      spool_ = unnamed_file();
      kept_ += bytes;
      rest = kept_;
    }
    while (!rest.empty()) {
      const ssize_t written = ::write(spool_.number(), rest.data(), rest.size());
      if (written >= 0) {
        rest.remove_prefix(static_cast<std::size_t>(written));
      } else if (errno != EINTR) {
        refuse(name_, "cannot be kept in the folder for temporary files; set TMPDIR to one with space");
      }
    }
    kept_ = std::string();
  }
  size_ += bytes.size();
}

std::size_t SpooledBytes::read_kept(std::span<char> into) {
  if (spool_.is_open()) return read_at(spool_.number(), into, at_, name_);
  return kept_.copy(into.data(), into.size(), static_cast<std::size_t>(at_));
}

std::size_t SpooledBytes::read(std::span<char> into) {
  if (at_ < size_) {
    const std::size_t size = read_kept(into);
    at_ += size;
    return size;
  }
  while (true) {
    const ssize_t got = ::read(pipe_.number(), into.data(), into.size());
    if (got >= 0) {
      const auto size = static_cast<std::size_t>(got);
      keep({into.data(), size});
      at_ += size;
      return size;
    }
    if (errno != EINTR) refuse(name_, "cannot be read");
  }
}

}  // namespace ordeal::harness
