// Text of unknown origin (keys, values, errors, output of the target) made safe for where it is shown. Pure; any
// thread.

#pragma once

#include <string>
#include <string_view>

namespace ordeal::harness {

// The same text with every byte that is no part of valid UTF-8 replaced by U+FFFD.
std::string valid_utf8(std::string_view text);

// For HTML and XML 1.0 alike, as text or as a quoted attribute: & < > " ' become references, and what XML forbids even
// as a reference (control characters other than tab and newline, U+FFFE, U+FFFF) becomes U+FFFD. So `]]>` appears as
// `]]&gt;`.
std::string escape_markup(std::string_view text);

// One segment of a relative link: all but letters, digits, '-', '_' and '.' is percent-encoded, and a segment of dots
// only is encoded too, so that it cannot lead out of its folder.
std::string escape_path_segment(std::string_view segment);

}  // namespace ordeal::harness
