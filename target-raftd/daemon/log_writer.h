// The storage thread: the only thread besides the loop. It makes writes durable in the order in which they come.
//
//   loop thread:     enqueue(1) enqueue(2) enqueue(3)                            durable(3)
//   storage thread:      write+fdatasync(1) ......... write+fdatasync(2, 3) ....../
//
// Group commit: all that is queued while one fdatasync runs goes into the next one.

#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "target-raftd/storage/log.h"

namespace raftd::daemon {

class LogWriter {
 public:
  // Both are called on the storage thread; `failed` once, and then nothing is written any more.
  struct Handlers {
    std::function<void(std::uint64_t up_to)> durable;
    std::function<void(std::string why)> failed;
  };

  LogWriter(std::unique_ptr<storage::Log> log, Handlers handlers);
  // Waits for the fdatasync that runs; what is queued behind it is dropped, and was promised to nobody.
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // Any thread. The number of this write, from 1.
  std::uint64_t enqueue(storage::Write write);

 private:
  void run();
  bool write_next();

  std::unique_ptr<storage::Log> log_;
  Handlers handlers_;
  std::mutex mutex_;  // guards the following three
  std::condition_variable changed_;
  std::deque<storage::Write> queue_;
  bool stopping_ = false;
  std::uint64_t enqueued_ = 0;
  std::uint64_t taken_ = 0;  // storage thread only
  std::thread thread_;
};

}  // namespace raftd::daemon
