// The only way in which this folder changes anything on the disk; a seam, so that tests can let it fail and crash. One
// thread at a time for a File; any thread for a Disk.
//
// Every call either has its whole effect or throws StorageError, which names the file and the cure. After a failed
// sync() nobody knows what is on the disk (the kernel may have dropped the pages and marked them clean), so a File that
// has thrown is never used again: the process ends and recovers from what the disk really holds.

#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
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

// Whether a file may be lengthened by more than what is appended, so that a sync need not write a new length as well.
enum class Ahead : std::uint8_t { nothing, zeros };

class Disk {
 public:
  virtual ~Disk() = default;

  // Opens for appending after the first `size` bytes, which the file has; creates it if it is missing. With
  // Ahead::zeros there may be any number of zero bytes behind what was appended.
  virtual std::unique_ptr<File> open(const std::filesystem::path& path, std::uintmax_t size, Ahead ahead) = 0;

  // Renames within a folder, durably: when this returns, a crash leaves the file under its new name. What had that name
  // before is gone.
  virtual void publish(const std::filesystem::path& from, const std::filesystem::path& to) = 0;

  // Cuts a file to `size` bytes, durably.
  virtual void truncate(const std::filesystem::path& path, std::uintmax_t size) = 0;

  // Removes a file, if it is there; after a crash it may be back.
  virtual void remove(const std::filesystem::path& path) = 0;

  // Makes the names of the files in a folder durable.
  virtual void sync_folder(const std::filesystem::path& folder) = 0;
};

// The real one.
Disk& posix_disk();

// Creates the folder and its missing parents, durably. Throws StorageError.
void create_folder(const std::filesystem::path& folder);

// The whole content of a file. Throws StorageError.
std::string read_file(const std::filesystem::path& path);

// Replaces a file by `parts`, one after the other: written aside, synced, renamed, durably. A crash leaves the old
// content or the new one. Throws StorageError.
void replace_file(Disk& disk, const std::filesystem::path& path, std::initializer_list<std::string_view> parts);

}  // namespace raftd::storage
