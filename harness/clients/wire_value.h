// Values of the history as text on the wire: 41 is "41". Pure; any thread.

#pragma once

#include <string>
#include <string_view>

#include "checker/value.h"

namespace ordeal::harness {

// Of a whole number, which is all that workloads write (assertion).
std::string wire_text(const checker::Value& value);

// "41" is 41. A text that is no decimal number is handed on as the string that it is: nobody wrote it, and it is the
// checker's place to say so.
checker::Value history_value(std::string_view text);

}  // namespace ordeal::harness
