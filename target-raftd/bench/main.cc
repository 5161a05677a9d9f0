// raftd-bench: flags -> clusters -> rounds -> a table. It knows raftd and etcd as programs only.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "target-raftd/bench/ceiling.h"
#include "target-raftd/bench/comparison.h"
#include "target-raftd/bench/failover.h"
#include "target-raftd/bench/flags.h"
#include "target-raftd/bench/report.h"

namespace raftd::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds most_for_ceiling{1000};

void progress(const std::string& line) {
  fmt::print(stderr, "{}\n", line);
}

// Where the data goes: one folder for all clusters, so that they share a file system.
class Place {
 public:
  explicit Place(const fs::path& wanted) : folder_(wanted), temporary_(wanted.empty()) {
    if (temporary_) {
      std::string name = (fs::temp_directory_path() / "raftd-bench-XXXXXX").string();
      if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error(fmt::format("cannot create {}; set --dir", name));
      folder_ = name;
    }
    fs::create_directories(folder_);
    folder_ = fs::canonical(folder_);
  }
  ~Place() {
    std::error_code ignored;
    if (temporary_) fs::remove_all(folder_, ignored);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  fs::path for_system(System system) const {
    const fs::path folder = folder_ / to_string(system);
    if (fs::exists(folder) && !fs::is_empty(folder)) {
      throw std::runtime_error(fmt::format("{} is not empty; remove it, or name another --dir", folder.string()));
    }
    fs::create_directories(folder);
    return folder;
  }

 private:
  fs::path folder_;
  bool temporary_;
};

std::unique_ptr<Cluster> start(System system, const Flags& flags, const Place& place) {
  Cluster::Options options{.system = system, .program = {}, .more_flags = {}, .folder = {}};
  if (system == System::raftd) {
    const std::string beside = (fs::read_symlink("/proc/self/exe").parent_path() / "raftd").string();
    options.program =
        find_program(flags.raftd.empty() ? beside : flags.raftd, "build the target raftd, or set --raftd");
    options.more_flags = flags.raftd_flags;
  } else {
    options.program = find_program(flags.etcd,
                                   "install it (Debian: apt-get install etcd-server), set --etcd, or leave it out with "
                                   "--systems raftd");
  }
  options.folder = place.for_system(system);
  return std::make_unique<Cluster>(std::move(options));
}

// Each client needs a descriptor, and so does each connection in raftd, which inherits the limit.
void raise_limit_of_files() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

bool has_errors(const Report& report) {
  for (const Row& row : report.rows) {
    if (!row.errors.empty()) return true;
  }
  return false;
}

int run(const Flags& flags) {
  raise_limit_of_files();
  const Place place(flags.folder);
  Report report{.flags = flags, .rows = {}, .ceilings = {}, .failovers = {}};
  ::getloadavg(&report.load_average, 1);
  report.cores = std::thread::hardware_concurrency();
  if (flags.failovers > 0) {
    for (const System system : flags.systems) {
      const auto cluster = start(system, flags, place);
      report.failovers[system] = measure_failovers(*cluster, flags.failovers, progress);
    }
  } else {
    for (const std::size_t clients : flags.clients) {
      report.ceilings[clients] = measure_ceiling(clients, std::min(flags.duration, most_for_ceiling)).per_second();
    }
    std::vector<std::unique_ptr<Cluster>> clusters;
    std::vector<Cluster*> all;
    for (const System system : flags.systems) all.push_back(clusters.emplace_back(start(system, flags, place)).get());
    report.rows = compare(all, flags, progress);
  }
  fmt::print("{}", flags.json ? json(report) : table(report));
  return has_errors(report) ? 1 : 0;
}

}  // namespace
}  // namespace raftd::bench

int main(int count, char** arguments) {
  using namespace raftd::bench;
  const auto flags = parse_flags(count, arguments);
  if (const auto* exit_now = std::get_if<ExitNow>(&flags)) {
    std::fputs(exit_now->text.c_str(), exit_now->code == 0 ? stdout : stderr);
    return exit_now->code;
  }
  try {
    return run(std::get<Flags>(flags));
  } catch (const std::exception& error) {
    fmt::print(stderr, "raftd-bench: {}\n", error.what());
    return 1;
  }
}
