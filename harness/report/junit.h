// junit.xml: one <testsuite> for the run, one <testcase> for each finding, in the dialect that CI servers read. Pure;
// any thread.
//
//   valid                  passes; its sentence is in <system-out>
//   invalid, unavailable   <failure>: the target broke a promise
//   unknown                <error>: the check itself came to no answer, which is not the target's fault and no green
//   not-exercised          <error> too. CI servers show <skipped> as harmless, yet `ordeal` exits with 2 and the run
//                          proves nothing: a green build must not be made of it
//
// So the suite is green exactly when the exit code is 0. A verdict that no finding carries (not-exercised may be the
// run's own) becomes a test case named `verdict`.

#pragma once

#include <string>

#include "harness/report/results.h"

namespace ordeal::harness {

std::string to_junit(const Results& results);

}  // namespace ordeal::harness
