#include "target-raftd/raft/simulation/statistics.h"

#include <fmt/core.h>

#include <array>
#include <utility>

namespace raftd::simulation {
namespace {

using Field = std::pair<const char*, std::uint64_t Statistics::*>;

constexpr std::array fields = {
    Field{"events", &Statistics::events},
    Field{"campaigns", &Statistics::campaigns},
    Field{"leaders", &Statistics::leaders},
    Field{"truncations", &Statistics::truncations},
    Field{"commits", &Statistics::commits},
    Field{"commits of old terms", &Statistics::commits_of_old_terms},
    Field{"writes", &Statistics::writes},
    Field{"retries", &Statistics::retries},
    Field{"duplicates", &Statistics::duplicates},
    Field{"reads", &Statistics::reads},
    Field{"forwarded reads", &Statistics::forwarded_reads},
    Field{"refused reads", &Statistics::refused_reads},
    Field{"messages", &Statistics::messages},
    Field{"lost", &Statistics::lost},
    Field{"late", &Statistics::late},
    Field{"repeated", &Statistics::repeated},
    Field{"cut off", &Statistics::cut_off},
    Field{"crashes", &Statistics::crashes},
    Field{"torn batches", &Statistics::torn_batches},
    Field{"partitions", &Statistics::partitions},
    Field{"pauses", &Statistics::pauses},
    Field{"usurpations", &Statistics::usurpations},
    Field{"reminders", &Statistics::reminders},
    Field{"disk faults", &Statistics::disk_faults},
    Field{"lost disks", &Statistics::lost_disks},
    Field{"snapshots", &Statistics::snapshots},
    Field{"installs", &Statistics::installs},
    Field{"changes", &Statistics::changes},
    Field{"refused changes", &Statistics::refused_changes},
    Field{"transfers", &Statistics::transfers},
    Field{"lease reads", &Statistics::lease_reads},
    Field{"quiet topologies", &Statistics::quiet_topologies},
    Field{"rejoins", &Statistics::rejoins},
};

}  // namespace

void Statistics::operator+=(const Statistics& other) {
  for (const auto& [name, field] : fields) {
    this->*field += other.*field;
  }
}

std::string describe(const Statistics& statistics) {
  std::string text;
  for (const auto& [name, field] : fields) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", statistics.*field, name);
  }
  return text;
}

}  // namespace raftd::simulation
