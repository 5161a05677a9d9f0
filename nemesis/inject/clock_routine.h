// The machine code that a node calls instead of the kernel's clock_gettime, gettimeofday and time. Any thread.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace ordeal::nemesis {

struct ClockRoutine {
  std::span<const std::byte> code;  // works wherever it is copied to, with a ClockPage `page_distance` after its start
  std::size_t clock_gettime, gettimeofday, time;  // where they begin in it
};

constexpr std::size_t page_distance = 4096;

// Empty code: not made for this kind of processor.
ClockRoutine clock_routine();

}  // namespace ordeal::nemesis
