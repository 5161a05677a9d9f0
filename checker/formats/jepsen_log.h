// Jepsen's text log, as its first years wrote it:  INFO  jepsen.util - 4  :invoke  :cas  [3 0]
// Tabs or blanks between the words. Lines of other loggers are passed over with a warning.  Pure; any thread.

#pragma once

#include <string>
#include <string_view>

#include "checker/formats/history_reader.h"

namespace ordeal::checker {

HistoryFile read_jepsen_log(std::string_view text, const std::string& file_name);

}  // namespace ordeal::checker
