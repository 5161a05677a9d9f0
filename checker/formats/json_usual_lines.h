// Lines that are put together of parts that were seen before (JsonUsualParts) and of numbers, which nearly all lines of
// a history are: read without a branch on what is in them, 32 bytes at once.  Not thread-safe.
//
//   {"index":13,"time":1253100400,"process":3,"type":"ok","f":"write","key":"7","value":41,"node":"n2"}\n
//
// Whatever is not of a part is the process, and as the value one number from 0, or two of a cas, or none. So what this
// accepts means what JsonScanner says, which accepted all the parts; everything else it refuses. On a processor without
// the instructions it refuses all.

#pragma once

#include <cstddef>
#include <span>

#include "checker/formats/json_usual_parts.h"

namespace ordeal::checker {

class JsonUsualLines {
 public:
  // How far behind the begin of a line it may look, whatever is there.
  static constexpr std::size_t reach = 256;

  // Whether this processor has the instructions.
  static bool possible();

  // The events of as many lines as are usual go into the front of `out`: how many they are; `at` moves behind them. The
  // text must end with a byte of zero, with `reach` bytes from there.
  std::size_t take(const char*& at, std::span<CompactEvent> out);

  // The line that take() stopped at, when JsonScanner accepted it as this event. At other times it does nothing.
  void learn(const char* line, const CompactEvent& event);

 private:
  JsonUsualParts parts_;
  bool stopped_ = false;    // at a line that was not learned yet
  std::size_t debt_ = 0;    // what the lines cost at which it stopped, less what the others saved
  unsigned let_alone_ = 0;  // calls of take() while the debt was too high
};

}  // namespace ordeal::checker
