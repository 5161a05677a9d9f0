#include "target-raftd/daemon/reads.h"

#include <iterator>
#include <utility>

namespace raftd::daemon {

std::vector<raft::ReadId> Reads::ask(Clock::time_point now, Clock::time_point lost_before, const Requests& requests) {
  std::vector<Batch> batches;
  if (!gathering_.empty()) batches.push_back(std::exchange(gathering_, {}));
  for (auto it = asked_.begin(); it != asked_.end();) {
    if (it->second.at >= lost_before) {
      ++it;
      continue;
    }
    std::erase_if(it->second.batch, [&](const Read& read) { return !requests.waits(read.request); });
    if (!it->second.batch.empty()) batches.push_back(std::move(it->second.batch));
    it = asked_.erase(it);
  }
  std::vector<raft::ReadId> ids;
  for (Batch& batch : batches) {
    ids.push_back(next_id_++);
    asked_.emplace(ids.back(), Asked{.at = now, .batch = std::move(batch)});
  }
  return ids;
}

void Reads::ready(raft::ReadId id, raft::Index read_index) {
  const auto found = asked_.find(id);
  if (found == asked_.end()) return;  // It was asked again since, under another id.
  confirmed_.emplace(read_index, std::move(found->second.batch));
  asked_.erase(found);
}

Reads::Batch Reads::refused(raft::ReadId id) {
  const auto found = asked_.find(id);
  if (found == asked_.end()) return {};
  Batch batch = std::move(found->second.batch);
  asked_.erase(found);
  return batch;
}

Reads::Batch Reads::answerable(raft::Index applied_index) {
  Batch all;
  while (!confirmed_.empty() && confirmed_.begin()->first <= applied_index) {
    Batch& batch = confirmed_.begin()->second;
    all.insert(all.end(), std::make_move_iterator(batch.begin()), std::make_move_iterator(batch.end()));
    confirmed_.erase(confirmed_.begin());
  }
  return all;
}

}  // namespace raftd::daemon
