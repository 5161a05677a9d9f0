#include "harness/cluster/probe.h"

#include <gtest/gtest.h>

#include "harness/cluster/cluster_error.h"

namespace ordeal::harness {
namespace {

TEST(ProbeUrl, SaysAddressPortAndTarget) {
  struct Case {
    const char* url;
    const char* address;
    int port;
    const char* target;
  };
  for (const Case& c : {Case{"http://10.77.0.1:8100/status", "10.77.0.1", 8100, "/status"},
                        {"http://10.77.0.1/v1/health?full=1", "10.77.0.1", 80, "/v1/health?full=1"},
                        {"http://10.77.0.1:65535", "10.77.0.1", 65535, "/"}}) {
    SCOPED_TRACE(c.url);
    const ProbeUrl url = parse_probe_url(c.url);
    EXPECT_EQ(url.address, c.address);
    EXPECT_EQ(url.port, c.port);
    EXPECT_EQ(url.target, c.target);
  }
}

TEST(ProbeUrl, AnythingElseIsRefusedWithWhatWouldBeRight) {
  const std::string right = "; right is http://ADDRESS:PORT/PATH with a numeric address";
  const std::pair<const char*, const char*> cases[] = {
      {"", ": a probe speaks http"},
      {"https://10.77.0.1/", "https://10.77.0.1/: a probe speaks http"},
      {"http://n1:80/", "http://n1:80/: the address is no IPv4 address"},
      {"http://", "http://: the address is no IPv4 address"},
      {"http://10.77.0.1:/", "http://10.77.0.1:/: the port is none"},
      {"http://10.77.0.1:0/", "http://10.77.0.1:0/: the port is none"},
      {"http://10.77.0.1:65536/", "http://10.77.0.1:65536/: the port is none"},
      {"http://10.77.0.1:80x/", "http://10.77.0.1:80x/: the port is none"},
  };
  for (const auto& [url, message] : cases) {
    SCOPED_TRACE(url);
    try {
      parse_probe_url(url);
      ADD_FAILURE() << "accepted";
    } catch (const ClusterError& error) {
      EXPECT_EQ(error.what(), message + right);
    }
  }
}

}  // namespace
}  // namespace ordeal::harness
