#include "harness/clients/wire_value.h"

#include <cassert>
#include <charconv>
#include <cstdint>

namespace ordeal::harness {

std::string wire_text(const checker::Value& value) {
  const std::int64_t* number = value.get_if<std::int64_t>();
  assert(number != nullptr);
  return std::to_string(*number);
}

checker::Value history_value(std::string_view text) {
  std::int64_t number = 0;
  auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && rest == text.data() + text.size()) return number;
  return std::string(text);
}

}  // namespace ordeal::harness
