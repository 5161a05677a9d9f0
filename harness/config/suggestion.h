// "did you mean nodes?" Pure; any thread.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ordeal::harness {

// The fewest insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
std::size_t edit_distance(std::string_view a, std::string_view b);

// What a message says after `unknown key;`: "did you mean nodes?" when one of `known` is near, else "known are ...".
std::string suggestion(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace ordeal::harness
