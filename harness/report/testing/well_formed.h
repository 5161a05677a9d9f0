// Is a text well-formed XML? Enough of a parser to catch what escaping can get wrong. Only tests link this.

#pragma once

#include <string>
#include <string_view>

namespace ordeal::harness {

// Empty when well-formed, else what is wrong and where. A document type and a declaration may come first; <meta> needs
// no end, so that our own HTML passes too.
std::string why_not_well_formed(std::string_view text);

}  // namespace ordeal::harness
