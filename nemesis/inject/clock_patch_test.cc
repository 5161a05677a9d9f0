// On real programs: dynamically linked, static, and one of Go.

#include "nemesis/inject/clock_patch.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "nemesis/inject/clock_control.h"
#include "nemesis/inject/clock_routine.h"
#include "nemesis/inject/process_memory.h"
#include "nemesis/inject/vdso.h"

namespace ordeal::nemesis {
namespace {

constexpr std::int64_t second = 1'000'000'000, half_a_minute = 30 * second;

struct Shown {
  std::int64_t wall = 0, day = 0, time = 0, monotonic = 0, boot = 0;
};

// A child whose clocks are under control from its first instruction.
class Program {
 public:
  explicit Program(std::vector<std::string> words, const ClockSetting& setting = {}) {
    std::array<int, 2> in{}, out{};
    EXPECT_EQ(pipe(in.data()), 0);
    EXPECT_EQ(pipe(out.data()), 0);
    pid = fork();
    if (pid == 0) become(std::move(words), in, out);
    close(in[0]), close(out[1]);
    input_ = in[1];
    output_ = fdopen(out[0], "r");
    int status = 0;
    waitpid(pid, &status, 0);
    if (!WIFSTOPPED(status)) throw std::runtime_error("it did not stop at its exec");
    page = control_clocks(pid, setting);
    ptrace(PTRACE_DETACH, pid, nullptr, nullptr);
  }
  ~Program() {
    end_input();
    std::fclose(output_);
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  std::string ask(const std::string& line) {
    const std::string words = line + "\n";
    EXPECT_EQ(write(input_, words.data(), words.size()), static_cast<ssize_t>(words.size()));
    return answer();
  }
  std::string answer() {
    std::array<char, 200> text{};
    return std::fgets(text.data(), text.size(), output_) == nullptr ? "" : text.data();
  }
  void end_input() {
    if (input_ >= 0) close(input_);
    input_ = -1;
  }
  Shown clocks(const std::string& line = "") {
    Shown shown;
    std::istringstream(ask(line)) >> shown.wall >> shown.day >> shown.time >> shown.monotonic >> shown.boot;
    return shown;
  }

  pid_t pid = 0;
  std::uintptr_t page = 0;

 private:
  [[noreturn]] static void become(std::vector<std::string> words, const std::array<int, 2>& in,
                                  const std::array<int, 2>& out) {
    dup2(in[0], STDIN_FILENO), dup2(out[1], STDOUT_FILENO);
    for (const int file : {in[0], in[1], out[0], out[1]}) close(file);
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    execv(arguments[0], arguments.data());
    _exit(127);
  }

  int input_ = -1;
  std::FILE* output_ = nullptr;
};

class ClocksOf : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (clock_routine().code.empty()) GTEST_SKIP() << "clocks cannot be controlled on this kind of processor";
    if (!std::filesystem::exists(program())) GTEST_SKIP() << program() << " was not built: no go on this machine";
  }
  static std::string program() { return GetParam(); }
};

INSTANTIATE_TEST_SUITE_P(Programs, ClocksOf, testing::Values(CLOCK_TELLER, CLOCK_TELLER_STATIC, CLOCK_TELLER_GO),
                         [](const auto& tested) { return std::filesystem::path(tested.param).filename().string(); });

ClockSetting wall_off_by(std::int64_t offset) {
  ClockSetting setting;
  setting.wall.offset = offset;
  return setting;
}

TEST_P(ClocksOf, AreRightUntilTheyAreChanged) {
  Program program({ClocksOf::program()});
  const RealTime before = real_time();
  const Shown shown = program.clocks();
  const RealTime after = real_time();
  for (const std::int64_t wall : {shown.wall, shown.day + 999, shown.time + second - 1}) {
    EXPECT_GE(wall, before.wall);
    EXPECT_LE(wall, after.wall + second);
  }
  EXPECT_GE(shown.monotonic, before.monotonic);
  EXPECT_LE(shown.monotonic, after.monotonic);
}

TEST_P(ClocksOf, AreSetBeforeTheFirstInstructionAndChangedLater) {
  Program program({ClocksOf::program()}, wall_off_by(-half_a_minute));
  const auto off = [&] { return program.clocks().wall - real_time().wall; };
  const std::int64_t slack = 10 * second;  // of a loaded machine
  EXPECT_NEAR(static_cast<double>(off()), -half_a_minute, slack);
  for (int i = 1; i <= 40; ++i) {  // more often than there are slots
    ASSERT_TRUE(set_clocks(program.pid, program.page, wall_off_by(i * half_a_minute)));
    EXPECT_NEAR(static_cast<double>(off()), static_cast<double>(i) * half_a_minute, slack);
  }
  ASSERT_TRUE(set_clocks(program.pid, program.page, {}));
  EXPECT_NEAR(static_cast<double>(off()), 0, slack);
}

TEST_P(ClocksOf, EveryWayToAskForTheTimeTellsTheSame) {
  Program program({ClocksOf::program()});
  ClockSetting setting = wall_off_by(1000 * half_a_minute);
  setting.monotonic.offset = 2000 * half_a_minute;
  ASSERT_TRUE(set_clocks(program.pid, program.page, setting));
  const RealTime before = real_time();
  const Shown shown = program.clocks();
  for (const std::int64_t wall : {shown.wall, shown.day + 999, shown.time + second - 1})
    EXPECT_GE(wall, before.wall + 1000 * half_a_minute);
  for (const std::int64_t monotonic : {shown.monotonic, shown.boot})
    EXPECT_GE(monotonic, before.monotonic + 2000 * half_a_minute);
}

TEST_P(ClocksOf, StandStillWhileFrozen) {
  Program program({ClocksOf::program()});
  const RealTime now = real_time();
  ClockSetting frozen;
  frozen.wall = {.since = now.wall, .slope = -ClockSkew::slope_one};
  frozen.monotonic = {.since = now.monotonic, .slope = -ClockSkew::slope_one};
  ASSERT_TRUE(set_clocks(program.pid, program.page, frozen));
  const Shown first = program.clocks();
  EXPECT_EQ(first.wall, now.wall);
  EXPECT_GE(first.monotonic, now.monotonic);  // later by what it was told before the change came
  const Shown second_time = program.clocks();
  EXPECT_EQ(second_time.wall, first.wall);
  EXPECT_EQ(second_time.monotonic, first.monotonic);
  EXPECT_GT(real_time().monotonic, now.monotonic);
}

TEST_P(ClocksOf, WhatWasReadIsKeptAsEvidence) {
  Program program({ClocksOf::program()});
  program.clocks();
  ASSERT_TRUE(set_clocks(program.pid, program.page, wall_off_by(-half_a_minute)));
  EXPECT_EQ(current_slot(program.pid, program.page)->wall.reads, 0U) << "of this setting";
  program.clocks();
  const std::optional<ClockSlot> slot = current_slot(program.pid, program.page);
  ASSERT_TRUE(slot.has_value());
  EXPECT_EQ(slot->setting, wall_off_by(-half_a_minute));
  EXPECT_GE(slot->wall.reads, 1U);
  EXPECT_EQ(slot->wall.last, -half_a_minute);
  EXPECT_EQ(slot->wall.least, -half_a_minute);
  EXPECT_EQ(slot->wall.most, -half_a_minute);
  EXPECT_GE(slot->monotonic.reads, 1U);
  EXPECT_EQ(slot->monotonic.most, 0);
}

class Clocks : public testing::Test {
 protected:
  void SetUp() override {
    if (clock_routine().code.empty()) GTEST_SKIP() << "clocks cannot be controlled on this kind of processor";
  }
};

TEST_F(Clocks, OfAForkAreChangedByThemselves) {
  Program program({CLOCK_TELLER}, wall_off_by(half_a_minute));
  EXPECT_GE(program.clocks("fork").wall, real_time().wall + half_a_minute - 10 * second) << "it takes them over";
  ASSERT_TRUE(set_clocks(program.pid, program.page, wall_off_by(1000 * half_a_minute)));
  EXPECT_LE(program.clocks().wall, real_time().wall + 2 * half_a_minute) << "the answer comes from the child";
}

// Rates change back and forth while four threads look, and no thread is ever told an earlier time than another before.
TEST_F(Clocks, ThatAreMonotonicNeverGoBackWhileRatesChange) {
  Program program({CLOCK_TELLER, "back"});
  ClockSetting setting;
  for (int i = 0; i < 500; ++i) {
    const RealTime now = real_time();
    const std::int64_t slope = i % 2 == 0 ? ClockSkew::slope_one * 3 : -ClockSkew::slope_one;
    setting.monotonic = {.since = now.monotonic, .offset = setting.monotonic.at(now.monotonic), .slope = slope};
    ASSERT_TRUE(set_clocks(program.pid, program.page, setting));
    while (current_slot(program.pid, program.page)->monotonic.reads < 50) std::this_thread::yield();
  }
  program.end_input();
  EXPECT_EQ(program.answer(), "0\n");
}

TEST_F(Clocks, OfAnotherProgramThatTheFirstExecutesAreOutOfReach) {
  Program program({"/bin/sh", "-c", "echo started; read line; exec cat"}, wall_off_by(half_a_minute));
  EXPECT_EQ(program.answer(), "started\n");
  EXPECT_TRUE(set_clocks(program.pid, program.page, {}));
  EXPECT_EQ(program.ask("go on\nan echo"), "an echo\n");  // the shell reads a line, cat the next one
  EXPECT_FALSE(set_clocks(program.pid, program.page, {}));
  EXPECT_FALSE(current_slot(program.pid, program.page).has_value());
}

TEST(VdsoSymbols, OfWhatIsNoneAreRefused) {
  const std::vector<std::byte> empty, zeros(8192);
  EXPECT_THROW(vdso_symbols(empty), std::runtime_error);
  EXPECT_THROW(vdso_symbols(zeros), std::runtime_error);
}

}  // namespace
}  // namespace ordeal::nemesis
