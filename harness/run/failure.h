// Where exceptions end: the only catch of `ordeal`. Any thread.

#pragma once

#include <functional>

namespace ordeal::harness {

// Runs `body` and returns its exit code. An exception becomes one line on standard error (and in ordeal.log, when there
// is one): ConfigError and unreadable input are usage (254), everything else a failure of the harness or its
// environment (255). main() and the sandbox's init, which has no main() of its own above it, both stand on this.
int report_failure(const std::function<int()>& body);

}  // namespace ordeal::harness
