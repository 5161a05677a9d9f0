#include "nemesis/inject/clock_patch.h"

#include <elf.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <vector>

#include "nemesis/inject/clock_page.h"
#include "nemesis/inject/clock_routine.h"
#include "nemesis/inject/process_memory.h"
#include "nemesis/inject/vdso.h"

namespace ordeal::nemesis {
namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& cure) {
  throw std::runtime_error(fmt::format("its clocks cannot be controlled: {}; {}", what, cure));
}

#if defined(__x86_64__)

constexpr std::uint16_t syscall_instruction = 0x050f;
constexpr std::size_t both_pages = 2 * page_distance;
constexpr const char* tracing_cure = "allow tracing of children: sudo sysctl -w kernel.yama.ptrace_scope=1";

// A stopped child under ptrace: its registers, words of its memory, and system calls made in its name.
class Tracee {
 public:
  explicit Tracee(pid_t pid) : pid_(pid) {
    const user_regs_struct now = registers();
    at_start_ = now;
  }

  // Also where the program itself may not write: the page becomes its own.
  void write_word(std::uint64_t at, std::uint64_t word) {
    if (ptrace(PTRACE_POKEDATA, pid_, at, word) != 0) refuse_ptrace("write to its memory");
  }
  std::uint64_t read_word(std::uint64_t at) {
    errno = 0;
    const long word = ptrace(PTRACE_PEEKDATA, pid_, at, nullptr);
    if (errno != 0) refuse_ptrace("read its memory");
    return static_cast<std::uint64_t>(word);
  }

  // The instruction that comes next is replaced for a moment.
  std::uint64_t call(const char* name, long number, std::array<std::uint64_t, 6> arguments) {
    const std::uint64_t original = read_word(at_start_.rip);
    write_word(at_start_.rip, (original & ~std::uint64_t{0xffff}) | syscall_instruction);
    user_regs_struct changed = at_start_;
    changed.rax = static_cast<std::uint64_t>(number);
    changed.orig_rax = ~0ULL;  // no system call is to be restarted
    changed.rdi = arguments[0];
    changed.rsi = arguments[1];
    changed.rdx = arguments[2];
    changed.r10 = arguments[3];
    changed.r8 = arguments[4];
    changed.r9 = arguments[5];
    set_registers(changed);
    step();
    const auto result = static_cast<std::int64_t>(registers().rax);
    set_registers(at_start_);
    write_word(at_start_.rip, original);
    if (result < 0 && result > -4096)
      refuse(fmt::format("{} in it: {}", name, std::strerror(static_cast<int>(-result))),
             "let this program map memory that can be executed (SELinux: execmem), or leave clock faults out");
    return static_cast<std::uint64_t>(result);
  }

 private:
  [[noreturn]] void refuse_ptrace(const char* what) {
    refuse(fmt::format("ptrace cannot {}: {}", what, std::strerror(errno)), tracing_cure);
  }
  user_regs_struct registers() {
    user_regs_struct found{};
    if (ptrace(PTRACE_GETREGS, pid_, nullptr, &found) != 0) refuse_ptrace("read its registers");
    return found;
  }
  void set_registers(const user_regs_struct& wanted) {
    if (ptrace(PTRACE_SETREGS, pid_, nullptr, &wanted) != 0) refuse_ptrace("set its registers");
  }
  void step() {
    if (ptrace(PTRACE_SINGLESTEP, pid_, nullptr, nullptr) != 0) refuse_ptrace("step it");
    int status = 0;
    while (waitpid(pid_, &status, __WALL) < 0) assert(errno == EINTR);
    if (!WIFSTOPPED(status)) refuse("it ended meanwhile", "start it by hand to see why");
  }

  pid_t pid_;
  user_regs_struct at_start_{};
};

std::uint64_t vdso_address(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/auxv", pid), std::ios::binary);
  Elf64_auxv_t entry{};
  while (file.read(reinterpret_cast<char*>(&entry), sizeof entry))
    if (entry.a_type == AT_SYSINFO_EHDR) return entry.a_un.a_val;
  refuse("it has no vDSO", "boot a kernel that has one (no vdso=0 on its command line)");
}

// As much as is mapped there; a vDSO is a few pages.
std::vector<std::byte> read_image(const ProcessMemory& memory, std::uint64_t address) {
  constexpr std::size_t page = 4096, most = 16 * page;
  std::vector<std::byte> image;
  while (image.size() < most) {
    const std::size_t before = image.size();
    image.resize(before + page);
    if (memory.read(address + before, std::span(image).subspan(before))) continue;
    image.resize(before);
    break;
  }
  return image;
}

// The symbols of one function go by two names, with and without "__vdso_".
struct Redirection {
  std::string_view name;
  std::size_t entry;                             // in the routine
  std::uint64_t ClockPage::*original = nullptr;  // where the routine finds the kernel's
};

#endif

}  // namespace

#if defined(__x86_64__)

std::uintptr_t control_clocks(pid_t stopped, const ClockSetting& setting) {
  const ClockRoutine routine = clock_routine();
  assert(!routine.code.empty() && routine.code.size() <= page_distance);
  const ProcessMemory memory(stopped);
  const std::uint64_t vdso = vdso_address(stopped);
  const std::vector<VdsoSymbol> symbols = vdso_symbols(read_image(memory, vdso));
  const std::array<Redirection, 3> redirections{{{"clock_gettime", routine.clock_gettime, &ClockPage::clock_gettime},
                                                 {"gettimeofday", routine.gettimeofday, &ClockPage::gettimeofday},
                                                 {"time", routine.time}}};
  Tracee tracee(stopped);
  constexpr std::uint64_t nowhere = ~0ULL;
  const std::uint64_t code =
      tracee.call("mmap", SYS_mmap, {0, both_pages, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, nowhere, 0});
  ClockPage page;
  page.slots[0].setting = setting;
  for (const VdsoSymbol& symbol : symbols) {
    for (const Redirection& redirection : redirections) {
      const bool plain = symbol.name == redirection.name;
      if (!plain && symbol.name != fmt::format("__vdso_{}", redirection.name)) continue;
      if (redirection.original != nullptr) page.*redirection.original = vdso + symbol.value;
      tracee.write_word(vdso + symbol.value_at, code + redirection.entry - vdso);
    }
  }
  if (page.clock_gettime == 0 || page.gettimeofday == 0)
    refuse("its vDSO has no clock_gettime or no gettimeofday", "boot a kernel that has them");
  if (!memory.write(code, std::as_bytes(std::span(routine.code))) ||
      !memory.write(code + page_distance, std::as_bytes(std::span(&page, 1))))
    refuse(fmt::format("/proc/PID/mem takes no writes: {}", std::strerror(errno)), tracing_cure);
  tracee.call("mprotect", SYS_mprotect, {code, page_distance, PROT_READ | PROT_EXEC, 0, 0, 0});
  return code + page_distance;
}

#else

std::uintptr_t control_clocks(pid_t, const ClockSetting&) {
  refuse("that is not supported on this kind of processor", "use x86-64, or leave clock faults out of the plan");
}

#endif

}  // namespace ordeal::nemesis
