// Jobs on several threads: what the pure checker asks for by LinearizableOptions::in_parallel.  Any thread.

#pragma once

#include <cstddef>
#include <functional>

namespace ordeal::harness {

// As many as the machine (or this process's affinity) has processors, at least 1.
std::size_t processors();

// Calls job(0) ... job(jobs - 1), the next one on whichever of at most `threads` threads (the caller's is one of them)
// is free first, and returns when all have ended. After each one ended(i) is called, never by two threads at once. When
// jobs throw, no further ones are begun, and what the first one threw is thrown again here.
using Job = std::function<void(std::size_t)>;
void run_in_parallel(std::size_t threads, std::size_t jobs, const Job& job, const Job& ended);

}  // namespace ordeal::harness
