// Whether packets can be struck on this machine: that line of `ordeal doctor` alone, for a run that needs it.

#pragma once

#include "harness/sandbox/sandbox.h"

namespace ordeal::harness {

// Tries it in a sandbox of its own. Same condition on threads as run_in_sandbox.
Probe probe_packets();

}  // namespace ordeal::harness
