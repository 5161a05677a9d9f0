// The storage thread: makes jobs durable in the order in which they come. It holds the disk's lane of raft/effects.h.
//
//   loop thread:     enqueue(1) enqueue(2) enqueue(3)                            done(3)
//   storage thread:      write+fdatasync(1) ......... write+fdatasync(2, 3) ....../
//
// Group commit: all writes that are queued while one fdatasync runs go into the next one.

#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "target-raftd/kv/store.h"
#include "target-raftd/storage/data_folder.h"

namespace raftd::daemon {

class LogWriter {
 public:
  // Performed from top to bottom.
  struct Job {
    std::optional<raft::Snapshot> install = {};  // of a leader; `write` then resets the log to it
    storage::Write write = {};
    std::optional<raft::LogPosition> compact = {};  // the entries up to there may go
    std::optional<std::uint64_t> identify = {};     // the incarnation of the cluster became known
  };

  struct Done {
    std::uint64_t up_to = 0;                         // the number of the last job that is durable
    std::chrono::nanoseconds took{0};                // for the last group, or job
    std::unique_ptr<kv::Store> installed = nullptr;  // what its snapshot holds
  };

  // Both are called on the storage thread; `failed` once, and then nothing is written any more.
  struct Handlers {
    std::function<void(Done)> done;
    std::function<void(std::string why)> failed;
  };

  // The folder outlives this object.
  LogWriter(storage::DataFolder& folder, Handlers handlers);
  // Waits for the fdatasync that runs; what is queued behind it is dropped, and was promised to nobody.
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // Any thread. The number of this job, from 1.
  std::uint64_t enqueue(Job job);

 private:
  void run();
  bool perform_next();
  Done perform(Job job);

  storage::DataFolder& folder_;
  Handlers handlers_;
  std::mutex mutex_;  // guards the following three
  std::condition_variable changed_;
  std::deque<Job> queue_;
  bool stopping_ = false;
  std::uint64_t enqueued_ = 0;
  std::uint64_t taken_ = 0;  // storage thread only
  std::thread thread_;
};

}  // namespace raftd::daemon
