#include "harness/cluster/version.h"

#include <gmock/gmock.h>

#include "harness/config/config_error.h"

namespace ordeal::harness {
namespace {

using testing::HasSubstr;

TEST(Version, IsComparedPartByPart) {
  struct Case {
    const char* version;
    const char* than;
    bool older;
  };
  for (const Case& one : {Case{"3.4", "3.4", false},
                          {"3.4", "3.4.1", true},
                          {"3.4.1", "3.4", false},
                          {"3.9", "3.10", true},
                          {"3.10.2", "3.9.11", false},
                          {"2", "3.0", true},
                          {"3.4.23-rc1", "3.4.23", false},
                          {"", "0.1", true}}) {
    EXPECT_EQ(is_older(one.version, one.than), one.older) << one.version << " " << one.than;
  }
}

std::string refusal(const std::string& script, const std::string& at_least) {
  Target target;
  target.name = "fake";
  target.binary = "sh";
  target.install_hint = "apt-get install fake";
  target.version = VersionProbe{{"${binary}", "-c", script}, R"(version (\S+))", at_least};
  try {
    require_version(target, "/bin/sh");
    return "";
  } catch (const ConfigError& error) {
    return error.what();
  }
}

TEST(Version, ThatIsNewEnoughIsAccepted) {
  EXPECT_EQ(refusal("echo fake version 1.10.2", "1.9"), "");
  EXPECT_EQ(refusal("echo fake version 1.9 >&2", "1.9"), "");
}

TEST(Version, ThatIsOlderIsRefusedWithWhatToDo) {
  EXPECT_EQ(refusal("echo fake version 1.8.7", "1.9"),
            "target fake: version 1.8.7 is installed, and its file wants 1.9 or newer; apt-get install fake");
}

TEST(Version, ThatIsNotToldIsRefused) {
  EXPECT_THAT(refusal("echo hello", "1"), HasSubstr(R"(tells no version that matches version (\S+): hello)"));
  EXPECT_THAT(refusal("echo broken; exit 7", "1"), HasSubstr("exit status 7: broken"));
}

}  // namespace
}  // namespace ordeal::harness
