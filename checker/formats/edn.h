// Jepsen's histories in EDN: a vector or list of maps, or maps one after the other.  Pure; any thread.
//
// A value [key value] is taken for Jepsen's independent tuple when `:independent true` stands beside it
// (edn_writer.h writes it).
//
// Keywords and symbols become strings without their colon, sets and lists become lists, tags are passed over.

#pragma once

#include <string>
#include <string_view>

#include "checker/formats/cursor.h"
#include "checker/formats/history_reader.h"

namespace ordeal::checker {

HistoryFile read_edn(std::string_view text, const std::string& file_name);

// The next EDN value at the cursor.
Value parse_edn(Cursor& cursor);

}  // namespace ordeal::checker
