// A new folder that goes away with the test, and what tests do with files.

#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>

#include "target-raftd/storage/file.h"

namespace raftd::storage {

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "raftd-storage-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path segment(int number = 1) const {
    return path_ / ("wal-0000000" + std::to_string(number) + ".log");
  }

 private:
  std::filesystem::path path_;
};

inline void write(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// What StorageError says.
inline std::string refusal(const std::function<void()>& act) {
  try {
    act();
  } catch (const StorageError& error) {
    return error.what();
  }
  return "(not refused)";
}

}  // namespace raftd::storage
