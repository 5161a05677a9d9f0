// Reads the parts of a target that ask a node something. Whatever does not fit throws ConfigError. Any thread.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/config/question.h"
#include "harness/config/reader.h"
#include "harness/config/target_variables.h"

namespace ordeal::harness {

// Keys http, method and body.
RequestTemplate request_of(const Section& section, std::string_view default_method, const Allowed& allowed);

std::string url_of(const Setting& setting, const Allowed& allowed);

// A regular expression of RE2; the first may hold the node's variables.
std::string pattern_of(const Setting& setting);
std::string line_pattern_of(const Setting& setting);

struct ReadySection {
  ReadyProbe probe;
  std::chrono::nanoseconds within = std::chrono::seconds(10);
};
ReadySection ready_of(const Setting& setting);
LeaderProbe leader_of(const Setting& setting);
std::vector<SetupStep> setup_of(const Setting& setting);
std::vector<NodeFile> files_of(const Setting& setting);
VersionProbe version_of(const Setting& setting);

}  // namespace ordeal::harness
