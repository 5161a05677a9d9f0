#include "nemesis/inject/disk_filter.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>

namespace ordeal::nemesis {
namespace {

#if defined(__x86_64__)
constexpr unsigned native = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr unsigned native = AUDIT_ARCH_AARCH64;
#else
#error "which AUDIT_ARCH_ is this machine?"
#endif

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

constexpr auto load_word(std::size_t offset) {
  return sock_filter{BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<unsigned>(offset)};
}
constexpr auto answer(unsigned action) {
  return sock_filter{BPF_RET | BPF_K, 0, 0, action};
}
// The next `skip` instructions are skipped unless the accumulator is `value`.
constexpr auto unless_equal(unsigned value, unsigned char skip) {
  return sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 0, skip, value};
}
constexpr auto unless_any_bit(unsigned bits, unsigned char skip) {
  return sock_filter{BPF_JMP | BPF_JSET | BPF_K, 0, skip, bits};
}
constexpr unsigned low_word_of_argument(std::size_t number) {  // both machines are little-endian
  return static_cast<unsigned>(offsetof(seccomp_data, args) + 8 * number);
}

constexpr std::array told{
#ifdef __NR_rename
    __NR_rename,    __NR_unlink,   __NR_rmdir,     __NR_mkdir,     __NR_link,     __NR_symlink, __NR_creat,
#endif
#ifdef __NR_renameat
    __NR_renameat,
#endif
    __NR_write,     __NR_pwrite64, __NR_writev,    __NR_pwritev,   __NR_pwritev2, __NR_fsync,   __NR_fdatasync,
    __NR_ftruncate, __NR_truncate, __NR_fallocate, __NR_renameat2, __NR_unlinkat, __NR_mkdirat, __NR_linkat,
    __NR_symlinkat, __NR_sync,     __NR_syncfs,    __NR_sendfile};

constexpr std::array unknown{__NR_io_uring_setup, __NR_openat2, __NR_copy_file_range};

constexpr unsigned creating = O_CREAT | O_TRUNC;

constexpr std::size_t length_of_program = 4 + 2 * told.size() + 2 * unknown.size() + 5 + 5 + 4 + 1;

struct Program {
  std::array<sock_filter, length_of_program> code{};
  unsigned short length = 0;
  constexpr void add(sock_filter instruction) { code[length++] = instruction; }
};

constexpr Program make_program() {
  Program program;
  program.add(load_word(offsetof(seccomp_data, arch)));
  program.add({BPF_JMP | BPF_JEQ | BPF_K, 1, 0, native});
  program.add(answer(SECCOMP_RET_ALLOW));
  program.add(load_word(offsetof(seccomp_data, nr)));
  for (const int number : told) {
    program.add(unless_equal(static_cast<unsigned>(number), 1));
    program.add(answer(SECCOMP_RET_USER_NOTIF));
  }
  for (const int number : unknown) {
    program.add(unless_equal(static_cast<unsigned>(number), 1));
    program.add(answer(SECCOMP_RET_ERRNO | ENOSYS));
  }
  // Opening changes something only when it may create or empty a file.
  program.add(unless_equal(__NR_openat, 4));
  program.add(load_word(low_word_of_argument(2)));
  program.add(unless_any_bit(creating, 1));
  program.add(answer(SECCOMP_RET_USER_NOTIF));
  program.add(answer(SECCOMP_RET_ALLOW));
#ifdef __NR_open
  program.add(unless_equal(__NR_open, 4));
  program.add(load_word(low_word_of_argument(1)));
  program.add(unless_any_bit(creating, 1));
  program.add(answer(SECCOMP_RET_USER_NOTIF));
  program.add(answer(SECCOMP_RET_ALLOW));
#endif
  // A mapping is synced: MS_SYNC is 4.
  program.add(unless_equal(__NR_msync, 3));
  program.add(load_word(low_word_of_argument(2)));
  program.add(unless_any_bit(4, 1));
  program.add(answer(SECCOMP_RET_USER_NOTIF));
  program.add(answer(SECCOMP_RET_ALLOW));
  return program;
}

constexpr Program filter = make_program();

int send_descriptor(int socket, int descriptor) noexcept {
  char byte = 'l';
  iovec data{.iov_base = &byte, .iov_len = 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  return sendmsg(socket, &message, MSG_NOSIGNAL) == 1 ? 0 : errno;
}

}  // namespace

int install_disk_filter(int socket) noexcept {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
  const sock_fprog program{.len = filter.length, .filter = const_cast<sock_filter*>(filter.code.data())};
  // Once a call was received only a deadly signal ends its wait (Linux 5.19): the signals by which Go's threads preempt
  // each other would have it repeated again and again.
  long listener = syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER,
                          SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &program);
  if (listener < 0 && errno == EINVAL) {
    listener = syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
  }
  if (listener < 0) return errno;
  const int error = send_descriptor(socket, static_cast<int>(listener));
  close(static_cast<int>(listener));
  return error;
}

int receive_listener(int socket) noexcept {
  char byte = 0;
  iovec data{.iov_base = &byte, .iov_len = 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t got = 0;
  do {
    got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  const cmsghdr* header = got == 1 ? CMSG_FIRSTHDR(&message) : nullptr;
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return -1;
  int descriptor = -1;
  std::memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
  return descriptor;
}

std::string why_no_disk_filter() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return std::strerror(errno);
  const pid_t child = fork();
  if (child == 0) _exit(install_disk_filter(ends[1]));
  close(ends[1]);
  int status = 0;
  if (child > 0) waitpid(child, &status, 0);
  const int listener = receive_listener(ends[0]);
  close(ends[0]);
  if (listener >= 0) {
    close(listener);
    return "";
  }
  const int error = child < 0 ? EAGAIN : WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
  return fmt::format(
      "seccomp's user notification is refused: {}{}; it needs Linux 5.5 or later, and a container whose "
      "own profile lets seccomp be used: --security-opt seccomp=unconfined",
      std::strerror(error), error == EBUSY ? " (this process is watched in that way itself)" : "");
}

}  // namespace ordeal::nemesis
