#include "target-raftd/storage/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace raftd::storage {
namespace {

std::string cure(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return "free space there, then start raftd again";
    case EIO:
      return "the disk is failing; check the kernel log before starting raftd again";
    case EACCES:
    case EPERM:
    case EROFS:
      return "make it writable for the user of raftd, or give --data another folder";
    case EFBIG:
      return "raise the file size limit (ulimit -f), then start raftd again";
    default:
      return "mend this, then start raftd again";
  }
}

[[noreturn]] void fail(std::string_view what, const std::filesystem::path& path, int error) {
  throw StorageError(fmt::format("cannot {} {}: {}; {}", what, path.string(), std::strerror(error), cure(error)));
}

class Descriptor {
 public:
  Descriptor(const std::filesystem::path& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0644)) {
    if (fd_ < 0) fail("open", path, errno);
  }
  ~Descriptor() { ::close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

void sync_folder(const std::filesystem::path& folder) {
  Descriptor descriptor(folder, O_RDONLY | O_DIRECTORY);
  if (::fsync(descriptor.get()) != 0) fail("sync the folder", folder, errno);
}

class PosixFile : public File {
 public:
  explicit PosixFile(std::filesystem::path path) : path_(std::move(path)), fd_(path_, O_WRONLY | O_APPEND | O_CREAT) {}

  void append(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = ::write(fd_.get(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail("write to", path_, errno);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  void sync() override {
    if (::fdatasync(fd_.get()) != 0) fail("sync", path_, errno);
  }

 private:
  std::filesystem::path path_;
  Descriptor fd_;
};

class PosixDisk : public Disk {
 public:
  std::unique_ptr<File> open(const std::filesystem::path& path) override { return std::make_unique<PosixFile>(path); }

  void publish(const std::filesystem::path& from, const std::filesystem::path& to) override {
    if (std::rename(from.c_str(), to.c_str()) != 0) fail("rename", from, errno);
    sync_folder(to.parent_path());
  }

  void truncate(const std::filesystem::path& path, std::uintmax_t size) override {
    Descriptor descriptor(path, O_WRONLY);
    if (::ftruncate(descriptor.get(), static_cast<off_t>(size)) != 0) fail("truncate", path, errno);
    if (::fsync(descriptor.get()) != 0) fail("sync", path, errno);
  }
};

}  // namespace

Disk& posix_disk() {
  static PosixDisk disk;
  return disk;
}

void create_folder(const std::filesystem::path& folder) {
  const std::filesystem::path absolute = std::filesystem::absolute(folder).lexically_normal();
  if (std::filesystem::is_directory(absolute)) return;
  if (absolute.has_parent_path() && absolute.parent_path() != absolute) create_folder(absolute.parent_path());
  std::error_code error;
  std::filesystem::create_directory(absolute, error);
  if (error) fail("create the folder", absolute, error.value());
  sync_folder(absolute.parent_path());
}

}  // namespace raftd::storage
