// Real raftd processes on loopback, for tests only. One thread, except where noted.

#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace raftd::daemon {

struct Reply {
  unsigned status = 0;  // 0: no answer
  std::string body;

  // A member of the JSON body as text: strings without quotes, "" when absent.
  std::string operator[](std::string_view name) const;
};

using Headers = std::map<std::string, std::string>;

// One request over a connection of its own. Any thread.
Reply http(int port, const std::string& method, const std::string& target, const std::string& body = "",
           const Headers& headers = {});

// Sends bytes as they are and reads until the other side closes (or a time passes that only a hang reaches).
std::string send_raw(int port, const std::string& bytes);

// A connection on which nothing is said.
class IdleConnection {
 public:
  ~IdleConnection();
  void open(int port);

 private:
  int fd_ = -1;
};

int free_port();

// Polls until the condition holds; false after a time that only a hang reaches.
bool eventually(const std::function<bool()>& condition);

// What the kernel lets a process have.
struct ProcessLimits {
  std::optional<std::size_t> file_size = {};    // writes beyond it fail, like those to a full disk
  std::optional<std::size_t> descriptors = {};  // open at once
};

// A program, its standard error in a file.
class Process {
 public:
  Process(const std::vector<std::string>& arguments, std::filesystem::path log, ProcessLimits limits = {});
  ~Process();  // SIGKILL
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void signal(int number);
  int wait();  // for its end: exit code, or 128 + signal
  std::string log() const;
  std::string last_line() const;

 private:
  pid_t pid_ = 0;
  std::optional<int> ended_;
  std::filesystem::path log_;
};

class TestCluster {
 public:
  explicit TestCluster(int size, std::vector<std::string> more_flags = {});
  ~TestCluster();

  std::vector<std::string> command(int id) const;
  void start(int id, ProcessLimits limits = {}, const std::vector<std::string>& more_flags = {});
  void add(int id);  // a server that will join: its ports, and --join among its flags
  void start_all();
  void kill(int id);  // SIGKILL, and waits for its end

  Process& process(int id) { return *processes_.at(id); }
  int port(int id) const { return client_ports_.at(id); }
  std::string peer_address(int id) const;
  int peer_port(int id) const { return peer_ports_.at(id); }
  std::filesystem::path data(int id) const { return folder_ / std::to_string(id); }
  int size() const { return size_; }  // of the cluster at first

  // Waits until one server leads and all voters that run follow it; its id.
  int leader();
  int follower();  // some server that does not lead
  std::string status(int id, std::string_view name) const;

 private:
  int size_;
  std::filesystem::path folder_;
  std::vector<std::string> more_flags_;
  std::map<int, int> peer_ports_;
  std::map<int, int> client_ports_;
  std::map<int, std::unique_ptr<Process>> processes_;
};

}  // namespace raftd::daemon
