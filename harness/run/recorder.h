// The only writer of the history. Thread-safe: the client loop and the nemesis record through the same recorder.
//
// Every event is given its index and time under one lock and written to history.jsonl by one write(2) before record()
// returns, so that a SIGKILL of the harness loses no event already recorded. A disk that refuses (full) throws
// std::system_error naming the file; nothing that was recorded before is lost.
//
// What was recorded is in the file only (history_tail.h reads it), so that memory does not grow with the run.

#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

#include "checker/event.h"

namespace ordeal::harness {

class Recorder {
 public:
  explicit Recorder(const std::filesystem::path& history_file);
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // Stamps index and time (now, since the recorder was made), writes, and returns the event as written. Refuses (by
  // assertion) a completion without a call, a second call of a busy process, and a process that was retired by info.
  checker::Event record(checker::Event event);

  // From now on each event is shown to `listener` when it is written, until unlisten() has returned. The listener must
  // be quick, must not record, and must not throw.
  void listen(const void* owner, std::function<void(const checker::Event&)> listener);
  void unlisten(const void* owner);

  std::chrono::nanoseconds now() const;

  std::uint64_t events() const;  // recorded so far, all of them in the file
  const std::filesystem::path& file() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ordeal::harness
