// Base64 with the usual alphabet and with padding (RFC 4648, section 4), which JSON gateways put bytes into. Pure; any
// thread.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ordeal::harness {

std::string to_base64(std::string_view bytes);

// nullopt: it is none. Strict: no blanks, the padding is there, and the bits that carry nothing are 0.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace ordeal::harness
