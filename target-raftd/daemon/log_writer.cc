#include "target-raftd/daemon/log_writer.h"

#include <fmt/format.h>

#include <exception>
#include <stdexcept>
#include <utility>
#include <vector>

#include "target-raftd/daemon/snapshot_maker.h"

namespace raftd::daemon {
namespace {

using Clock = std::chrono::steady_clock;

// Bounds one record of the log, and with it the memory for its bytes.
constexpr std::size_t max_group_bytes = std::size_t{16} << 20;

std::size_t size_of(const storage::Write& write) {
  std::size_t size = 0;
  for (const raft::Entry& entry : write.entries) size += entry.command.size() + sizeof entry;
  return size;
}

// Whether it is nothing but entries and hard state, which share an fdatasync with their neighbours.
bool is_plain(const LogWriter::Job& job) {
  return !job.install && !job.compact && !job.identify;
}

// Before anything is overwritten by it.
std::unique_ptr<kv::Store> store_in(const raft::Snapshot& snapshot) {
  std::optional<kv::Store> store;
  if (checksum_of(*snapshot.data) == snapshot.meta.checksum) store = kv::Store::restore(*snapshot.data);
  if (!store) {
    throw std::runtime_error(fmt::format(
        "the leader's snapshot up to entry {} arrived damaged; nothing was stored; start raftd again to fetch another",
        snapshot.meta.position.index));
  }
  return std::make_unique<kv::Store>(*std::move(store));
}

}  // namespace

LogWriter::LogWriter(storage::DataFolder& folder, Handlers handlers)
    : folder_(folder), handlers_(std::move(handlers)), thread_([this] { run(); }) {}

LogWriter::~LogWriter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

std::uint64_t LogWriter::enqueue(Job job) {
  const std::lock_guard lock(mutex_);
  queue_.push_back(std::move(job));
  changed_.notify_one();
  return ++enqueued_;
}

void LogWriter::run() {
  try {
    while (perform_next()) {
    }
  } catch (const std::exception& error) {
    handlers_.failed(error.what());
  }
}

bool LogWriter::perform_next() {
  std::vector<storage::Write> group;
  std::optional<Job> special;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (stopping_) return false;
    std::size_t bytes = 0;
    while (!queue_.empty() && is_plain(queue_.front()) && bytes < max_group_bytes) {
      bytes += size_of(queue_.front().write);
      group.push_back(std::move(queue_.front().write));
      queue_.pop_front();
    }
    if (group.empty()) {
      special = std::move(queue_.front());
      queue_.pop_front();
    }
  }
  const Clock::time_point start = Clock::now();
  Done done;
  if (special) {
    done = perform(*std::move(special));
  } else {
    folder_.log().append(group);
  }
  taken_ += special ? 1 : group.size();
  done.up_to = taken_;
  done.took = Clock::now() - start;
  handlers_.done(std::move(done));
  return true;
}

LogWriter::Done LogWriter::perform(Job job) {
  Done done;
  if (job.install) {
    done.installed = store_in(*job.install);
    folder_.snapshots().save(*job.install);
    job.write.reset = job.install->meta.position;
  }
  if (job.write.hard_state || job.write.reset || !job.write.entries.empty()) folder_.log().append({&job.write, 1});
  if (job.compact) folder_.log().compact(*job.compact);
  if (job.identify) folder_.identify(*job.identify);
  return done;
}

}  // namespace raftd::daemon
