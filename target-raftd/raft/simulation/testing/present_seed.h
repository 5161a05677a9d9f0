// Which seed a program was busy with when an assertion of the core ended it. One thread at a time.

#pragma once

#include <cstdint>

namespace raftd::simulation {

inline volatile std::uint64_t present_seed = 0;  // simulate() keeps it

// From now on SIGABRT prints it before the program ends.
void name_seed_on_abort();

}  // namespace raftd::simulation
