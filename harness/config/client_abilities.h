// What the kinds of clients can ask of their targets, known before anything starts. Pure; any thread.

#pragma once

#include <string>

#include "harness/config/client_spec.h"
#include "harness/config/target.h"
#include "workloads/workload.h"

namespace ordeal::harness {

// What keeps such a client from the operation `f` (read, write, cas, add, increment), as part of a sentence: "cannot
// read in the mode lease"; empty: nothing. `read_mode` counts for reads only.
std::string why_not_able(const ClientSpec& client, const std::string& f, const std::string& read_mode);

// Refuses (ConfigError) a workload that the target's clients cannot do.
void require_client_for(const workloads::WorkloadSpec& workload, const Target& target, const std::string& plan_file);

}  // namespace ordeal::harness
