#include "nemesis/inject/undo_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include "nemesis/plan/draw.h"

namespace ordeal::nemesis {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t sector = 512;        // what a disk writes whole or not at all
constexpr std::size_t most_idle_files = 32;  // kept open though all of them is synced

[[noreturn]] void fail(std::string_view what, const fs::path& path) {
  throw std::runtime_error(
      fmt::format("power failure: cannot {} {}: {}; the run folder must be on a file system "
                  "with hard links and have space",
                  what, path.native(), std::strerror(errno)));
}

std::uint64_t size_of_descriptor(int descriptor) {
  struct stat status {};
  return fstat(descriptor, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

std::string read_bytes(int descriptor, std::uint64_t offset, std::uint64_t length) {
  std::string bytes(length, '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = pread(descriptor, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

void write_bytes(int descriptor, std::string_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t put = pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) fail("write back what a file held", "");
    bytes.remove_prefix(static_cast<std::size_t>(put));
    offset += static_cast<std::uint64_t>(put);
  }
}

}  // namespace

UndoLog::UndoLog(fs::path folder, fs::path stash, bool journaled)
    : folder_(std::move(folder)), stash_(std::move(stash)), journaled_(journaled) {}

UndoLog::~UndoLog() {
  forget();
  std::error_code ignored;
  fs::remove_all(stash_, ignored);
}

void UndoLog::track(const Inode& inode, int descriptor) {
  assert(!tracks(inode));
  make_room();
  files_[inode].descriptor = descriptor;
}

// Files that are all synced have nothing to be remembered but their descriptor.
void UndoLog::make_room() {
  std::size_t idle = 0;
  for (const auto& [inode, file] : files_) idle += file.writes.empty() ? 1 : 0;
  if (idle < most_idle_files) return;
  std::erase_if(files_, [](const auto& entry) {
    if (!entry.second.writes.empty()) return false;
    close(entry.second.descriptor);
    return true;
  });
}

int UndoLog::descriptor(const Inode& inode) const {
  return files_.at(inode).descriptor;
}

std::uint64_t UndoLog::size_of(const Inode& inode) const {
  return size_of_descriptor(descriptor(inode));
}

void UndoLog::before_write(const Inode& inode, std::uint64_t offset, std::uint64_t length) {
  File& file = files_.at(inode);
  const std::uint64_t size = size_of_descriptor(file.descriptor);
  const std::uint64_t end = std::min(size, offset + length);
  Write write{.told = next_++, .offset = offset, .length = length, .size = size, .bytes = {}};
  if (offset < end) write.bytes = read_bytes(file.descriptor, offset, end - offset);
  file.writes.push_back(std::move(write));
}

void UndoLog::before_cut(const Inode& inode, std::uint64_t cut) {
  File& file = files_.at(inode);
  const std::uint64_t size = size_of_descriptor(file.descriptor);
  Write write{.told = next_++, .offset = cut, .length = 0, .size = size, .bytes = {}};
  if (cut < size) write.bytes = read_bytes(file.descriptor, cut, size - cut);
  file.writes.push_back(std::move(write));
}

fs::path UndoLog::keep(const fs::path& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0 || S_ISDIR(status.st_mode)) return {};
  fs::create_directories(stash_);
  fs::path kept = stash_ / std::to_string(++stashed_);
  if (linkat(AT_FDCWD, path.c_str(), AT_FDCWD, kept.c_str(), 0) != 0) fail("keep a link to", path);
  return kept;
}

void UndoLog::release(const Name& name) {
  if (!name.kept.empty()) unlink(name.kept.c_str());
}

void UndoLog::before_create(const fs::path& path) {
  names_.push_back({.told = next_++, .change = Change::create, .path = path, .from = {}, .kept = {}});
}

void UndoLog::before_remove(const fs::path& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return;  // it will fail
  const bool folder = S_ISDIR(status.st_mode);
  names_.push_back({.told = next_++,
                    .change = folder ? Change::remove_folder : Change::remove,
                    .path = path,
                    .from = {},
                    .kept = folder ? fs::path() : keep(path)});
}

void UndoLog::before_rename(const fs::path& from, const fs::path& to, bool exchange) {
  names_.push_back({.told = next_++,
                    .change = exchange ? Change::exchange : Change::rename,
                    .path = to,
                    .from = from,
                    .kept = exchange ? fs::path() : keep(to)});
}

void UndoLog::synced(const Inode& inode, Mark mark) {
  if (journaled_) all_names_synced(mark);
  const auto found = files_.find(inode);
  if (found == files_.end()) return;
  std::erase_if(found->second.writes, [&](const Write& write) { return write.told < mark; });
}

void UndoLog::names_synced(const fs::path& folder, Mark mark) {
  if (journaled_) all_names_synced(mark);
  std::erase_if(names_, [&](const Name& name) {
    if (name.told >= mark || name.path.parent_path() != folder) return false;
    release(name);
    return true;
  });
}

void UndoLog::all_synced(Mark mark) {
  for (auto& [inode, file] : files_) {
    std::erase_if(file.writes, [&](const Write& write) { return write.told < mark; });
  }
  all_names_synced(mark);
}

void UndoLog::all_names_synced(Mark mark) {
  std::erase_if(names_, [&](const Name& name) {
    if (name.told >= mark) return false;
    release(name);
    return true;
  });
}

void UndoLog::forget() {
  for (const auto& [inode, file] : files_) close(file.descriptor);
  files_.clear();
  for (const Name& name : names_) release(name);
  names_.clear();
}

UndoLog::Losses UndoLog::lose(bool torn, std::uint64_t draw) {
  Draw dice(draw);
  Losses losses;
  for (auto& [inode, file] : files_) {
    if (file.writes.empty()) continue;
    const std::size_t kept = torn ? dice.below(file.writes.size() + 1) : 0;
    std::uint64_t torn_at = 0;  // no part of the first that is not kept
    if (torn && kept < file.writes.size()) {
      const Write& write = file.writes[kept];
      const std::uint64_t first = write.offset / sector + 1;  // sector boundaries strictly within the write
      const std::uint64_t behind = (write.offset + std::max<std::uint64_t>(write.length, 1) - 1) / sector + 1;
      const std::uint64_t boundary = first + dice.below(std::max(first, behind) - first + 1);
      if (boundary < behind) torn_at = boundary * sector;
    }
    take_back(file, kept, torn_at, losses);
  }
  const std::size_t kept_names = torn ? dice.below(names_.size() + 1) : 0;
  while (names_.size() > kept_names) {
    take_back(names_.back());
    release(names_.back());
    names_.pop_back();
    ++losses.names;
  }
  forget();
  return losses;
}

// From the last write to the one before which `kept` others stand; of that one only what lies behind `torn_at`.
void UndoLog::take_back(File& file, std::size_t kept, std::uint64_t torn_at, Losses& losses) {
  if (kept < file.writes.size()) ++losses.files;
  for (std::size_t i = file.writes.size(); i-- > kept;) {
    const Write& write = file.writes[i];
    const bool in_part = i == kept && torn_at > 0;
    const std::uint64_t from = in_part ? torn_at : write.offset;
    const std::uint64_t stays = std::min<std::uint64_t>(from - write.offset, write.bytes.size());
    write_bytes(file.descriptor, std::string_view(write.bytes).substr(stays), write.offset + stays);
    const std::uint64_t size = in_part ? std::max(write.size, from) : write.size;
    if (ftruncate(file.descriptor, static_cast<off_t>(size)) != 0) fail("cut back a file of", folder_);
    ++(in_part ? losses.torn : losses.writes);
    losses.bytes += static_cast<std::int64_t>(write.offset + write.length - from);
  }
  file.writes.clear();
}

// What did not happen after all (the call failed, the node died before) need not be taken back: errors of that kind
// are expected here.
void UndoLog::take_back(const Name& name) {
  std::error_code ignored;
  switch (name.change) {
    case Change::create:
      fs::remove_all(name.path, ignored);
      break;
    case Change::remove:
      if (!name.kept.empty()) rename(name.kept.c_str(), name.path.c_str());
      break;
    case Change::remove_folder:
      fs::create_directory(name.path, ignored);
      break;
    case Change::exchange:
      renameat2(AT_FDCWD, name.path.c_str(), AT_FDCWD, name.from.c_str(), RENAME_EXCHANGE);
      break;
    case Change::rename:
      // A rename that never came about left `from` where it is.
      if (!fs::exists(fs::symlink_status(name.from, ignored))) rename(name.path.c_str(), name.from.c_str());
      if (!name.kept.empty()) rename(name.kept.c_str(), name.path.c_str());
      break;
  }
}

}  // namespace ordeal::nemesis
