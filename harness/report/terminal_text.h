// Text for a terminal or a log: width in columns, wrapping, cutting. Pure; any thread.
//
// A character counts as one column. Wide ones (CJK) count too little; nothing that we write contains them.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ordeal::harness {

// Valid UTF-8 without control characters, so that nothing can move the cursor or recolour the screen: newlines and tabs
// become a space, the others an escape such as \x1b.
std::string printable(std::string_view text);

std::size_t columns_of(std::string_view text);

// At most `columns` columns, the last of them … when something was cut.
std::string elided(std::string_view text, std::size_t columns);

// Lines of at most `columns` columns, broken at spaces; a word longer than a line stays whole.
std::vector<std::string> wrapped(std::string_view text, std::size_t columns);

// Filled with spaces on the right (left_aligned) or on the left up to `columns`.
std::string left_aligned(std::string text, std::size_t columns);
std::string right_aligned(std::string text, std::size_t columns);

}  // namespace ordeal::harness
