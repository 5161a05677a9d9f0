// Three servers of one system on loopback, with data folders side by side. One thread.

#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "target-raftd/bench/child.h"
#include "target-raftd/bench/dialect.h"

namespace raftd::bench {

class Cluster {
 public:
  struct Options {
    System system = System::raftd;
    std::filesystem::path program;
    std::vector<std::string> more_flags;  // for every server
    std::filesystem::path folder;         // must exist
    std::size_t servers = 3;
  };

  explicit Cluster(Options options);  // starts all servers

  System system() const { return options_.system; }
  std::size_t size() const { return servers_.size(); }
  Port client_port(std::size_t server) const { return servers_[server].client; }

  // Waits until one server leads and all that run know a leader. Throws std::runtime_error when that takes too long.
  std::size_t wait_for_leader();

  std::optional<std::size_t> leader() const;  // asks once

  void kill(std::size_t server);
  void restart(std::size_t server);  // after kill()
  // Waits until that server has applied at least what `other` has applied now.
  void wait_until_caught_up(std::size_t server, std::size_t other);

  std::chrono::microseconds cpu() const;  // of all servers together
  void check_all_run();                   // throws when a server ended by itself

 private:
  struct Server {
    Port peer = 0;
    Port client = 0;
    std::unique_ptr<Child> child;
  };

  std::vector<std::string> command(std::size_t server) const;
  std::filesystem::path log_of(std::size_t server) const;
  void start(std::size_t server);

  Options options_;
  std::vector<Server> servers_;
};

}  // namespace raftd::bench
