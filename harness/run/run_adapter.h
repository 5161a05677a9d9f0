// The adapter of a run, where the target's clients need one.

#pragma once

#include <memory>
#include <string>

#include "harness/clients/adapter.h"
#include "harness/config/target.h"
#include "harness/run/run_folder.h"
#include "workloads/workload.h"

namespace ordeal::harness {

// Whether the target's adapter starts, introduces itself, and can do what the workload asks for: tried in a sandbox of
// its own, before there is a run folder. Returns an exit code, and has said on standard error what is wrong when it is
// not 0. To be called while the process has a single thread.
int try_adapter(const Target& target, const workloads::WorkloadSpec& workload);

// How the clients of this run talk to the target, with their adapter running; it ends with the last copy. Inside the
// sandbox. Throws AdapterError.
ClientSpec with_running_adapter(ClientSpec client, const RunFolder& folder);

}  // namespace ordeal::harness
