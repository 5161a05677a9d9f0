#include "harness/cluster/printable.h"

#include <fmt/format.h>

#include <iterator>

namespace ordeal::harness {

namespace {

// How many bytes of the front form one UTF-8 character beyond ASCII; 0 when it is malformed, overlong or a surrogate.
std::size_t utf8_length(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned first = at(0);
  const std::size_t length = first >= 0xc2 && first < 0xe0 ? 2 : (first & 0xf0U) == 0xe0 ? 3 : 0;
  const std::size_t wanted = first >= 0xf0 && first < 0xf5 ? 4 : length;
  if (wanted == 0 || bytes.size() < wanted) return 0;
  for (std::size_t i = 1; i < wanted; ++i)
    if ((at(i) & 0xc0U) != 0x80) return 0;
  const unsigned second = at(1);
  const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool outside = (first == 0xed && second >= 0xa0) || (first == 0xf4 && second >= 0x90);
  const bool control = first == 0xc2 && second < 0xa0;  // C1 controls drive terminals too
  return overlong || outside || control ? 0 : wanted;
}

}  // namespace

std::string printable(std::string_view bytes, std::size_t at_most) {
  std::string text;
  std::string_view rest = bytes.substr(0, at_most);
  const bool cut = rest.size() < bytes.size();
  while (!rest.empty()) {
    const auto first = static_cast<unsigned char>(rest.front());
    const bool ascii = first == '\t' || (first >= 0x20 && first < 0x7f);
    const std::size_t length = ascii ? 1 : first < 0x80 ? 0 : utf8_length(rest);
    if (length == 0)
      fmt::format_to(std::back_inserter(text), "\\x{:02x}", first);
    else
      text.append(rest.substr(0, length));
    rest.remove_prefix(length == 0 ? 1 : length);
  }
  return cut ? text + "..." : text;
}

}  // namespace ordeal::harness
