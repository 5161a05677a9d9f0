// Puts the clocks of a program under control, before its first instruction: what makes clock faults possible.
//
//   kernel's vDSO                         two pages, mapped in the program by an injected mmap
//   symbol table:                         +0     clock_routine.cc, read and execute
//     __vdso_clock_gettime ----------->          asks the kernel's routine, adds what the page says
//     __vdso_gettimeofday, _time ----->   +4096  ClockPage, read and write
//   kernel's routines  <---------------
//
// Only the symbols are turned; C libraries (dynamic and static), Go's runtime and everybody else look the functions up
// in that table when a program starts. Nothing of the host's clock is touched, no privilege is needed, and nobody stays
// attached. What does not look there is not reached: system calls by number, and programs that this one executes
// later. Its forks are, each with a page of its own.

#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "nemesis/plan/clock_skew.h"

namespace ordeal::nemesis {

// `stopped`: a child of this very thread that was traced when it called exec, and has not run since (which waitpid has
// told). Its clocks show what `setting` says from the start. It stays stopped and traced. Returns where its ClockPage
// lies. Throws std::runtime_error naming what the machine refuses, and the cure.
std::uintptr_t control_clocks(pid_t stopped, const ClockSetting& setting);

// Tries it for real, on `date`. Empty: it works; else why not, and the cure behind "; ".
std::string why_no_clock_control();

}  // namespace ordeal::nemesis
