#include "target-raftd/daemon/reads.h"

#include <iterator>
#include <utility>

namespace raftd::daemon {

std::vector<Reads::Question> Reads::ask(Clock::time_point now, Clock::time_point lost_before,
                                        const Requests& requests) {
  if (gathering_.empty() && asked_.empty()) return {};
  std::vector<Asked> again;
  for (auto it = asked_.begin(); it != asked_.end();) {
    if (it->second.at >= lost_before) {
      ++it;
      continue;
    }
    std::erase_if(it->second.batch, [&](const Read& read) { return !requests.waits(read.request); });
    if (!it->second.batch.empty()) again.push_back(std::move(it->second));
    it = asked_.erase(it);
  }
  for (auto& [mode, batch] : std::exchange(gathering_, {}))
    again.push_back({.at = now, .mode = mode, .batch = std::move(batch)});
  std::vector<Question> questions;
  for (Asked& asked : again) {
    questions.push_back({.id = next_id_++, .mode = asked.mode});
    asked.at = now;
    asked_.emplace(questions.back().id, std::move(asked));
  }
  return questions;
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
