#include "harness/cluster/process_table.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <string>

namespace ordeal::harness {
namespace {

std::string stat_line(const std::string& name, const std::string& state, int threads = 1) {
  return "12 (" + name + ") " + state + " 3 12 11 0 -1 4194560 90 0 0 0 0 0 0 0 20 0 " + std::to_string(threads) +
         " 0 5371 2285568 300 18446744073709551615\n";
}

TEST(ProcessTable, AStatLineIsReadWhateverTheProcessIsCalled) {
  for (const char* name : {"raftd", "a b", "a) S 7 8 9", "((", "", ")"}) {
    SCOPED_TRACE(name);
    EXPECT_EQ(parse_process_stat(stat_line(name, "S")),
              (ProcessEntry{.pid = 12, .parent = 3, .session = 11, .zombie = false}));
  }
}

TEST(ProcessTable, AProcessIsAZombieOnceAllItsThreadsHaveEnded) {
  struct Case {
    const char* state;
    int threads;
    bool zombie;
  };
  for (const Case& c : {Case{"R", 1, false},
                        {"S", 4, false},
                        {"T", 1, false},
                        {"D", 1, false},
                        {"Z", 1, true},
                        {"X", 0, true},
                        {"Z", 3, false}}) {
    SCOPED_TRACE(std::string(c.state) + std::to_string(c.threads));
    const auto entry = parse_process_stat(stat_line("raftd", c.state, c.threads));
    ASSERT_TRUE(entry);
    EXPECT_EQ(entry->zombie, c.zombie);
  }
}

TEST(ProcessTable, WhatIsNoStatLineIsRefused) {
  const std::string whole = stat_line("raftd", "S");
  for (const std::string& line : {std::string(), std::string("12"), std::string("12 (a) S"), std::string("x") + whole,
                                  std::string("\xff\x00)", 3), whole.substr(0, whole.find(" 20 0"))}) {
    SCOPED_TRACE(line);
    EXPECT_FALSE(parse_process_stat(line));
  }
}

TEST(ProcessTable, AStatFileThatCannotBeReadIsNone) {
  EXPECT_FALSE(read_process_stat("/nowhere/stat"));
  EXPECT_FALSE(read_process_stat("/proc/self"));  // opens, but read fails, as with a process that ends in between
  EXPECT_TRUE(read_process_stat("/proc/self/stat"));
}

TEST(ProcessTable, ANodeIsItsSessionAndWhateverDescendsFromIt) {
  const ProcessEntry harness{2, 1, 1, false}, leader{10, 2, 10, false}, worker{11, 10, 10, false},
      daemon{12, 11, 12, false}, below_daemon{13, 12, 12, false}, orphan{14, 1, 10, false}, other{20, 2, 20, false};
  ProcessEntry dead_leader = leader, dead_worker = worker;
  dead_leader.zombie = dead_worker.zombie = true;
  struct Case {
    const char* name;
    std::vector<ProcessEntry> table;
    std::vector<pid_t> live;
  };
  const Case cases[] = {
      {"nothing of it", {harness, other}, {}},
      {"alone", {harness, leader, other}, {10}},
      {"children in any order", {below_daemon, orphan, daemon, worker, leader, harness}, {10, 11, 12, 13, 14}},
      {"zombies do not count, their children do", {dead_leader, dead_worker, daemon, other}, {12}},
      {"the leader is gone", {worker, orphan, other}, {11, 14}},
      {"only a zombie is left", {dead_leader, harness}, {}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(live_processes_of(10, c.table), c.live);
  }
}

TEST(ProcessTable, TheMachinesTableHoldsThisProcess) {
  const std::vector<ProcessEntry> table = read_process_table();
  EXPECT_EQ(std::count(table.begin(), table.end(), ProcessEntry{::getpid(), ::getppid(), ::getsid(0), false}), 1);
}

}  // namespace
}  // namespace ordeal::harness
