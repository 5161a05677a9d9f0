// Good and bad configurations side by side in testdata/. The first line of a bad one is `# error: ` and the exact
// message.

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "harness/config/config_error.h"
#include "harness/config/plan.h"
#include "harness/config/target.h"

namespace ordeal::harness {
namespace {

namespace fs = std::filesystem;

using testing::SizeIs;

std::string text_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::vector<fs::path> files(const std::string& suffix) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(TESTDATA)) {
    if (entry.path().string().ends_with(suffix)) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

bool is_plan(const fs::path& file) {
  return file.filename().string().starts_with("plan_");
}

// The message with which `text` is refused; "accepted" when it is not.
std::string verdict(const fs::path& file, const std::string& text) {
  try {
    if (is_plan(file)) {
      parse_plan(text, file.filename().string(), {});
    } else {
      parse_target(text, file.filename().string());
    }
    return "accepted";
  } catch (const ConfigError& error) {
    return error.what();
  }
}

TEST(BadConfiguration, IsRefusedWithItsExactMessage) {
  const std::string marker = "# error: ";
  const std::vector<fs::path> bad = files(".bad.yaml");
  EXPECT_GE(bad.size(), 100U);
  for (const fs::path& file : bad) {
    const std::string text = text_of(file);
    ASSERT_TRUE(text.starts_with(marker)) << file;
    EXPECT_EQ(verdict(file, text), text.substr(marker.size(), text.find('\n') - marker.size())) << file;
  }
}

TEST(GoodConfiguration, IsAccepted) {
  const std::vector<fs::path> good = files(".good.yaml");
  EXPECT_THAT(good, SizeIs(8));
  for (const fs::path& file : good) EXPECT_EQ(verdict(file, text_of(file)), "accepted") << file;
}

// What no editor writes: each is a file of its own to whoever meets it, but not to a version control system.
TEST(BadConfiguration, ThatIsNoTextIsRefusedWithItsPlace) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", "plan_x: is empty; a plan needs at least a line such as name: quickstart"},
      {"\n\n  \n", "plan_x: is empty; a plan needs at least a line such as name: quickstart"},
      {"# only a comment\n", "plan_x: is empty; a plan needs at least a line such as name: quickstart"},
      {"~\n", "plan_x:1:1: is empty; a plan needs at least a line such as name: quickstart"},
      {std::string("name: x\n\0\0", 10),
       "plan_x:2:1: byte 0x00 is no text; this should be a YAML file, not a binary one"},
      {"\x7f"
       "ELF",
       "plan_x:1:1: byte 0x7f is no text; this should be a YAML file, not a binary one"},
      {"name: \x1b[31m", "plan_x:1:7: byte 0x1b is no text; this should be a YAML file, not a binary one"},
      {"name: \xff\n", "plan_x:1:7: byte 0xff is not UTF-8; save the file as UTF-8 text"},
      {"# \xc3\xa9\nname: \xc3", "plan_x:2:7: byte 0xc3 is not UTF-8; save the file as UTF-8 text"},
      {"# \xc0\xaf\n", "plan_x:1:3: byte 0xc0 is not UTF-8; save the file as UTF-8 text"},      // overlong
      {"# \xed\xa0\x80\n", "plan_x:1:3: byte 0xed is not UTF-8; save the file as UTF-8 text"},  // a surrogate
      {"# \xf4\x90\x80\x80\n", "plan_x:1:3: byte 0xf4 is not UTF-8; save the file as UTF-8 text"},
      {"# \xe2\x82\xac caf\xc3\xa9\nname: x", "accepted"},
      {"\xef\xbb\xbfname: x", "accepted"},  // a byte order mark
      {"name: x\r\nnodes: 3\r\n", "accepted"},
      {"name: x", "accepted"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(verdict("plan_x", text), expected);
}

// A person's slip of the finger, many times over: flipped bits, bytes lost, doubled and swapped for YAML's own signs.
std::string mutated(std::string text, std::mt19937_64& engine) {
  constexpr std::string_view signs = "[]{}:,-#&*!|>'\"%@`~?\n\t 0.$";
  for (std::uint64_t left = 1 + engine() % 4; left > 0 && !text.empty(); --left) {
    const std::size_t at = engine() % text.size();
    switch (engine() % 5) {
      case 0:
        text[at] = static_cast<char>(text[at] ^ static_cast<char>(1U << (engine() % 8)));
        break;
      case 1:
        text.erase(at, 1 + engine() % 8);
        break;
      case 2:
        text.insert(at, text.substr(engine() % text.size(), engine() % 20));
        break;
      case 3:
        text[at] = signs[engine() % signs.size()];
        break;
      default:
        text.insert(at, 1, signs[engine() % signs.size()]);
        break;
    }
  }
  return text;
}

TEST(MutatedConfiguration, IsAcceptedOrRefusedWithAMessageAndNeverCrashes) {
  int accepted = 0;
  int refused = 0;
  std::mt19937_64 engine(1);
  std::vector<fs::path> good = files(".good.yaml");
  for (const fs::path& file : good) {
    const std::string text = text_of(file);
    for (int i = 0; i < 1000; ++i) {
      const std::string message = verdict(file, mutated(text, engine));
      (message == "accepted" ? accepted : refused) += 1;
      EXPECT_TRUE(message == "accepted" || message.starts_with(file.filename().string() + ":")) << message;
      EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    }
  }
  EXPECT_GT(accepted, 300);
  EXPECT_GT(refused, 300);
}

}  // namespace
}  // namespace ordeal::harness
