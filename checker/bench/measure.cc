#include "checker/bench/measure.h"

#include <linux/perf_event.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace ordeal::checker {
namespace {

// Counts the instructions that this process retires in user mode.
class InstructionCounter {
 public:
  InstructionCounter() {
    perf_event_attr attributes{};
    attributes.type = PERF_TYPE_HARDWARE;
    attributes.size = sizeof attributes;
    attributes.config = PERF_COUNT_HW_INSTRUCTIONS;
    attributes.exclude_kernel = 1;
    attributes.exclude_hv = 1;
    descriptor_ = static_cast<int>(syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0UL));
  }
  ~InstructionCounter() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  InstructionCounter(const InstructionCounter&) = delete;
  InstructionCounter& operator=(const InstructionCounter&) = delete;

  std::optional<std::uint64_t> read() const {
    std::uint64_t value = 0;
    if (descriptor_ < 0 || ::read(descriptor_, &value, sizeof value) != sizeof value) return std::nullopt;
    return value;
  }

 private:
  int descriptor_ = -1;
};

// "VmHWM" or "VmRSS" of this process, in bytes.
std::size_t from_status(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind(field + ":", 0) == 0) return std::stoul(line.substr(field.size() + 1)) << 10;
  }
  return 0;
}

void forget_peak() {
  std::ofstream("/proc/self/clear_refs") << "5";
}

Measured run_here(const Prepare& prepare, const Effort& effort) {
  using Clock = std::chrono::steady_clock;
  const Work work = prepare();
  const InstructionCounter counter;
  Measured measured{.verdict = {}, .ns = 0, .instructions = std::nullopt, .peak_bytes = 0};
  const std::size_t resident = from_status("VmRSS");
  forget_peak();
  const auto began = Clock::now();
  for (std::size_t i = 0; i < effort.repeats && (i == 0 || Clock::now() - began < effort.enough); ++i) {
    const std::optional<std::uint64_t> before = counter.read();
    const auto start = Clock::now();
    measured.verdict = work();
    const double ns = std::chrono::duration<double, std::nano>(Clock::now() - start).count();
    const std::optional<std::uint64_t> after = counter.read();
    measured.ns = i == 0 ? ns : std::min(measured.ns, ns);
    if (before && after) measured.instructions = std::min(*after - *before, measured.instructions.value_or(UINT64_MAX));
  }
  measured.peak_bytes = std::max(from_status("VmHWM"), resident) - resident;
  return measured;
}

std::string written(const Measured& measured) {
  std::ostringstream text;
  text << measured.verdict << ' ' << measured.ns << ' ' << measured.instructions.value_or(0) << ' '
       << measured.peak_bytes;
  return text.str();
}

Measured parsed(const std::string& text, int status) {
  std::istringstream fields(text);
  Measured measured;
  std::uint64_t instructions = 0;
  if (fields >> measured.verdict >> measured.ns >> instructions >> measured.peak_bytes) {
    if (instructions > 0) measured.instructions = instructions;
    return measured;
  }
  measured.verdict = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ? "time-out" : "killed";
  return measured;
}

}  // namespace

Measured measure(const Prepare& prepare, const Effort& effort) {
  int ends[2] = {-1, -1};
  if (pipe(ends) != 0) throw std::runtime_error(std::string("cannot make a pipe: ") + std::strerror(errno));
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error(std::string("cannot start a child process: ") + std::strerror(errno));
  if (child == 0) {
    close(ends[0]);
    alarm(static_cast<unsigned>(effort.limit.count()));
    std::string text;
    try {
      text = written(run_here(prepare, effort));
    } catch (const std::exception& error) {
      static_cast<void>(!write(STDERR_FILENO, error.what(), std::strlen(error.what())));
    }
    const bool sent = write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size());
    _exit(sent ? 0 : 1);
  }
  close(ends[1]);
  std::string text;
  char buffer[256];
  for (ssize_t n = 0; (n = read(ends[0], buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<std::size_t>(n));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return parsed(text, status);
}

}  // namespace ordeal::checker
