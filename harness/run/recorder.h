// The only writer of the history. Thread-safe: the client loop and the nemesis record through the same recorder.
//
// Every event is given its index and time under one lock and written to history.jsonl by one write(2) before record()
// returns, so that a SIGKILL of the harness loses no event already recorded. A disk that refuses (full) throws
// std::system_error naming the file; nothing that was recorded before is lost.

#pragma once

#include <chrono>
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

  std::chrono::nanoseconds now() const;

  // Every event so far. The copy is the caller's.
  checker::History history() const;

  // The events from index `first` on; empty when there are none yet.
  checker::History history_since(std::uint64_t first) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ordeal::harness
