// Which of the formats a text is in, by its first characters.  Pure; any thread.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ordeal::checker {

enum class TextFormat : std::uint8_t { blank, json_lines, edn, jepsen_log };

// So much of a text's begin is enough to tell.
inline constexpr std::size_t judged_bytes = 4096;

// `head` is the text's begin, or all of it. Throws FormatError when it is no history, or no text.
TextFormat text_format(std::string_view head, const std::string& file_name);

}  // namespace ordeal::checker
