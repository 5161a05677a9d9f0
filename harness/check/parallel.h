// Jobs on several threads: what the pure checker asks for by LinearizableOptions::in_parallel.  Any thread.

#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace ordeal::harness {

// As many as the machine (or this process's affinity) has processors, at least 1.
std::size_t processors();

using Job = std::function<void(std::size_t)>;

// Threads that wait for jobs, begun with the first that there are. On a busy machine nobody waits for a thread that has
// not come to run yet: the caller does meanwhile what is to do. Whoever waits looks out for a moment before it sleeps,
// as to be woken takes as long as many a job.
class Crew {
 public:
  explicit Crew(std::size_t threads) : threads_(threads) {}
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  // Calls job(0) ... job(jobs - 1), the next one on whichever of at most `threads` threads (the caller's is one of
  // them) is free first, and returns when all have ended. After each one ended(i) is called, never by two threads at
  // once. When jobs throw, no further ones are begun, and what the first one threw is thrown again here. A job may not
  // call this.
  void run(std::size_t jobs, const Job& job, const Job& ended);

 private:
  using Lock = std::unique_lock<std::mutex>;
  void take_jobs(Lock& lock);
  template <typename Condition>
  static void look_out(const Condition& came);

  const std::size_t threads_;
  std::mutex one_at_a_time_;  // of the callers of run()
  std::mutex mutex_;          // guards what follows, and calls of ended
  std::condition_variable jobs_came_, jobs_ended_;
  std::size_t jobs_ = 0, next_ = 0, running_ = 0;
  const Job* job_ = nullptr;
  const Job* ended_ = nullptr;
  std::exception_ptr failure_;
  bool over_ = false;
  std::vector<std::thread> others_;
  // What those who look out see of the above without the mutex.
  std::atomic<std::uint64_t> runs_ = 0;
  std::atomic<bool> busy_ = false;
};

}  // namespace ordeal::harness
