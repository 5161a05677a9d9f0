// Durations and sizes as people write them. Pure; any thread.
//
//   durations  200ms, 1.5s, 1m30s; units h, m, s, ms, us, ns, each at most once and from large to small
//   sizes      4GiB, 1.5MiB, 800MB, 4096B; units B, KiB, MiB, GiB, TiB (of 1024), kB, MB, GB, TB (of 1000)

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ordeal::harness {

// nullopt: no such thing, a fraction of a nanosecond or byte, or too large for the type. Never negative.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);
std::optional<std::uint64_t> parse_size(std::string_view text);

// In the largest unit without a fraction: 90s, 1500ms, 2h. Reads back as the same value. `duration` is not negative.
std::string plan_duration(std::chrono::nanoseconds duration);
std::string size_text(std::uint64_t bytes);

}  // namespace ordeal::harness
