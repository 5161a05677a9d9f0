#include "harness/cluster/log_alarms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/cluster/testing/temporary_folder.h"

namespace ordeal::harness {

void PrintTo(const LogAlarm& alarm, std::ostream* out) {
  *out << alarm.node << " " << alarm.file << ":" << alarm.line << ": " << alarm.text;
}

namespace {

using namespace std::string_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::vector<std::string> kAlarms = {"panic:", "Assertion"};

TEST(LogAlarms, EveryLineThatHoldsAnAlarmIsFoundInTheOrderOfNodeFileAndLine) {
  TemporaryFolder run;
  run.write("nodes/n10/stderr.log", "panic: ten");
  run.write("nodes/n2/stdout.log", "fine\nan Assertion, and panic: too\n");
  run.write("nodes/n2/stderr.log", "\n\npanic: two\nPANIC: \npanic : \n");
  run.write("nodes/n3/stdout.log", "fine\n");
  run.write("nodes/n3/data/stderr.log", "panic: not a log\n");
  EXPECT_THAT(scan_logs(run.path(), kAlarms),
              ElementsAre(LogAlarm{"n2", "nodes/n2/stderr.log", 3, "panic: two"},
                          LogAlarm{"n2", "nodes/n2/stdout.log", 2, "an Assertion, and panic: too"},
                          LogAlarm{"n10", "nodes/n10/stderr.log", 1, "panic: ten"}));
}

TEST(LogAlarms, PatternsAreFoundBesideTexts) {
  TemporaryFolder run;
  const std::string filler(200'000, 'x');
  run.write("nodes/n1/stderr.log", "12:00 FATAL no quorum\nnot FATAL: /store/FATAL here\n0 errors\n7 errors\n" +
                                       filler + "9 errors" + filler + "\n--- ordeal: starting n1: server --7 errors\n");
  const auto lines = [&](const std::vector<std::string>& alarms, const std::vector<std::string>& patterns) {
    std::vector<std::size_t> found;
    for (const LogAlarm& alarm : scan_logs(run.path(), alarms, 20, patterns)) found.push_back(alarm.line);
    return found;
  };
  EXPECT_THAT(lines({}, {R"(^\S+ FATAL )"}), ElementsAre(1));
  EXPECT_THAT(lines({}, {R"([1-9]\d* errors)"}), ElementsAre(4, 5));
  EXPECT_THAT(lines({"quorum"}, {R"(^[1-9]\d* errors$)"}), ElementsAre(1, 4));
  EXPECT_THAT(lines({}, {"^x", "^9"}), ElementsAre(5));  // where the line begins, and not where a piece of it does
  EXPECT_THAT(lines({}, {"^9"}), IsEmpty());
}

TEST(LogAlarms, WhatTheHarnessWroteIsNoAlarm) {
  TemporaryFolder run;
  run.write("nodes/n1/stderr.log", "--- ordeal: starting n1 at 0.1 s: raftd --say=panic:\n");
  EXPECT_THAT(scan_logs(run.path(), kAlarms), IsEmpty());
}

// The score called a mutant killed because its name, wal-corrupt-truncate, stood in the path of the data folder.
TEST(LogAlarms, AFolderMayBeCalledAnything) {
  struct Case {
    const char* line;
    bool alarm;
  };
  const std::vector<Case> cases = {
      {"info recovered from /store/wal-corrupt-truncate/nodes/n1/data: term 3", false},
      {"starting ./corrupt/raftd --data=/corrupt", false},
      {"\"dir\":\"/corrupt/x\"", false},
      {"corrupt log: /store/wal-1.log at offset 7", true},
      {"/store/wal-corrupt/wal-1.log is corrupt", true},
      {"/store/a: corrupt", true},
      {"corrupted", true},
      {"error opening /etc/fatal now", true},
  };
  for (const Case& one : cases) {
    TemporaryFolder run;
    run.write("nodes/n1/stderr.log", one.line + "\n"s);
    EXPECT_EQ(scan_logs(run.path(), {"corrupt", "/etc/fatal"}).size(), one.alarm ? 1U : 0U) << one.line;
  }
}

TEST(LogAlarms, NothingIsFoundWithoutAlarmsOrLogs) {
  TemporaryFolder run;
  EXPECT_THAT(scan_logs(run.path(), kAlarms), IsEmpty());
  run.write("nodes/n1/stderr.log", "panic: at once\n");
  EXPECT_THAT(scan_logs(run.path(), {}), IsEmpty());
  EXPECT_THAT(scan_logs(run.path(), {""}), IsEmpty());
}

TEST(LogAlarms, OfEachNodeOnlyTheFirstAreKept) {
  TemporaryFolder run;
  std::string many;
  for (int i = 0; i < 50; ++i) many += "panic: " + std::to_string(i) + "\n";
  run.write("nodes/n1/stderr.log", many);
  run.write("nodes/n1/stdout.log", many);
  run.write("nodes/n2/stderr.log", "panic: 0\n");
  run.write("nodes/n2/stdout.log", many);
  const std::vector<LogAlarm> found = scan_logs(run.path(), kAlarms, 2);
  EXPECT_THAT(found, ElementsAre(LogAlarm{"n1", "nodes/n1/stderr.log", 1, "panic: 0"},
                                 LogAlarm{"n1", "nodes/n1/stderr.log", 2, "panic: 1"},
                                 LogAlarm{"n2", "nodes/n2/stderr.log", 1, "panic: 0"},
                                 LogAlarm{"n2", "nodes/n2/stdout.log", 1, "panic: 0"}));
}

// Whatever the position of the alarm in a line that is read in pieces of 64 KiB.
TEST(LogAlarms, AnAlarmIsFoundOnceWhereverItStandsInALongLine) {
  TemporaryFolder run;
  for (std::size_t before = 2 * 65536 - 8; before < 2 * 65536 + 3; ++before) {
    SCOPED_TRACE(before);
    run.write("nodes/n1/stderr.log",
              "\n" + std::string(before, '.') + "panic:" + std::string(200000, '.') + "\npanic: b");
    const std::vector<LogAlarm> found = scan_logs(run.path(), kAlarms);
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].line, 2u);
    EXPECT_THAT(found[0].text, ::testing::MatchesRegex("\\.\\.\\.\\.+panic:\\.*\\.\\.\\."));
    EXPECT_LT(found[0].text.size(), 1000u);
    EXPECT_EQ(found[1], (LogAlarm{"n1", "nodes/n1/stderr.log", 3, "panic: b"}));
  }
}

TEST(LogAlarms, BinaryJunkIsSearchedAndShownEscaped) {
  TemporaryFolder run;
  run.write("nodes/n1/stdout.log", "\x00\xff\x1b[31m\npanic: \x00\xfe\x1b"s + "\n"s);
  EXPECT_THAT(scan_logs(run.path(), kAlarms),
              ElementsAre(LogAlarm{"n1", "nodes/n1/stdout.log", 2, "panic: \\x00\\xfe\\x1b"}));
}

TEST(LogAlarms, ALogThatCannotBeReadIsAnError) {
  TemporaryFolder run;
  std::filesystem::create_directories(run.path() / "nodes/n1/stderr.log");
  EXPECT_THROW(scan_logs(run.path(), kAlarms), std::runtime_error);
}

}  // namespace
}  // namespace ordeal::harness
