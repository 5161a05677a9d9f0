#include "harness/run/recorder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "checker/formats/json_lines.h"
#include "harness/cluster/testing/temporary_folder.h"
#include "harness/run/testing/recorded_history.h"

namespace ordeal::harness {
namespace {

using checker::Event;
using checker::EventType;
using checker::History;
using checker::Process;

class RecorderTest : public testing::Test {
 protected:
  std::filesystem::path file() const { return folder_.path() / "history.jsonl"; }
  const TemporaryFolder folder_;
};
using RecorderDeathTest = RecorderTest;

Event event_of(Process process, EventType type, const std::string& f = "write") {
  Event event;
  event.process = process;
  event.type = type;
  event.f = f;
  event.key = "x";
  event.value = process;
  event.node = "n1";
  if (type == EventType::info) event.error = "timeout";
  return event;
}

Event nemesis_event() {
  Event event;
  event.process = checker::nemesis_process;
  event.type = EventType::info;
  event.f = "kill";
  return event;
}

std::string contents(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::string lines_of(const History& history) {
  std::string text;
  for (const Event& event : history) text += checker::write_json_line(event) + "\n";
  return text;
}

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const std::system_error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST_F(RecorderTest, EveryEventIsALineOfTheFileBeforeRecordReturns) {
  Recorder recorder(file());
  History returned;
  returned.push_back(recorder.record(event_of(0, EventType::invoke)));
  EXPECT_EQ(contents(file()), lines_of(returned));
  returned.push_back(recorder.record(event_of(1, EventType::invoke, "read")));
  returned.push_back(recorder.record(nemesis_event()));
  returned.push_back(recorder.record(event_of(0, EventType::info)));
  returned.push_back(recorder.record(event_of(1, EventType::fail, "read")));
  EXPECT_EQ(contents(file()), lines_of(returned));
  EXPECT_EQ(recorded(recorder), returned);
}

TEST_F(RecorderTest, IndexesCountFromZeroAndTimesNeverGoBack) {
  Recorder recorder(file());
  for (Process process = 0; process < 100; ++process) recorder.record(event_of(process, EventType::invoke));
  History history = recorded(recorder);
  std::chrono::nanoseconds latest{0};
  for (std::size_t i = 0; i < history.size(); ++i) {
    EXPECT_EQ(history[i].index, i);
    EXPECT_GE(history[i].time, latest);
    latest = history[i].time;
  }
  EXPECT_GE(recorder.now(), latest);
}

TEST_F(RecorderTest, ThreadsMayRecordAtTheSameTimeAndTheFileHasTheirOneOrder) {
  Recorder recorder(file());
  std::vector<std::thread> threads;
  for (Process process = 0; process < 4; ++process) {
    threads.emplace_back([&recorder, process] {
      for (int i = 0; i < 500; ++i) {
        recorder.record(event_of(process, EventType::invoke));
        recorder.record(event_of(process, EventType::ok));
      }
    });
  }
  for (int i = 0; i < 100; ++i) recorder.record(nemesis_event());
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(recorded(recorder).size(), 4 * 500 * 2 + 100U);
  EXPECT_EQ(contents(file()), lines_of(recorded(recorder)));
}

// Records for ever, and says into `acknowledged` how many events record() has returned.
[[noreturn]] void record_until_killed(const std::filesystem::path& file, int acknowledged) {
  Recorder recorder(file);
  while (true) {
    for (EventType type : {EventType::invoke, EventType::ok}) {
      std::uint64_t index = recorder.record(event_of(0, type)).index;
      if (write(acknowledged, &index, sizeof index) != sizeof index) _exit(1);
    }
  }
}

TEST_F(RecorderTest, ASigkillLosesNoEventThatWasRecorded) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  pid_t child = fork();
  if (child == 0) record_until_killed(file(), ends[1]);
  close(ends[1]);
  std::uint64_t last = 0, index = 0;
  while (last < 2000 && read(ends[0], &index, sizeof index) == sizeof index) last = index;
  ASSERT_EQ(kill(child, SIGKILL), 0);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  while (read(ends[0], &index, sizeof index) == sizeof index) last = index;
  close(ends[0]);

  std::stringstream lines(contents(file()));
  std::string line;
  for (std::uint64_t i = 0; i <= last; ++i) {
    ASSERT_TRUE(std::getline(lines, line) && !lines.eof()) << "event " << i << " of " << last << " is lost";
    EXPECT_EQ(line.substr(0, line.find(',')), fmt::format("{{\"index\":{}", i));
    EXPECT_EQ(line.back(), '}');
  }
}

// No file of this process may grow beyond a size while it lives: a disk that becomes full in the middle of a line.
class FullAt {
 public:
  explicit FullAt(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
    old_handler_ = std::signal(SIGXFSZ, SIG_IGN);
  }
  ~FullAt() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, old_handler_);
  }
  FullAt(const FullAt&) = delete;
  FullAt& operator=(const FullAt&) = delete;

 private:
  rlimit before_{};
  void (*old_handler_)(int);
};

TEST_F(RecorderTest, AFullDiskLosesNothingThatWasRecordedAndLeavesNoCutLine) {
  Recorder recorder(file());
  std::string first, second;
  {
    FullAt full(10'000);
    Process process = 0;
    first = message_of([&] {
      while (process < 1000) recorder.record(event_of(process++, EventType::invoke));
    });
    second = message_of([&] { recorder.record(event_of(5000, EventType::invoke)); });
  }
  EXPECT_NE(first.find(file().string()), std::string::npos) << first;
  EXPECT_EQ(first, second);
  EXPECT_GT(recorded(recorder).size(), 10U);
  EXPECT_EQ(contents(file()), lines_of(recorded(recorder)));
  EXPECT_EQ(message_of([&] { recorder.record(event_of(5001, EventType::invoke)); }), first)
      << "nothing may be written behind a gap, even when there is space again";
}

TEST_F(RecorderTest, ADiskThatRefusesIsNamedWithItsCure) {
  Recorder recorder("/dev/full");
  EXPECT_EQ(
      message_of([&] { recorder.record(nemesis_event()); }),
      "history /dev/full: cannot be written; free space on its disk, or keep the store elsewhere (--store). Every "
      "earlier event is in it: No space left on device");
  EXPECT_EQ(message_of([&] { Recorder elsewhere(folder_.path() / "absent" / "history.jsonl"); }),
            fmt::format("history {}/absent/history.jsonl: cannot be created; check that its folder exists and may be "
                        "written: No such file or directory",
                        folder_.path().string()));
}

TEST_F(RecorderTest, AnEarlierHistoryIsNeverOverwritten) {
  Recorder(file()).record(nemesis_event());
  std::string before = contents(file());
  EXPECT_EQ(message_of([&] { Recorder again(file()); }),
            fmt::format("history {}: holds events of an earlier run; a recorder begins a new file and overwrites none: "
                        "File exists",
                        file().string()));
  EXPECT_EQ(contents(file()), before);
}

TEST_F(RecorderTest, AProcessThatReturnedCallsAgain) {
  Recorder recorder(file());
  for (EventType type : {EventType::ok, EventType::fail, EventType::info}) {
    recorder.record(event_of(0, EventType::invoke));
    recorder.record(event_of(0, type));
  }
  EXPECT_EQ(recorded(recorder).size(), 6U);
}

TEST_F(RecorderDeathTest, EventsThatBreakTheContractAreRefused) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  Recorder recorder(file());
  EXPECT_DEATH(recorder.record(event_of(0, EventType::ok)), "Assertion");
  recorder.record(event_of(0, EventType::invoke));
  EXPECT_DEATH(recorder.record(event_of(0, EventType::invoke)), "Assertion");
  EXPECT_DEATH(recorder.record(event_of(0, EventType::ok, "read")), "Assertion");
  recorder.record(event_of(0, EventType::info));
  EXPECT_DEATH(recorder.record(event_of(0, EventType::invoke)), "Assertion");
  EXPECT_DEATH(recorder.record(event_of(-2, EventType::invoke)), "Assertion");
  EXPECT_DEATH(recorder.record(event_of(checker::nemesis_process, EventType::invoke)), "Assertion");
}

}  // namespace
}  // namespace ordeal::harness
