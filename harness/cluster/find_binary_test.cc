#include "harness/cluster/find_binary.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "harness/cluster/testing/temporary_folder.h"

namespace ordeal::harness {
namespace {

namespace fs = std::filesystem;

class FindBinary : public ::testing::Test {
 protected:
  FindBinary() : path_(std::getenv("PATH")) {
    ::setenv("PATH", ("/nowhere:" + (folder_.path() / "a").native() + "::" + (folder_.path() / "b").native()).c_str(),
             1);
  }
  ~FindBinary() override { ::setenv("PATH", path_.c_str(), 1); }

  fs::path program(const fs::path& name) {
    const fs::path file = folder_.write(name, "#!/bin/sh\n");
    fs::permissions(file, fs::perms::owner_all);
    return file;
  }

  TemporaryFolder folder_;
  std::string path_;
};

TEST_F(FindBinary, BesideOrdealComesBeforePathAndPathInItsOrder) {
  const fs::path last = program("b/raftd");
  EXPECT_EQ(find_binary("raftd", folder_.path() / "bin"), last);
  const fs::path before = program("a/raftd");
  EXPECT_EQ(find_binary("raftd", folder_.path() / "bin"), before);
  const fs::path beside = program("bin/raftd");
  EXPECT_EQ(find_binary("raftd", folder_.path() / "bin"), beside);
}

TEST_F(FindBinary, WhatHoldsASlashIsAPathAndTheResultIsAbsolute) {
  program("bin/raftd");
  const fs::path file = program("x/raftd");
  EXPECT_EQ(find_binary(file, folder_.path() / "bin"), file);
  EXPECT_EQ(find_binary(fs::relative(file).native(), folder_.path() / "bin"), file);
  EXPECT_EQ(find_binary("./raftd", folder_.path() / "bin"), std::nullopt);
}

TEST_F(FindBinary, WhatCannotBeExecutedIsNotFound) {
  folder_.write("a/text", "no program");
  fs::create_directories(folder_.path() / "b/text");
  for (const std::string name : {"text", "absent", "", "/", "."}) {
    SCOPED_TRACE(name);
    EXPECT_EQ(find_binary(name, folder_.path() / "bin"), std::nullopt);
  }
}

}  // namespace
}  // namespace ordeal::harness
