// The settings `when`, `hold` and `within` of a fault that waits for events. Any thread.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/config/nemesis_section.h"
#include "harness/config/reader.h"
#include "nemesis/plan/event.h"

namespace ordeal::harness {

// The keys that read_trigger() knows.
std::vector<std::string_view> trigger_settings();

// nullopt: the fault comes at its time. Example: when: [{elected: 1}, {fsync: 3, file: wal, at: leader}]
std::optional<nemesis::Trigger> read_trigger(const Section& section, const Room& room);

// The same again: "when: [{fsync: 3, at: leader, file: wal}], hold: 20ms, within: 5s".
std::string trigger_yaml(const nemesis::Trigger& trigger);

}  // namespace ordeal::harness
