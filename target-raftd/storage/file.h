// The only way in which the log touches the disk while it writes; a seam, so that tests can let it fail. One thread.
//
// Every call either has its whole effect or throws StorageError, which names the file and the cure. After a failed
// sync() nobody knows what is on the disk (the kernel may have dropped the pages and marked them clean), so a File that
// has thrown is never used again: the process ends and recovers from what the disk really holds.

#pragma once

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string_view>

namespace raftd::storage {

class StorageError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

class File {
 public:
  virtual ~File() = default;
  virtual void append(std::string_view bytes) = 0;
  virtual void sync() = 0;  // the data, and the length that is needed to read it back
};

class Disk {
 public:
  virtual ~Disk() = default;

  // Opens for appending; creates the file if it is missing.
  virtual std::unique_ptr<File> open(const std::filesystem::path& path) = 0;

  // Renames within a folder, durably: when this returns, a crash leaves the file under its new name.
  virtual void publish(const std::filesystem::path& from, const std::filesystem::path& to) = 0;

  // Cuts a file to `size` bytes, durably.
  virtual void truncate(const std::filesystem::path& path, std::uintmax_t size) = 0;
};

// The real one.
Disk& posix_disk();

// Creates the folder and its missing parents, durably. Throws StorageError.
void create_folder(const std::filesystem::path& folder);

}  // namespace raftd::storage
