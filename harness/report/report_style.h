// The style sheet of report.html: light and dark by the reader's own setting, and the colours of the drawings.

#pragma once

#include <string_view>

namespace ordeal::harness {

extern const std::string_view report_style;

}  // namespace ordeal::harness
