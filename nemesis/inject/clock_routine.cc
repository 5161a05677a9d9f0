// What is in the section `ordeal_clock` is copied into other processes, so it refers to nothing outside: it calls no
// function but the kernel's through the page, has no constants in other sections, and is compiled without sanitizers
// and stack protector (CMakeLists.txt). It may run in a signal handler and in any number of threads, on any stack.

#include "nemesis/inject/clock_routine.h"

#include <sys/time.h>
#include <time.h>

#include "nemesis/inject/clock_page.h"

#if defined(__x86_64__)

#define IN_ROUTINE __attribute__((section("ordeal_clock"), used, noinline))
#define INLINE __attribute__((always_inline)) inline

// By the linker: begin and end of the section.
extern "C" const std::byte __start_ordeal_clock[], __stop_ordeal_clock[];

namespace ordeal::nemesis {
namespace {

constexpr std::int64_t second = 1'000'000'000;

INLINE ClockPage& page() {
  ClockPage* found;
  asm("lea __start_ordeal_clock + 4096(%%rip), %0" : "=r"(found));
  static_assert(page_distance == 4096);
  return *found;
}

template <typename T>
INLINE T load(const T& value) {
  return __atomic_load_n(&value, __ATOMIC_ACQUIRE);
}

INLINE ClockSkew copy(const ClockSkew& skew) {
  return {.since = load(skew.since),
          .offset = load(skew.offset),
          .slope = load(skew.slope),
          .strobe = load(skew.strobe),
          .period = load(skew.period)};
}

// Whatever two threads do at once, each number that stands there was handed out.
INLINE void note(ClockSeen& seen, std::int64_t offset) {
  __atomic_store_n(&seen.last, offset, __ATOMIC_RELAXED);
  if (offset < load(seen.least)) __atomic_store_n(&seen.least, offset, __ATOMIC_RELAXED);
  if (offset > load(seen.most)) __atomic_store_n(&seen.most, offset, __ATOMIC_RELAXED);
  __atomic_fetch_add(&seen.reads, 1, __ATOMIC_RELEASE);
}

INLINE bool is_wall(clockid_t id) {
  return id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE || id == CLOCK_TAI;
}
INLINE bool is_monotonic(clockid_t id) {
  return id == CLOCK_MONOTONIC || id == CLOCK_MONOTONIC_COARSE || id == CLOCK_MONOTONIC_RAW || id == CLOCK_BOOTTIME;
}

// At least what was handed out of that clock before.
INLINE std::int64_t never_back(std::int64_t& latest, std::int64_t shown) {
  std::int64_t before = load(latest);
  while (before < shown) {
    if (__atomic_compare_exchange_n(&latest, &before, shown, true, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) return shown;
  }
  return before;
}

INLINE std::int64_t ask_kernel(const ClockPage& shared, clockid_t id, timespec& time) {
  return reinterpret_cast<int (*)(clockid_t, timespec*)>(shared.clock_gettime)(id, &time);
}

INLINE int show(clockid_t id, timespec& time) {
  ClockPage& shared = page();
  const bool wall = is_wall(id);
  if (!wall && !is_monotonic(id)) return static_cast<int>(ask_kernel(shared, id, time));
  for (;;) {
    const auto current = static_cast<std::uint8_t>(load(shared.current));
    ClockSlot& slot = shared.slots[current % ClockPage::slot_count];
    if (const auto error = static_cast<int>(ask_kernel(shared, id, time)); error != 0) return error;
    const ClockSkew skew = copy(wall ? slot.setting.wall : slot.setting.monotonic);
    if (static_cast<std::uint8_t>(load(shared.current)) != current) continue;
    const std::int64_t real = time.tv_sec * second + time.tv_nsec;
    std::int64_t shown = real + skew.at(real);
    if (shown < 0) shown = 0;  // before 1970, or before the start: no kernel shows that
    if (!wall) shown = never_back(shared.latest[static_cast<unsigned>(id)], shown);
    note(wall ? slot.wall : slot.monotonic, shown - real);
    time.tv_sec = shown / second;
    time.tv_nsec = shown % second;
    return 0;
  }
}

}  // namespace

extern "C" {

IN_ROUTINE int ordeal_clock_gettime(clockid_t id, timespec* time) {
  timespec shown{};
  const int error = show(id, shown);
  if (error == 0 && time != nullptr) *time = shown;
  return error;
}

IN_ROUTINE int ordeal_gettimeofday(timeval* time, struct timezone* zone) {
  if (zone != nullptr) {
    using GetTimeOfDay = int (*)(timeval*, struct timezone*);
    reinterpret_cast<GetTimeOfDay>(page().gettimeofday)(nullptr, zone);
  }
  if (time == nullptr) return 0;
  timespec shown{};
  const int error = show(CLOCK_REALTIME, shown);
  if (error == 0) *time = {.tv_sec = shown.tv_sec, .tv_usec = shown.tv_nsec / 1000};
  return error;
}

IN_ROUTINE time_t ordeal_time(time_t* time) {
  timespec shown{};
  show(CLOCK_REALTIME, shown);
  if (time != nullptr) *time = shown.tv_sec;
  return shown.tv_sec;
}

}  // extern "C"

ClockRoutine clock_routine() {
  const auto offset = [](auto* function) {
    return static_cast<std::size_t>(reinterpret_cast<const std::byte*>(function) - __start_ordeal_clock);
  };
  return {.code = {__start_ordeal_clock, __stop_ordeal_clock},
          .clock_gettime = offset(&ordeal_clock_gettime),
          .gettimeofday = offset(&ordeal_gettimeofday),
          .time = offset(&ordeal_time)};
}

}  // namespace ordeal::nemesis

#else

namespace ordeal::nemesis {

ClockRoutine clock_routine() {
  return {};
}

}  // namespace ordeal::nemesis

#endif
