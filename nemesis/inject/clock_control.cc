#include "nemesis/inject/clock_control.h"

#include <time.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <stdexcept>

#include "nemesis/inject/clock_report.h"
#include "nemesis/inject/cluster.h"
#include "nemesis/inject/process_memory.h"

namespace ordeal::nemesis {
namespace {

template <typename T>
std::span<std::byte> bytes_of(T& value) {
  return std::as_writable_bytes(std::span(&value, 1));
}

std::int64_t now_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

std::optional<std::uint8_t> current_number(const ProcessMemory& memory, std::uintptr_t page) {
  std::uint64_t magic = 0;
  std::uint8_t current = 0;
  if (!memory.read(page + offsetof(ClockPage, magic), bytes_of(magic)) || magic != ClockPage::right_magic ||
      !memory.read(page + offsetof(ClockPage, current), bytes_of(current))) {
    return std::nullopt;
  }
  return current;
}

std::uintptr_t slot_address(std::uintptr_t page, std::uint8_t number) {
  return page + offsetof(ClockPage, slots) + (number % ClockPage::slot_count) * sizeof(ClockSlot);
}

}  // namespace

bool set_clocks(pid_t process, std::uintptr_t page, const ClockSetting& setting) {
  const ProcessMemory memory(process);
  const std::optional<std::uint8_t> current = current_number(memory, page);
  if (!current) return false;
  auto next = static_cast<std::uint8_t>(*current + 1);
  ClockSlot slot;
  slot.setting = setting;
  // The byte last: it lets the node see the slot, whole.
  return memory.write(slot_address(page, next), bytes_of(slot)) &&
         memory.write(page + offsetof(ClockPage, current), bytes_of(next));
}

std::optional<ClockSlot> current_slot(pid_t process, std::uintptr_t page) {
  const ProcessMemory memory(process);
  const std::optional<std::uint8_t> current = current_number(memory, page);
  ClockSlot slot;
  if (!current || !memory.read(slot_address(page, *current), bytes_of(slot))) return std::nullopt;
  return slot;
}

RealTime real_time() {
  return {.wall = now_of(CLOCK_REALTIME), .monotonic = now_of(CLOCK_MONOTONIC)};
}

ClockSeen operator+(const ClockSeen& one, const ClockSeen& other) {
  return {.reads = one.reads + other.reads,
          .last = other.reads > 0 ? other.last : one.last,
          .least = std::min(one.least, other.least),
          .most = std::max(one.most, other.most)};
}

void Cluster::set_clocks(const Node& node, const ClockSetting&) {
  throw std::runtime_error(node + ": its clocks are not under control; start it with clock faults in the plan");
}

ClockReport Cluster::read_clocks(const Node&) const {
  return {};
}

}  // namespace ordeal::nemesis
