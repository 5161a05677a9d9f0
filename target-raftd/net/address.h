// "host:port" as it stands in flags. Plain values; any thread.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace raftd::net {

struct Address {
  std::string host;  // a name, an IPv4 address, or an IPv6 address without its brackets
  std::uint16_t port = 0;
  bool operator==(const Address&) const = default;
};

// "10.77.0.1:7100", "localhost:7100", "[::1]:7100". nullopt: not of that form.
std::optional<Address> parse_address(std::string_view text);

std::string to_string(const Address& address);

}  // namespace raftd::net
