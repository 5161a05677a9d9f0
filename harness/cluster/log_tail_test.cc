#include "harness/cluster/log_tail.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace ordeal::harness {
namespace {

class LogTails : public testing::Test {
 protected:
  LogTails() { std::filesystem::create_directories(folder_); }
  ~LogTails() override { std::filesystem::remove_all(folder_); }
  void append(const std::string& text) const { std::ofstream(file_, std::ios::app) << text; }

  const std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) / ("log-tail-" + std::to_string(getpid()));
  const std::filesystem::path file_ = folder_ / "stderr.log";
};

TEST_F(LogTails, ALineCountsOnceAndOnlyWhenItIsWhole) {
  LogTail tail(file_);
  EXPECT_FALSE(tail.wrote("leader")) << "the file is not there yet";
  append("term 1: lea");
  EXPECT_FALSE(tail.wrote("leader"));
  append("der\nterm 2: follower\n");
  EXPECT_TRUE(tail.wrote("leader"));
  EXPECT_FALSE(tail.wrote("leader")) << "that line was seen before";
  append("term 3: leader\n");
  EXPECT_TRUE(tail.wrote("leader"));
}

TEST_F(LogTails, WhatTheHarnessWroteIsNoLineOfTheNode) {
  append("--- ordeal: starting n1 as a leader\n");
  EXPECT_FALSE(LogTail(file_).wrote("leader"));
}

TEST_F(LogTails, TheLinesOfAnEarlierLifeDoNotCount) {
  append("--- ordeal: starting n1\nterm 1: leader\n--- ordeal: n1 ended\n--- ordeal: starting n1\nterm 2: follower\n");
  LogTail tail(file_, present_life(file_));
  EXPECT_FALSE(tail.wrote("leader"));
  EXPECT_TRUE(LogTail(file_, present_life(file_)).wrote("follower"));
}

}  // namespace
}  // namespace ordeal::harness
