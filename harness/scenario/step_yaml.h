// One step of a scenario: YAML -> typed value. One thread.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/config/reader.h"
#include "harness/scenario/scenario.h"
#include "harness/scenario/scope.h"

namespace ordeal::harness {

std::vector<std::string_view> step_kinds();  // with "repeat", which is none that read_step() knows

// Binds in `scope` what the step binds. Throws ConfigError.
decltype(Step::what) read_step(const std::string& kind, const Setting& body, ScenarioWorkload workload, Scope& scope);

}  // namespace ordeal::harness
