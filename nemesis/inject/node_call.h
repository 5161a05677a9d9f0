// One system call of a watched process, taken apart: which file, which bytes, which names. Reads the memory and the
// /proc of that process, which waits meanwhile. Any thread.

#pragma once

#include <linux/seccomp.h>
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>

namespace ordeal::nemesis {

enum class CallKind : std::uint8_t {
  other,   // goes on
  write,   // bytes of an open file
  resize,  // cuts or lengthens an open file, or one with a name
  open,    // may create or empty a file
  create,  // a name: folder, link
  remove,
  rename,
  sync,      // one file or folder
  sync_all,  // sync, syncfs, msync
  copy,      // sendfile into a file
};

CallKind kind_of(const seccomp_data& call);

// The descriptor that `call` (write, resize of an open file, sync, copy) is about; -1: none.
int descriptor_of(const seccomp_data& call);

// "/proc/123/fd/4"
std::filesystem::path proc_descriptor(pid_t thread, int descriptor);

// Which bytes a write will change.
struct Extent {
  std::uint64_t offset = 0, length = 0;
  bool at_end = false;   // it appends: `offset` is the length of the file
  bool durable = false;  // opened with O_DSYNC or O_SYNC, or RWF_DSYNC: on the disk when it returns
};
std::optional<Extent> extent_of(pid_t thread, const seccomp_data& call);

// What a resize does to a file: its bytes from `from` on are others afterwards.
struct Resize {
  std::uint64_t from = 0;
  std::uint64_t size = 0;  // it will be at least so long
  bool only_grows = false;
};
Resize resize_of(const seccomp_data& call, std::uint64_t size_now);

// The paths that it names, absolute; the folder of each without links.
struct Paths {
  std::filesystem::path path;                // the name that is created, removed, or taken by a rename
  std::filesystem::path from;                // of a rename
  bool exchange = false;                     // of a rename
  bool may_create = false, empties = false;  // of an open
};
std::optional<Paths> paths_of(pid_t thread, const seccomp_data& call);

}  // namespace ordeal::nemesis
