#include "target-raftd/daemon/log_writer.h"

#include <exception>

namespace raftd::daemon {
namespace {

// Bounds one record of the log, and with it the memory for its bytes.
constexpr std::size_t max_group_bytes = std::size_t{16} << 20;

std::size_t size_of(const storage::Write& write) {
  std::size_t size = 0;
  for (const raft::Entry& entry : write.entries) size += entry.command.size() + sizeof entry;
  return size;
}

}  // namespace

LogWriter::LogWriter(std::unique_ptr<storage::Log> log, Handlers handlers)
    : log_(std::move(log)), handlers_(std::move(handlers)), thread_([this] { run(); }) {}

LogWriter::~LogWriter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

std::uint64_t LogWriter::enqueue(storage::Write write) {
  const std::lock_guard lock(mutex_);
  queue_.push_back(std::move(write));
  changed_.notify_one();
  return ++enqueued_;
}

void LogWriter::run() {
  try {
    while (write_next()) {
    }
  } catch (const std::exception& error) {
    handlers_.failed(error.what());
  }
}

bool LogWriter::write_next() {
  std::vector<storage::Write> group;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (stopping_) return false;
    std::size_t bytes = 0;
    while (!queue_.empty() && bytes < max_group_bytes) {
      bytes += size_of(queue_.front());
      group.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
  }
  log_->append(group);
  taken_ += group.size();
  handlers_.durable(taken_);
  return true;
}

}  // namespace raftd::daemon
