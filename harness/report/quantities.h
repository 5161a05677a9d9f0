// Durations and counts as a person reads them. Pure; any thread.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace ordeal::harness {

// About three significant digits and a unit that fits: "812 ns", "84.1 µs", "1.21 ms", "3.4 s", "2 min 5 s", "3 h 12
// min".
std::string duration_text(std::chrono::nanoseconds duration);

// A moment of a run, comparable with its neighbours down to the microsecond: "12.041060 s".
std::string moment_text(std::chrono::nanoseconds since_start);

// With separators of thousands: "182,440".
std::string grouped(std::uint64_t count);

// Of a file or folder: "812 bytes", "4.2 KiB", "3.1 GiB".
std::string bytes_text(std::uint64_t bytes);

// "1 fault", "3 faults": the noun takes an s.
std::string counted(std::uint64_t count, const std::string& noun);

}  // namespace ordeal::harness
