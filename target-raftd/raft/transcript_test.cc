// Every file of testdata/ is a conversation: prose in lines that start with #, a command, and after ---- its whole
// answer, up to an empty line. To refresh the answers: RAFTD_REWRITE_TRANSCRIPTS=1 raftd_raft_test, then read the diff.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "target-raftd/raft/testing/script.h"

namespace raftd::raft {
namespace {

const std::filesystem::path folder = RAFTD_TRANSCRIPTS;

std::vector<std::string> transcripts() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.push_back(entry.path().stem().string());
  }
  std::ranges::sort(names);
  return names;
}

std::string content(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// The transcript as it would read if all its expected answers were the true ones.
std::string replay(const std::string& transcript) {
  Script script;
  std::string replayed;
  std::istringstream in(transcript);
  for (std::string line; std::getline(in, line);) {
    replayed += line + "\n";
    if (line.empty() || line.starts_with('#')) {
      continue;
    }
    replayed += "----\n" + script.run(line) + "\n";
    while (std::getline(in, line) && !line.empty()) {
    }
  }
  return replayed;
}

class Transcript : public testing::TestWithParam<std::string> {};

TEST_P(Transcript, ReadsAsExpected) {
  const std::filesystem::path path = folder / (GetParam() + ".txt");
  const std::string expected = content(path);
  const std::string replayed = replay(expected);
  if (std::getenv("RAFTD_REWRITE_TRANSCRIPTS") != nullptr) {
    std::ofstream(path) << replayed;
    GTEST_SKIP() << "rewritten: " << path;
  }
  EXPECT_EQ(replayed, expected);
}

INSTANTIATE_TEST_SUITE_P(Testdata, Transcript, testing::ValuesIn(transcripts()),
                         [](const auto& name) { return name.param; });

}  // namespace
}  // namespace raftd::raft
