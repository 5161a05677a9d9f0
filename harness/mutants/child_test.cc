#include "harness/mutants/child.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "harness/cluster/testing/temporary_folder.h"

namespace ordeal::harness {
namespace {

int ended(Child& child) {
  pollfd one{.fd = child.pollable(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&one, 1, -1), 1);
  return child.wait_status().value();
}

std::string content(const std::filesystem::path& file) {
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

TEST(Child, LeavesWhatItPrintedAndHowItEnded) {
  const TemporaryFolder folder;
  Child child({"/bin/sh", "-c", "echo out; echo err >&2; exit 3"}, folder.path() / "output");
  const int status = ended(child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 3);
  EXPECT_EQ(content(folder.path() / "output"), "out\nerr\n");
}

TEST(Child, EndsWithItsOwner) {
  const TemporaryFolder folder;
  const std::filesystem::path pid_file = folder.path() / "output";
  {
    Child child({"/bin/sh", "-c", "echo $$; exec sleep 1000"}, pid_file);
    while (content(pid_file).find('\n') == std::string::npos) ::poll(nullptr, 0, 1);
    EXPECT_FALSE(child.wait_status());
  }
  EXPECT_EQ(::kill(std::stoi(content(pid_file)), 0), -1);
}

// SIGKILL leaves the parent no moment to clean up.
TEST(Child, DiesWithItsParentHoweverThatEnds) {
  const TemporaryFolder folder;
  const std::filesystem::path output = folder.path() / "output";
  int alive[2];  // its writing end is held by the grandchild only: end of file means that it is gone
  ASSERT_EQ(::pipe(alive), 0);
  const pid_t parent = ::fork();
  if (parent == 0) {
    const Child child({"/bin/sh", "-c", "echo started; exec sleep 1000"}, output);
    ::close(alive[1]);
    ::pause();
  }
  ::close(alive[1]);
  while (content(output).empty()) ::poll(nullptr, 0, 1);
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  char byte = 0;
  EXPECT_EQ(::read(alive[0], &byte, 1), 0);
  ::close(alive[0]);
}

TEST(Child, SaysWhatCannotBeWritten) {
  EXPECT_THROW(Child({"/bin/true"}, "/nowhere/output"), std::system_error);
}

}  // namespace
}  // namespace ordeal::harness
