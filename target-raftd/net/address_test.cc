#include "target-raftd/net/address.h"

#include <gtest/gtest.h>

#include <vector>

namespace raftd::net {
namespace {

TEST(Address, HostAndPortAreReadAndWrittenBack) {
  struct Case {
    std::string text;
    std::optional<Address> address;
  };
  const std::vector<Case> cases = {
      {"10.77.0.1:7100", Address{"10.77.0.1", 7100}},
      {"localhost:1", Address{"localhost", 1}},
      {"[::1]:65535", Address{"::1", 65535}},
      {"", {}},
      {"localhost", {}},
      {":7100", {}},
      {"[]:7100", {}},
      {"::1:7100", {}},
      {"host:", {}},
      {"host:0", {}},
      {"host:65536", {}},
      {"host:-1", {}},
      {"host:71x", {}},
      {"host: 71", {}},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.text);
    const std::optional<Address> address = parse_address(one.text);
    EXPECT_EQ(address, one.address);
    EXPECT_TRUE(!address || to_string(*address) == one.text);
  }
}

}  // namespace
}  // namespace raftd::net
