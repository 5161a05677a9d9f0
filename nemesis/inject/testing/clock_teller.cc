// A program that tells what its clocks show, for the tests of clock faults: for each line of its input one line with
// five numbers of nanoseconds: CLOCK_REALTIME, gettimeofday, time, CLOCK_MONOTONIC, CLOCK_BOOTTIME. A line "fork" is
// answered by a child from then on. `clock_teller back`: it only looks, until its input ends, whether CLOCK_MONOTONIC
// goes back between two calls in any of four threads, and then tells how often.

#include <pthread.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstring>

namespace {

constexpr long long second = 1'000'000'000;

long long now(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return time.tv_sec * second + time.tv_nsec;
}

void tell() {
  timeval day{};
  gettimeofday(&day, nullptr);
  std::printf("%lld %lld %lld %lld %lld\n", now(CLOCK_REALTIME), day.tv_sec * second + day.tv_usec * 1000LL,
              time(nullptr) * second, now(CLOCK_MONOTONIC), now(CLOCK_BOOTTIME));
  std::fflush(stdout);
}

std::atomic<bool> ended{false};
std::atomic<long> went_back{0};
std::atomic<long long> latest{0};

// Compares with what any thread was told before this call began.
void* look(void*) {
  while (!ended) {
    const long long before = latest;
    const long long shown = now(CLOCK_MONOTONIC);
    if (shown < before) ++went_back;
    long long last = latest;
    while (last < shown && !latest.compare_exchange_weak(last, shown)) continue;
  }
  return nullptr;
}

int look_back() {
  pthread_t threads[4];
  for (pthread_t& thread : threads) pthread_create(&thread, nullptr, look, nullptr);
  char byte = 0;
  while (read(STDIN_FILENO, &byte, 1) > 0) continue;
  ended = true;
  for (const pthread_t thread : threads) pthread_join(thread, nullptr);
  std::printf("%ld\n", went_back.load());
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count > 1 && std::strcmp(arguments[1], "back") == 0) return look_back();
  char line[100];
  while (std::fgets(line, sizeof line, stdin) != nullptr) {
    if (std::strcmp(line, "fork\n") == 0 && fork() != 0) {
      wait(nullptr);
      return 0;
    }
    tell();
  }
  return 0;
}
