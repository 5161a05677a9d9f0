// `ordeal` as a user runs it: the real program on real raftd clusters, judged by its exit code, what it prints, and
// what it leaves behind. Every run is short; what it must show is waited for, never timed.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

constexpr const char* plan_text = R"(name: short
target: raftd
nodes: 3
duration: 6s
clients: 6
timeout: 1s
workload: {name: register, keys: 3, operations-per-key: 200}
nemesis:
  interval: 1s
  lasting: 300ms..1500ms
  at-once: 2
  faults:
    - partition: {kinds: [isolate-one, isolate-leader, halves]}
    - kill: {targets: [one, leader]}
    - pause: {targets: [one, leader], lasting: 200ms..1s}
)";

struct Finished {
  int exit_code = -1;  // 128 + n of signal n
  std::string out;
  std::string err;
};

std::string read_all(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

void write_all(const fs::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

// A started `ordeal`, its output going to files.
class Ordeal {
 public:
  // `before_exec` runs in the child; false ends it with 99.
  Ordeal(const fs::path& folder, const Words& words, const std::function<bool()>& before_exec = {}) : folder_(folder) {
    static int started = 0;
    const std::string stem = "output-" + std::to_string(started++);
    out_ = folder / (stem + ".out");
    err_ = folder / (stem + ".err");
    std::vector<char*> argv;
    static const std::string program = ORDEAL_PROGRAM;
    argv.push_back(const_cast<char*>(program.c_str()));
    for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::dup2(::open(out_.c_str(), O_WRONLY | O_CREAT, 0600), STDOUT_FILENO);
    ::dup2(::open(err_.c_str(), O_WRONLY | O_CREAT, 0600), STDERR_FILENO);
    if (::chdir(folder.c_str()) != 0 || (before_exec && !before_exec())) ::_exit(99);
    ::execv(program.c_str(), argv.data());
    ::_exit(98);
  }
  ~Ordeal() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Ordeal(const Ordeal&) = delete;
  Ordeal& operator=(const Ordeal&) = delete;

  pid_t pid() const { return pid_; }
  std::string err() const { return read_all(err_); }
  bool running() {
    int status = 0;
    if (pid_ <= 0 || ::waitpid(pid_, &status, WNOHANG) == 0) return pid_ > 0;
    finish_with(status);
    return false;
  }

  Finished wait() {
    int status = 0;
    if (pid_ > 0) {
      ::waitpid(pid_, &status, 0);
      finish_with(status);
    }
    finished_.out = read_all(out_);
    finished_.err = read_all(err_);
    return finished_;
  }

 private:
  void finish_with(int status) {
    pid_ = -1;
    finished_.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  fs::path folder_, out_, err_;
  pid_t pid_ = -1;
  Finished finished_;
};

// Every network namespace and every raftd that exists on the machine, by what /proc shows.
std::set<std::string> processes_below(const fs::path& folder) {
  std::set<std::string> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string pid = entry.path().filename().string();
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    std::string command = read_all(entry.path() / "cmdline");
    for (char& c : command) c = c == '\0' ? ' ' : c;
    if (command.find(folder.string()) != std::string::npos) found.insert(pid + " " + command);
  }
  return found;
}

class OrdealRuns : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "ordeal-test-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    write_all(folder_ / "short.yaml", plan_text);
  }
  void TearDown() override {
    if (HasFailure()) {
      fprintf(stderr, "kept for inspection: %s\n", folder_.c_str());
    } else {
      fs::remove_all(folder_);
    }
  }

  Finished ordeal(const Words& words, const std::function<bool()>& before_exec = {}) {
    return Ordeal(folder_, words, before_exec).wait();
  }
  static Words with(Words words, const Words& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  fs::path folder_;
};

// The same for those that start nodes: skipped, aloud, where the machine cannot make a sandbox.
class OrdealRunsOnClusters : public OrdealRuns {
 protected:
  void SetUp() override {
    OrdealRuns::SetUp();
    const Finished doctor = ordeal({"doctor"});
    if (doctor.exit_code != 0) GTEST_SKIP() << "this machine cannot make a sandbox:\n" << doctor.out << doctor.err;
  }
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(OrdealRunsOnClusters, FindACorrectClusterValidWhileFaultsHaveEffect) {
  const Finished run = ordeal({"run", "short.yaml", "--seed", "1", "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_TRUE(contains(run.out, "\"verdict\": \"valid\"")) << run.out;
  for (const char* file : {"plan.yaml", "schedule.jsonl", "history.jsonl", "results.json", "junit.xml", "report.html",
                           "ordeal.log", "nodes/n1/stderr.log", "nodes/n3/data"}) {
    EXPECT_TRUE(fs::exists(folder_ / "store" / "latest" / file)) << file;
  }
  const Finished again = ordeal({"check", "store/latest", "--json"});
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_EQ(again.out, run.out) << "judging the folder again must say the same";
  // Had the check beside the load seen a violation here, one of the two would be wrong, and no verdict count.
  std::ofstream(folder_ / "store/latest/history.jsonl", std::ios::app)
      << R"({"index":999999999,"time":9000000000,"process":"nemesis","type":"info","f":"stage",)"
      << R"("value":{"name":"violation","check":"linearizable","summary":"a lie","ended_load":true}})"
      << "\n";
  const Finished disagreeing = ordeal({"check", "store/latest"});
  EXPECT_EQ(disagreeing.exit_code, 255) << disagreeing.out << disagreeing.err;
  EXPECT_TRUE(contains(disagreeing.err, "bug of ordeal")) << disagreeing.err;
  EXPECT_TRUE(contains(disagreeing.err, "a lie")) << disagreeing.err;
}

TEST_F(OrdealRunsOnClusters, FindStaleReadsOfAnIsolatedLeader) {
  const Finished run = ordeal({"run", "short.yaml", "--seed", "2", "--set", "workload.read=local", "--set",
                               "nemesis.faults=[{partition: {kinds: [isolate-leader]}}]", "--set", "duration=30s"});
  ASSERT_EQ(run.exit_code, 1) << run.out << run.err;
  EXPECT_TRUE(contains(run.out, "invalid")) << run.out;
  EXPECT_TRUE(contains(run.out, "ordeal run short.yaml --seed 2")) << run.out;
  // Every node was stopped and copied in that moment, and went on after it.
  EXPECT_TRUE(contains(run.out, "nodes/n3/frozen")) << run.out;
  EXPECT_TRUE(contains(read_all(folder_ / "store/latest/report.html"), "nodes/n3/frozen/status.json"));
  for (const char* node : {"n1", "n2", "n3"}) {
    SCOPED_TRACE(node);
    const fs::path frozen = folder_ / "store/latest/nodes" / node / "frozen";
    EXPECT_GT(fs::file_size(frozen / "data/wal-00000001.log"), 0U);
    EXPECT_GT(fs::file_size(frozen / "stderr.log"), 0U);
    EXPECT_TRUE(contains(read_all(frozen / "status.json"), "\"term\":")) << read_all(frozen / "status.json");
  }
  EXPECT_TRUE(contains(run.out, "nodes served a linearizable read again")) << run.out;
  EXPECT_EQ(processes_below(folder_), std::set<std::string>());
}

TEST_F(OrdealRunsOnClusters, GoOnAfterAViolationWhenAskedTo) {
  const Finished run = ordeal({"run", "short.yaml", "--seed", "2", "--set", "workload.read=local", "--keep-going"});
  EXPECT_EQ(run.exit_code, 1) << run.out << run.err;
  EXPECT_TRUE(contains(run.err, "healed")) << "the faults are played to their end\n" << run.err;
  EXPECT_TRUE(contains(run.out, "--keep-going")) << "the repeat command says so\n" << run.out;
  EXPECT_FALSE(fs::exists(folder_ / "store/latest/nodes/n1/frozen")) << "nobody stopped a node";
}

TEST_F(OrdealRunsOnClusters, LeaveNoNodeBehindThatIsBeingStoppedOrStarted) {
  for (const std::string faults :
       {"[{starve: {targets: [all], lasting: 1m}}]", "[{crash-loop: {targets: [all], times: 100, lasting: 1m}}]"}) {
    SCOPED_TRACE(faults);
    Ordeal run(folder_, {"run", "short.yaml", "--seed", "3", "--set", "duration=10m", "--set", "nemesis.interval=1s",
                         "--set", "nemesis.faults=" + faults});
    while (run.running() && !contains(run.err(), "injected"))
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    ASSERT_TRUE(run.running()) << run.wait().err;
    ::kill(run.pid(), SIGKILL);
    EXPECT_EQ(run.wait().exit_code, 128 + SIGKILL);
    for (int attempt = 0; attempt < 500 && !processes_below(folder_).empty(); ++attempt) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    EXPECT_EQ(processes_below(folder_), std::set<std::string>());
  }
}

TEST_F(OrdealRunsOnClusters, LeaveNothingBehindWhenTheHarnessIsKilledAmidFaults) {
  const std::string mounts = read_all("/proc/self/mounts");
  Ordeal run(folder_, {"run", "short.yaml", "--seed", "3", "--set", "duration=10m"});
  while (run.running() && !contains(run.err(), "injected")) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  ASSERT_TRUE(run.running()) << run.wait().err;
  EXPECT_FALSE(processes_below(folder_).empty()) << "the nodes must be visible for this test to mean anything";
  ::kill(run.pid(), SIGKILL);
  EXPECT_EQ(run.wait().exit_code, 128 + SIGKILL);
  for (int attempt = 0; attempt < 500 && !processes_below(folder_).empty(); ++attempt) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(processes_below(folder_), std::set<std::string>());
  EXPECT_EQ(read_all("/proc/self/mounts"), mounts);
  const Finished check = ordeal({"check", "store/latest"});
  EXPECT_EQ(check.exit_code, 2) << check.out << check.err;
  EXPECT_TRUE(contains(check.out, "cut short before recovery")) << check.out;
}

TEST_F(OrdealRunsOnClusters, EndEarlyOnAnInterruptAndStillJudge) {
  Ordeal run(folder_, {"run", "short.yaml", "--seed", "4", "--set", "duration=10m"});
  while (run.running() && !contains(run.err(), "injected")) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  ::kill(run.pid(), SIGINT);
  const Finished finished = run.wait();
  EXPECT_EQ(finished.exit_code, 0) << finished.out << finished.err;
  EXPECT_TRUE(contains(finished.out, "valid")) << finished.out;
}

TEST_F(OrdealRunsOnClusters, DoNotDisturbEachOther) {
  Ordeal first(folder_, {"run", "short.yaml", "--seed", "5"});
  Ordeal second(folder_, {"run", "short.yaml", "--seed", "5"});
  const Finished one = first.wait();
  const Finished two = second.wait();
  EXPECT_EQ(one.exit_code, 0) << one.out << one.err;
  EXPECT_EQ(two.exit_code, 0) << two.out << two.err;
}

TEST_F(OrdealRunsOnClusters, SayThatAFullDiskEndedThemAndKeepWhatWasRecorded) {
  // In namespaces of its own the child may mount a small tmpfs. One megabyte is less than what a node writes ahead at
  // its start; of eight the history, or what a node writes ahead later, takes the last under load.
  for (const char* size : {"size=1m", "size=8m"}) {
    SCOPED_TRACE(size);
    const fs::path small = folder_ / size;
    fs::create_directory(small);
    const uid_t uid = ::getuid();
    const gid_t gid = ::getgid();
    const auto small_store = [&] {
      if (uid != 0) {
        if (::unshare(CLONE_NEWUSER) != 0) return false;
        write_all("/proc/self/setgroups", "deny");
        write_all("/proc/self/uid_map", "0 " + std::to_string(uid) + " 1\n");
        write_all("/proc/self/gid_map", "0 " + std::to_string(gid) + " 1\n");
      }
      return ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
             ::mount("tmpfs", small.c_str(), "tmpfs", 0, size) == 0;
    };
    const Finished run = ordeal({"run", "short.yaml", "--seed", "6", "--store", small.string(), "--set",
                                 "nemesis.faults=[]", "--set", "duration=10m"},
                                small_store);
    EXPECT_EQ(run.exit_code, 255) << run.out << run.err;
    EXPECT_TRUE(contains(run.err, "No space left on device")) << run.err;
    EXPECT_TRUE(contains(run.err, "--store")) << run.err;
  }
}

struct BadInput {
  std::string about;
  Words words;
  int exit_code;
  Words said;  // parts of what standard error says
};

TEST_F(OrdealRuns, RefuseBadInputWithPlaceAndCure) {
  write_all(folder_ / "unknown-key.yaml", "name: x\nnodez: 3\n");
  write_all(folder_ / "type.yaml", "name: x\nnodes: many\n");
  write_all(folder_ / "negative.yaml", "name: x\nduration: -5s\n");
  write_all(folder_ / "zero.yaml", "name: x\nnodes: 0\n");
  write_all(folder_ / "crowded.yaml", "name: x\nnodes: 3\nnemesis: {at-once: 9, faults: [kill: {targets: [one]}]}\n");
  write_all(folder_ / "binary.yaml", std::string("\x7f"
                                                 "ELF\0\x01\x02\xff",
                                                 8));
  write_all(folder_ / "missing.yaml", "name: x\ntarget: ./absent-target.yaml\n");
  write_all(folder_ / "absent-target.yaml",
            "name: absent\nbinary: no-such-daemon\ninstall: apt-get install no-such-daemon\ncommand: [\"${binary}\"]\n"
            "ready: {http: \"http://${ip}:1/\", status: 200}\nclient: raftd\nendpoint: \"${ip}:1\"\n");
  write_all(folder_ / "binary.jsonl", std::string("\x7f"
                                                  "ELF\0\x01\x02\xff",
                                                  8));
  write_all(folder_ / "broken.jsonl",
            "{\"index\":0,\"time\":1,\"process\":0,\"type\":\"invoke\",\"f\":\"read\",\"value\":null}\n{\"index\":1,"
            "oops\n{}\n");
  fs::create_directory(folder_ / "empty");
  const BadInput cases[] = {
      {"no subcommand", {}, 254, {"subcommand"}},
      {"an unknown flag", {"run", "short.yaml", "--frobnicate"}, 254, {"--frobnicate"}},
      {"a plan that is not there", {"run", "nowhere.yaml"}, 254, {"nowhere.yaml"}},
      {"an unknown key", {"run", "unknown-key.yaml"}, 254, {"unknown-key.yaml:2:1", "nodez", "nodes"}},
      {"a wrong type", {"run", "type.yaml"}, 254, {"type.yaml:2:8", "nodes"}},
      {"a negative duration", {"run", "negative.yaml"}, 254, {"negative.yaml:2:11", "duration"}},
      {"zero nodes", {"run", "zero.yaml"}, 254, {"zero.yaml:2:8", "nodes"}},
      {"more faults than nodes", {"run", "crowded.yaml"}, 254, {"crowded.yaml:3", "at-once"}},
      {"a binary file as plan", {"run", "binary.yaml"}, 254, {"binary.yaml"}},
      {"an override that is wrong", {"run", "short.yaml", "--set", "nodes=0"}, 254, {"--set nodes=0"}},
      {"a binary that is missing", {"run", "missing.yaml"}, 254, {"no-such-daemon", "apt-get install no-such-daemon"}},
      {"a --binary that is missing",
       {"run", "short.yaml", "--binary", "no-such-raftd"},
       254,
       {"--binary no-such-raftd"}},
      {"a mutant that is not there", {"mutants", "--only", "quorum-hafl"}, 254, {"quorum-hafl", "quorum-half"}},
      {"a tier that is not there", {"mutants", "--tier", "T1,T9"}, 254, {"--tier", "`T9`", "T4"}},
      {"a budget that is no duration", {"mutants", "--budget", "soon"}, 254, {"--budget soon", "120s"}},
      {"a history that is not there", {"check", "nowhere.jsonl"}, 255, {"nowhere.jsonl"}},
      {"a binary file as history", {"check", "binary.jsonl"}, 254, {"binary.jsonl"}},
      {"a broken line in the middle", {"check", "broken.jsonl"}, 254, {"broken.jsonl:2:"}},
      {"a time limit that is no time", {"check", "--time-limit", "-3", "broken.jsonl"}, 254, {"-3", "seconds above 0"}},
      {"a memory limit with a unit", {"check", "--memory-limit", "1MB", "broken.jsonl"}, 254, {"1MB", "MiB above 0"}},
      {"a folder that is no run", {"check", "empty"}, 254, {"no run folder"}},
      {"a report of no run", {"report", "empty"}, 254, {"ordeal check"}},
      {"a store that is a file", {"run", "short.yaml", "--store", "short.yaml"}, 255, {"short.yaml"}},
  };
  for (const BadInput& c : cases) {
    SCOPED_TRACE(c.about);
    const Finished finished = ordeal(c.words);
    EXPECT_EQ(finished.exit_code, c.exit_code) << finished.out << finished.err;
    for (const std::string& part : c.said) EXPECT_TRUE(contains(finished.err, part)) << finished.err;
    EXPECT_FALSE(contains(finished.err, "terminate called")) << finished.err;
  }
}

// As timeout(1) sends them, and a shell whose user is impatient. The history never ends by itself: it is a pipe.
TEST_F(OrdealRuns, SayWhatIsKnownOfAHistoryAlsoWhenTwoInterruptsComeAtOnce) {
  const fs::path pipe = folder_ / "history.jsonl";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  ::signal(SIGPIPE, SIG_IGN);
  Ordeal check(folder_, {"check", "--model", "register", pipe.string()});
  const int file = ::open(pipe.c_str(), O_WRONLY | O_CLOEXEC);
  ASSERT_GE(file, 0);
  bool is_read = true;
  for (int i = 0; is_read; ++i) {
    const std::string rest = ",\"time\":1,\"process\":0,\"type\":\"" + std::string(i % 2 == 0 ? "invoke" : "ok") +
                             "\",\"f\":\"write\",\"key\":\"1\",\"value\":" + std::to_string(i / 2) + "}\n";
    const std::string line = "{\"index\":" + std::to_string(i) + rest;
    is_read = ::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size());
    if (i == 20000) {  // most of it was read, and it waits for more
      ::kill(check.pid(), SIGINT);
      const fs::path status = "/proc/" + std::to_string(check.pid()) + "/status";
      while (!contains(read_all(status), "ShdPnd:\t0000000000000000")) std::this_thread::yield();  // else both are one
      ::kill(check.pid(), SIGINT);
    }
  }
  ::close(file);
  const Finished finished = check.wait();
  EXPECT_EQ(finished.exit_code, 2) << finished.out << finished.err;
  EXPECT_TRUE(contains(finished.out, "interrupted")) << finished.out;
}

TEST_F(OrdealRuns, JudgeAHistoryThatWasCutInTheMiddleOfALine) {
  write_all(folder_ / "cut.jsonl",
            "{\"index\":0,\"time\":1,\"process\":0,\"type\":\"invoke\",\"f\":\"write\",\"key\":\"a\",\"value\":1}\n"
            "{\"index\":1,\"time\":2,\"process\":0,\"type\":\"ok\",\"f\":\"write\",\"key\":\"a\",\"val");
  const Finished check = ordeal({"check", "cut.jsonl"});
  EXPECT_EQ(check.exit_code, 0) << check.out << check.err;
  EXPECT_TRUE(contains(check.err, "warning")) << check.err;
  EXPECT_TRUE(contains(check.err, "cut.jsonl:2")) << check.err;
}

// From standard input, which is read twice: once to tell what it is.
TEST_F(OrdealRuns, ConvertAHistoryThroughEveryFormAndCompressionAndLoseNothing) {
  std::string text;
  for (int i = 0; i < 3000; ++i) {
    const std::string head =
        R"(,"time":)" + std::to_string(1000 * i) + R"(,"process":)" + std::to_string(i % 7) + R"(,"type":")";
    const std::string tail = R"(","f":"write","key":"k)" + std::to_string(i % 13) + R"(","value":)" +
                             std::to_string(i) + R"(,"node":"n1"})" + "\n";
    text += R"({"index":)" + std::to_string(2 * i) + head + "invoke" + tail;
    text += R"({"index":)" + std::to_string(2 * i + 1) + head + "ok" + tail;
  }
  write_all(folder_ / "0.jsonl", text);
  const std::string steps[] = {"0.jsonl", "1.ordh.zst", "2.jsonl.gz", "3.ordh.gz", "4.ordh", "5.jsonl.zst", "6.jsonl"};
  for (std::size_t i = 0; i + 1 < std::size(steps); ++i) {
    SCOPED_TRACE(steps[i] + " to " + steps[i + 1]);
    const auto from_standard_input = [&] { return ::dup2(::open(steps[i].c_str(), O_RDONLY), STDIN_FILENO) >= 0; };
    const Finished check = ordeal({"check", "-"}, from_standard_input);
    EXPECT_EQ(check.exit_code, 0) << check.out << check.err;
    EXPECT_TRUE(contains(check.out, "3000 operations on 13 keys")) << check.out;
    const Finished convert = ordeal({"convert", "-", steps[i + 1]}, from_standard_input);
    EXPECT_EQ(convert.exit_code, 0) << convert.out << convert.err;
    EXPECT_TRUE(contains(convert.err, "6000 events")) << convert.err;
  }
  EXPECT_EQ(read_all(folder_ / "6.jsonl"), text);
  EXPECT_LT(fs::file_size(folder_ / "4.ordh") * 5, text.size());
  EXPECT_EQ(ordeal({"convert", "4.ordh", "4.ordh"}).exit_code, 254);
}

// The columns of expected.tsv are the flags of `ordeal check`.
TEST_F(OrdealRuns, GiveRecordedHistoriesTheirPublishedVerdicts) {
  const char* named = ::getenv("ORDEAL_HISTORIES");
  const fs::path histories = named != nullptr ? fs::path(named) : fs::path(ORDEAL_CONFIGS) / "../../shared/histories";
  std::ifstream table(histories / "expected.tsv");
  if (!table) GTEST_SKIP() << "no recorded histories in " << histories << "; set ORDEAL_HISTORIES";
  std::string line;
  std::getline(table, line);  // the header
  int judged = 0;
  while (std::getline(table, line)) {
    SCOPED_TRACE(line);
    std::stringstream columns(line);
    std::string file, model, initial, failed_cas, verdict, culprit;
    columns >> file >> model >> initial >> failed_cas >> verdict >> culprit;
    Words words{"check", (histories / file).string(), "--json", "--model", model, "--initial", initial};
    if (failed_cas != "-") words = with(words, {"--failed-cas", failed_cas});
    const Finished check = ordeal(words);
    EXPECT_EQ(check.exit_code, verdict == "valid" ? 0 : 1) << check.err;
    EXPECT_TRUE(contains(check.out, "\"verdict\":\"" + verdict + "\"")) << check.out;
    const std::string named_culprit = culprit == "-" ? "" : "\"culprit\":" + culprit + ",";
    EXPECT_TRUE(contains(check.out, named_culprit)) << check.out;
    ++judged;
  }
  EXPECT_GT(judged, 0);
}

TEST_F(OrdealRunsOnClusters, BlameAnOccupiedPortOnTheEnvironmentAndSayWhichNode) {
  // Both the peers' and the clients' address of a node are the same: the second bind must fail.
  std::string target = read_all(fs::path(ORDEAL_CONFIGS) / "targets" / "raftd.yaml");
  const std::size_t at = target.find("--client-address=${ip}:8100");
  ASSERT_NE(at, std::string::npos);
  target.replace(at, std::string("--client-address=${ip}:8100").size(), "--client-address=${ip}:7100");
  write_all(folder_ / "twice.yaml", target);
  const Finished run = ordeal({"run", "short.yaml", "--set", "target=./twice.yaml"});
  EXPECT_EQ(run.exit_code, 255) << run.out << run.err;
  EXPECT_TRUE(contains(run.err, ": ended before all nodes were ready")) << run.err;  // whichever was first
  EXPECT_TRUE(contains(run.err, ":7100")) << run.err;
}

TEST_F(OrdealRuns, ListEveryMutantWithWhatIsKnownOfIt) {
  const Finished list = ordeal({"list", "mutants"});
  EXPECT_EQ(list.exit_code, 0) << list.err;
  const fs::path folder = fs::path(ORDEAL_CONFIGS) / "../target-raftd/mutants";
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".patch") continue;
    EXPECT_TRUE(contains(list.out, entry.path().stem().string() + " ")) << entry.path();
  }
  EXPECT_TRUE(contains(list.out, "Raft §")) << list.out;
}

// The control is what every build has; a mutant differs from it by its binary only.
TEST_F(OrdealRunsOnClusters, ScoreRaftdItselfAsAValidControl) {
  const Finished score = ordeal({"mutants", "--only", "clean", "--plan", "./short.yaml", "--seeds", "2", "--jobs", "2",
                                 "--budget", "6s", "--json"});
  EXPECT_EQ(score.exit_code, 0) << score.out << score.err;
  EXPECT_EQ(score.out.substr(0, 62), "{\"mutants\":[],\n\"controls\":[\n  {\"name\":\"clean\",\"status\":\"valid\"")
      << score.out;
}

TEST_F(OrdealRuns, HaveHelpWithAnExampleForEverySubcommand) {
  for (const char* command : {"run", "check", "convert", "report", "doctor", "list", "mutants", "targets", "compare"}) {
    SCOPED_TRACE(command);
    const Finished help = ordeal({command, "--help"});
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_TRUE(contains(help.out, "Example: ordeal " + std::string(command))) << help.out;
  }
}

}  // namespace
