// Lets another process see every system call by which this one, and all that it starts, would change a disk: seccomp's
// user notification. No root, no mount, any program. Other calls cost nothing.
//
// io_uring, openat2 and copy_file_range do not exist for such a process (ENOSYS), so that it falls back to calls that
// are seen. Writes through a shared mapping are not seen.

#pragma once

#include <string>

namespace ordeal::nemesis {

// To be called in a child between fork and exec; async-signal-safe. Sends the listener's descriptor through `socket`.
// Returns 0, or errno of what failed.
int install_disk_filter(int socket) noexcept;

// Receives the descriptor; -1: the other end was closed without one. Blocks.
int receive_listener(int socket) noexcept;

// Tries it for real, in a child. Empty: it works; else why not, and the cure behind "; ".
std::string why_no_disk_filter();

}  // namespace ordeal::nemesis
