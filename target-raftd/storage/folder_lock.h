// Holds a data folder for one process: two logs over one folder would overwrite each other's promises.

#pragma once

#include <filesystem>

namespace raftd::storage {

// Locks `folder`/lock until destruction; the kernel releases the lock however the process ends. Throws StorageError
// when another process (or another FolderLock) holds it.
class FolderLock {
 public:
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&&) = delete;

 private:
  int fd_ = -1;
};

}  // namespace raftd::storage
