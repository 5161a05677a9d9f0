// Bytes that a node wrote, made fit for a terminal, a JSON string or a page.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ordeal::harness {

// Printable ASCII, tabs and well-formed UTF-8 stay; every other byte becomes \x1b. What follows the first `at_most`
// bytes is left out, and "..." says so.
std::string printable(std::string_view bytes, std::size_t at_most = 400);

}  // namespace ordeal::harness
