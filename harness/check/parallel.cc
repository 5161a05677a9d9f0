#include "harness/check/parallel.h"

#include <sched.h>

#include <algorithm>
#include <utility>

namespace ordeal::harness {

std::size_t processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return std::max(1U, std::thread::hardware_concurrency());
  return static_cast<std::size_t>(std::max(1, CPU_COUNT(&set)));
}

Crew::~Crew() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  jobs_came_.notify_all();
  for (std::thread& other : others_) other.join();
}

// For some tens of microseconds at the most.
template <typename Condition>
void Crew::look_out(const Condition& came) {
  constexpr int looks = 1000;
  for (int i = 0; i < looks && !came(); ++i) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }
}

// As long as there are any. `lock` holds mutex_.
void Crew::take_jobs(Lock& lock) {
  while (next_ < jobs_) {
    const std::size_t i = next_++;
    ++running_;
    lock.unlock();
    std::exception_ptr failure;
    try {
      (*job_)(i);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    try {
      if (!failure) (*ended_)(i);
    } catch (...) {
      failure = std::current_exception();
    }
    if (failure) next_ = jobs_;
    if (failure && !failure_) failure_ = failure;
    if (--running_ == 0) {
      busy_ = false;
      jobs_ended_.notify_one();
    }
  }
}

void Crew::run(std::size_t jobs, const Job& job, const Job& ended) {
  const std::lock_guard alone(one_at_a_time_);
  Lock lock(mutex_);
  job_ = &job;
  ended_ = &ended;
  next_ = 0;
  jobs_ = jobs;
  busy_ = true;
  ++runs_;
  const std::size_t wanted = std::min(threads_, jobs);
  while (others_.size() + 1 < wanted) {
    others_.emplace_back([this] {
      Lock own(mutex_);
      while (!over_) {
        take_jobs(own);
        const std::uint64_t runs = runs_;
        own.unlock();
        look_out([this, runs] { return runs_ != runs; });
        own.lock();
        jobs_came_.wait(own, [this] { return over_ || next_ < jobs_; });
      }
    });
  }
  for (std::size_t i = 1; i < wanted; ++i) jobs_came_.notify_one();
  take_jobs(lock);
  if (running_ > 0) {
    lock.unlock();
    look_out([this] { return !busy_; });
    lock.lock();
  }
  jobs_ended_.wait(lock, [this] { return running_ == 0; });
  jobs_ = next_ = 0;
  if (const std::exception_ptr failure = std::exchange(failure_, nullptr)) std::rethrow_exception(failure);
}

}  // namespace ordeal::harness
