#include "harness/clients/adapter_dialogue.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "harness/cluster/printable.h"

namespace ordeal::harness {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto introduced_within = 10s;
constexpr auto reads_within = 5s;

// Whether the descriptor can be used before `until`.
bool await(int descriptor, short events, Clock::time_point until) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
  pollfd wait{.fd = descriptor, .events = events, .revents = 0};
  return ::poll(&wait, 1, static_cast<int>(std::max<std::int64_t>(0, left.count()))) > 0;
}

int file_in_memory() {
  const int file = ::memfd_create("errors", MFD_CLOEXEC);
  ::fcntl(file, F_SETFL, O_APPEND);
  return file;
}

}  // namespace

AdapterDialogue::AdapterDialogue(const std::vector<std::string>& command)
    : errors_(file_in_memory()),
      program_(command, errors_.get()),
      input_(program_.release_input()),
      output_(program_.release_output()) {
  ::fcntl(input_.get(), F_SETFL, O_NONBLOCK);
  write(greeting());
  const auto line = read(Clock::now() + introduced_within);
  if (!line) {
    throw BrokenPromise(fmt::format("it wrote no line within {} s after ordeal's greeting{}", introduced_within.count(),
                                    last_lines_of(errors_.get())));
  }
  auto parsed = parse_abilities(*line);
  if (const auto* wrong = std::get_if<std::string>(&parsed)) {
    throw BrokenPromise(fmt::format("its first line does not introduce it: {}: {}", *wrong, printable(*line, 200)));
  }
  abilities_ = std::get<AdapterAbilities>(std::move(parsed));
}

void AdapterDialogue::ended() {
  const bool by_itself = program_.await_end(1000ms);
  throw BrokenPromise(fmt::format("it ended ({}){}", by_itself ? program_.end() : "it closed its standard output",
                                  last_lines_of(errors_.get())));
}

void AdapterDialogue::write(std::string_view lines) {
  while (!lines.empty()) {
    if (!await(input_.get(), POLLOUT, Clock::now() + reads_within)) {
      throw BrokenPromise(fmt::format("it does not read its standard input for {} s", reads_within.count()));
    }
    const ssize_t size = ::write(input_.get(), lines.data(), lines.size());
    if (size < 0 && errno == EPIPE) ended();
    if (size > 0) lines.remove_prefix(static_cast<std::size_t>(size));
  }
}

std::optional<std::string> AdapterDialogue::read(Time until) {
  while (true) {
    const std::size_t end = received_.find('\n');
    if (end != std::string::npos) {
      std::string line = received_.substr(0, end);
      received_.erase(0, end + 1);
      return line;
    }
    if (!await(output_.get(), POLLIN, until)) return std::nullopt;
    char bytes[65536];
    const ssize_t size = ::read(output_.get(), bytes, sizeof bytes);
    if (size == 0) ended();
    if (size > 0) received_.append(bytes, static_cast<std::size_t>(size));
  }
}

std::optional<AdapterAnswer> AdapterDialogue::answer(Time until) {
  const auto line = read(until);
  if (!line) return std::nullopt;
  auto parsed = parse_answer(*line);
  if (const auto* wrong = std::get_if<std::string>(&parsed)) {
    throw BrokenPromise(fmt::format("it wrote a line that is no answer, {}: {}", *wrong, printable(*line, 200)));
  }
  return std::get<AdapterAnswer>(std::move(parsed));
}

bool AdapterDialogue::ends_within(std::chrono::milliseconds within) {
  input_.close();
  return program_.await_end(within);
}

}  // namespace ordeal::harness
