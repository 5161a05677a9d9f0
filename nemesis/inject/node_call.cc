#include "nemesis/inject/node_call.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <climits>
#include <fstream>
#include <string>
#include <vector>

namespace ordeal::nemesis {
namespace {

namespace fs = std::filesystem;

int low_word(std::uint64_t argument) {
  return static_cast<int>(static_cast<std::uint32_t>(argument));
}

bool read_memory(pid_t thread, std::uint64_t address, void* into, std::size_t size) {
  const iovec here{.iov_base = into, .iov_len = size};
  const iovec there{.iov_base = reinterpret_cast<void*>(address), .iov_len = size};
  return process_vm_readv(thread, &here, 1, &there, 1, 0) == static_cast<ssize_t>(size);
}

// In pieces that end with a page, since what follows may not be mapped.
std::optional<std::string> read_text(pid_t thread, std::uint64_t address) {
  constexpr std::uint64_t page = 4096;
  std::string text;
  while (text.size() < PATH_MAX) {
    std::string piece(page - address % page, '\0');
    if (!read_memory(thread, address, piece.data(), piece.size())) return std::nullopt;
    const std::size_t end = piece.find('\0');
    text += piece.substr(0, end);
    if (end != std::string::npos) return text;
    address += piece.size();
  }
  return std::nullopt;
}

std::optional<fs::path> link_target(const fs::path& link) {
  std::error_code error;
  fs::path target = fs::read_symlink(link, error);
  if (error) return std::nullopt;
  return target;
}

std::optional<fs::path> resolve(pid_t thread, int folder, std::uint64_t address) {
  const std::optional<std::string> text = read_text(thread, address);
  if (!text || text->empty()) return std::nullopt;
  fs::path path = *text;
  if (path.is_relative()) {
    const auto base = link_target(folder == AT_FDCWD ? fs::path(fmt::format("/proc/{}/cwd", thread))
                                                     : proc_descriptor(thread, folder));
    if (!base) return std::nullopt;
    path = *base / path;
  }
  path = path.lexically_normal();
  if (!path.has_filename()) path = path.parent_path();  // "folder/"
  std::error_code error;
  const fs::path parent = fs::canonical(path.parent_path(), error);
  if (error) return std::nullopt;  // the call will fail
  return parent / path.filename();
}

struct FileState {
  std::uint64_t position = 0;
  unsigned flags = 0;
};

// "pos:\t0\nflags:\t0100002\n..."
std::optional<FileState> file_state(pid_t thread, int descriptor) {
  std::array<char, 256> text{};
  const int file = open(fmt::format("/proc/{}/fdinfo/{}", thread, descriptor).c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  const ssize_t got = read(file, text.data(), text.size());
  close(file);
  const std::string_view all(text.data(), got < 0 ? 0 : static_cast<std::size_t>(got));
  const auto number = [&]<typename T>(std::string_view name, int base, T& value) {
    const std::size_t at = all.find(name);
    if (at == std::string_view::npos) return false;
    const std::size_t begin = std::min(all.find_first_of("0123456789", at + name.size()), all.size());
    return std::from_chars(all.data() + begin, all.data() + all.size(), value, base).ec == std::errc{};
  };
  FileState state;
  if (!number("pos:", 10, state.position) || !number("flags:", 8, state.flags)) return std::nullopt;
  return state;
}

std::uint64_t total_length(pid_t thread, std::uint64_t address, std::uint64_t count) {
  std::vector<iovec> pieces(std::min<std::uint64_t>(count, IOV_MAX));
  if (pieces.empty() || !read_memory(thread, address, pieces.data(), pieces.size() * sizeof(iovec))) return 0;
  std::uint64_t length = 0;
  for (const iovec& piece : pieces) length += piece.iov_len;
  return length;
}

}  // namespace

CallKind kind_of(const seccomp_data& call) {
  switch (call.nr) {
    case __NR_write:
    case __NR_pwrite64:
    case __NR_writev:
    case __NR_pwritev:
    case __NR_pwritev2:
      return CallKind::write;
    case __NR_ftruncate:
    case __NR_truncate:
    case __NR_fallocate:
      return CallKind::resize;
    case __NR_openat:
#ifdef __NR_open
    case __NR_open:
    case __NR_creat:
#endif
      return CallKind::open;
#ifdef __NR_mkdir
    case __NR_mkdir:
    case __NR_link:
    case __NR_symlink:
#endif
    case __NR_mkdirat:
    case __NR_linkat:
    case __NR_symlinkat:
      return CallKind::create;
#ifdef __NR_unlink
    case __NR_unlink:
    case __NR_rmdir:
#endif
    case __NR_unlinkat:
      return CallKind::remove;
#ifdef __NR_rename
    case __NR_rename:
#endif
#ifdef __NR_renameat
    case __NR_renameat:
#endif
    case __NR_renameat2:
      return CallKind::rename;
    case __NR_fsync:
    case __NR_fdatasync:
      return CallKind::sync;
    case __NR_sync:
    case __NR_syncfs:
    case __NR_msync:
      return CallKind::sync_all;
    case __NR_sendfile:
      return CallKind::copy;
    default:
      return CallKind::other;
  }
}

int descriptor_of(const seccomp_data& call) {
  if (call.nr == __NR_truncate || call.nr == __NR_sync || call.nr == __NR_msync) return -1;
  return low_word(call.args[0]);
}

fs::path proc_descriptor(pid_t thread, int descriptor) {
  return fmt::format("/proc/{}/fd/{}", thread, descriptor);
}

std::optional<Extent> extent_of(pid_t thread, const seccomp_data& call) {
  const std::optional<FileState> state = file_state(thread, low_word(call.args[0]));
  if (!state) return std::nullopt;
  Extent extent{.offset = state->position,
                .length = call.args[2],
                .at_end = (state->flags & O_APPEND) != 0,
                .durable = (state->flags & O_DSYNC) != 0};  // O_SYNC has that bit as well
  if (call.nr != __NR_write && call.nr != __NR_pwrite64) {
    extent.length = total_length(thread, call.args[1], call.args[2]);
  }
  if (call.nr == __NR_pwrite64 || call.nr == __NR_pwritev) extent.offset = call.args[3];
  if (call.nr == __NR_pwritev2) {
    if (call.args[3] != ~std::uint64_t{0}) extent.offset = call.args[3];
    const auto flags = static_cast<unsigned>(low_word(call.args[5]));
    if ((flags & RWF_APPEND) != 0) extent.at_end = true;
    if ((flags & (RWF_DSYNC | RWF_SYNC)) != 0) extent.durable = true;
  }
  return extent;
}

Resize resize_of(const seccomp_data& call, std::uint64_t size_now) {
  if (call.nr != __NR_fallocate) {
    const std::uint64_t size = call.args[1];
    return {.from = size, .size = size, .only_grows = size >= size_now};
  }
  const auto mode = static_cast<unsigned>(low_word(call.args[1]));
  const std::uint64_t from = call.args[2], end = call.args[2] + call.args[3];
  const bool keeps_size = (mode & FALLOC_FL_KEEP_SIZE) != 0;
  if ((mode & ~static_cast<unsigned>(FALLOC_FL_KEEP_SIZE)) == 0) {
    const std::uint64_t size = keeps_size ? size_now : std::max(size_now, end);
    return {.from = size_now, .size = size, .only_grows = true};
  }
  return {.from = from, .size = keeps_size ? size_now : std::max(size_now, end), .only_grows = false};
}

std::optional<Paths> paths_of(pid_t thread, const seccomp_data& call) {
  const auto at = [&](int folder, std::size_t argument) { return resolve(thread, folder, call.args[argument]); };
  const auto folder = [&](std::size_t argument) { return low_word(call.args[argument]); };
  std::optional<fs::path> path, from;
  Paths paths;
  unsigned flags = O_CREAT | O_TRUNC;  // of creat()
  switch (call.nr) {
    case __NR_openat:
      path = at(folder(0), 1);
      flags = static_cast<unsigned>(folder(2));
      break;
#ifdef __NR_open
    case __NR_open:
      flags = static_cast<unsigned>(folder(1));
      [[fallthrough]];
    case __NR_creat:
    case __NR_mkdir:
    case __NR_unlink:
    case __NR_rmdir:
      path = at(AT_FDCWD, 0);
      break;
    case __NR_link:
    case __NR_symlink:
      path = at(AT_FDCWD, 1);
      break;
    case __NR_rename:
      from = at(AT_FDCWD, 0);
      path = at(AT_FDCWD, 1);
      break;
#endif
    case __NR_truncate:
      path = at(AT_FDCWD, 0);
      break;
    case __NR_mkdirat:
    case __NR_unlinkat:
      path = at(folder(0), 1);
      break;
    case __NR_linkat:
      path = at(folder(2), 3);
      break;
    case __NR_symlinkat:
      path = at(folder(1), 2);
      break;
#ifdef __NR_renameat
    case __NR_renameat:
#endif
    case __NR_renameat2:
      from = at(folder(0), 1);
      path = at(folder(2), 3);
      paths.exchange = call.nr == __NR_renameat2 && (call.args[4] & RENAME_EXCHANGE) != 0;
      break;
    default:
      return std::nullopt;
  }
  if (!path || (kind_of(call) == CallKind::rename && !from)) return std::nullopt;
  paths.path = *path;
  if (from) paths.from = *from;
  constexpr unsigned nameless = O_TMPFILE;  // two bits: O_DIRECTORY is one of them
  paths.may_create = (flags & O_CREAT) != 0 && (flags & nameless) != nameless;
  paths.empties = (flags & O_TRUNC) != 0;
  return paths;
}

}  // namespace ordeal::nemesis
