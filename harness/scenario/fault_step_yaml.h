// The steps of a scenario that begin a fault which a later step heals, or that heal. Pure; any thread.

#pragma once

#include <optional>
#include <string>

#include "harness/config/reader.h"
#include "harness/scenario/scenario.h"
#include "harness/scenario/scope.h"

namespace ordeal::harness {

// nullopt: `kind` is none of them. Throws ConfigError for what does not fit.
std::optional<decltype(Step::what)> read_fault_step(const std::string& kind, const Setting& body, Scope& scope);

}  // namespace ordeal::harness
