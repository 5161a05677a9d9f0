#include "harness/run/recorder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "checker/formats/json_lines.h"
#include "checker/streaming/retired_processes.h"

namespace ordeal::harness {
namespace {

using checker::Event;
using checker::EventType;
using checker::Process;

[[noreturn]] void refuse(int error, const std::filesystem::path& file, const std::string& what) {
  throw std::system_error(error, std::generic_category(), fmt::format("history {}: {}", file.string(), what));
}

int open_history(const std::filesystem::path& file) {
  int descriptor = open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor < 0) refuse(errno, file, "cannot be created; check that its folder exists and may be written");
  struct stat status {};
  if (fstat(descriptor, &status) == 0 && status.st_size == 0) return descriptor;
  close(descriptor);
  refuse(EEXIST, file, "holds events of an earlier run; a recorder begins a new file and overwrites none");
}

}  // namespace

// A process is busy between its call and its return, and retired after an info.
struct Recorder::State {
  struct Call {
    std::string f;
    std::optional<std::string> key;
  };

  explicit State(const std::filesystem::path& path) : file(path), descriptor(open_history(path)) {}
  ~State() { close(descriptor); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void check_contract(const Event& event) const;
  void follow(const Event& event);
  void write_line(const std::string& line);
  void drop_cut_line();

  const std::filesystem::path file;
  const std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
  const int descriptor;

  mutable std::mutex mutex;  // guards all below, and the order of the file
  std::uint64_t events = 0;
  std::map<const void*, std::function<void(const Event&)>> listeners;
  std::unordered_map<Process, Call> open_calls;  // of busy processes
  checker::RetiredProcesses retired;
  off_t size = 0;       // of the whole lines in the file
  int write_error = 0;  // once the disk has refused, nothing is written behind the gap
};

void Recorder::State::check_contract(const Event& event) const {
  if (event.process == checker::nemesis_process) {
    assert(event.type == EventType::info);
    return;
  }
  assert(event.process >= 0);
  assert(!retired.contains(event.process));  // its last operation may still take effect
  auto call = open_calls.find(event.process);
  if (event.type == EventType::invoke) {
    assert(call == open_calls.end());  // one operation at a time
    return;
  }
  assert(call != open_calls.end());  // a return needs a call
  assert(call->second.f == event.f && call->second.key == event.key);
}

void Recorder::State::follow(const Event& event) {
  if (event.process == checker::nemesis_process) return;
  if (event.type == EventType::invoke) {
    open_calls.emplace(event.process, Call{.f = event.f, .key = event.key});
    return;
  }
  open_calls.erase(event.process);
  if (event.type == EventType::info) retired.add(event.process);
}

void Recorder::State::write_line(const std::string& line) {
  std::size_t done = 0;
  while (done < line.size() && write_error == 0) {
    ssize_t written = write(descriptor, line.data() + done, line.size() - done);
    if (written >= 0) done += static_cast<std::size_t>(written);
    if (written < 0 && errno != EINTR) write_error = errno;
  }
  if (write_error == 0) {
    size += static_cast<off_t>(line.size());
    return;
  }
  drop_cut_line();
  refuse(
      write_error, file,
      "cannot be written; free space on its disk, or keep the store elsewhere (--store). Every earlier event is in it");
}

// A full disk may have taken the first half of a line. Without it the file ends with a whole event.
void Recorder::State::drop_cut_line() {
  if (ftruncate(descriptor, size) != 0) return;  // the readers know how to skip a cut last line
}

Recorder::Recorder(const std::filesystem::path& history_file) : state_(std::make_unique<State>(history_file)) {}

Recorder::~Recorder() = default;

Event Recorder::record(Event event) {
  std::lock_guard lock(state_->mutex);
  state_->check_contract(event);
  event.index = state_->events;
  event.time = now();
  std::string line = checker::write_json_line(event);
  line += '\n';
  state_->write_line(line);
  state_->follow(event);
  ++state_->events;
  for (const auto& [owner, listener] : state_->listeners) listener(event);
  return event;
}

void Recorder::listen(const void* owner, std::function<void(const Event&)> listener) {
  const std::lock_guard lock(state_->mutex);
  state_->listeners[owner] = std::move(listener);
}

void Recorder::unlisten(const void* owner) {
  const std::lock_guard lock(state_->mutex);
  state_->listeners.erase(owner);
}

std::chrono::nanoseconds Recorder::now() const {
  return std::chrono::steady_clock::now() - state_->began;
}

const std::filesystem::path& Recorder::file() const {
  return state_->file;
}

std::uint64_t Recorder::events() const {
  std::lock_guard lock(state_->mutex);
  return state_->events;
}

}  // namespace ordeal::harness
