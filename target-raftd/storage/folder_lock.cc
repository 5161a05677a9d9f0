#include "target-raftd/storage/folder_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "target-raftd/storage/file.h"

namespace raftd::storage {

FolderLock::FolderLock(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "lock";
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd_ < 0) {
    throw StorageError(fmt::format("cannot open {}: {}; make the folder writable for the user of raftd", path.string(),
                                   std::strerror(errno)));
  }
  if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) return;
  const int error = errno;
  ::close(std::exchange(fd_, -1));
  if (error == EWOULDBLOCK) {
    throw StorageError(
        fmt::format("the data folder {} is in use by another raftd; stop that one first, or give --data another folder",
                    folder.string()));
  }
  throw StorageError(
      fmt::format("cannot lock {}: {}; use a file system with flock", path.string(), std::strerror(error)));
}

FolderLock::~FolderLock() {
  if (fd_ >= 0) ::close(fd_);
}

FolderLock::FolderLock(FolderLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

}  // namespace raftd::storage
