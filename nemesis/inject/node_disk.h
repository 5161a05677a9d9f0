// The disk of one node, as far as its system calls show it: what is not synced yet, calls that fail, calls that are
// slow, and the moment at which the power goes. For nodes that are started with the filter of disk_filter.h.
//
//   node:  pwrite(...) --> waits
//   here:                  reads the bytes that will be overwritten (undo_log.h), lets the call go on
//   node:  fdatasync() --> waits
//   here:                  syncs the file, forgets what was to be undone, answers 0
//
// Syncs are done here, so that it is known when one is over: between the last byte on the disk and the answer to the
// node lies the moment at which the power may go. cut_power() answers no call any more; what was answered before was
// promised, and nothing else. The log outlives the process: a process that is killed leaves un-synced bytes behind,
// which its successor reads and which the next power failure takes.
//
// The functions may be called from any thread. One thread of its own reads the calls of the node's present life; others
// do the syncs, as many as wait at the same time.

#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "nemesis/inject/undo_log.h"
#include "nemesis/plan/fault.h"

namespace ordeal::nemesis {

// What ails the disk for a while.
struct Ailment {
  enum class Kind : std::uint8_t {
    fail,  // calls of kind `call` end with `error`
    slow,  // syncs take `delay` longer
    full,  // nothing can grow: ENOSPC
  } kind = Kind::fail;
  DiskCall call = DiskCall::fsync;
  int error = 0;
  std::chrono::nanoseconds delay{0};
};

class NodeDisk {
 public:
  // `folder`: the node's data; `stash`: a folder beside it, ours. `before_error` is called before the node gets an
  // error that it owes to an ailment: whether it stops itself then is its own, right decision. `journaled`: see
  // undo_log.h.
  NodeDisk(std::filesystem::path folder, std::filesystem::path stash, std::function<void()> before_error,
           bool journaled = false);
  ~NodeDisk();  // the node runs no more
  NodeDisk(const NodeDisk&) = delete;
  NodeDisk& operator=(const NodeDisk&) = delete;

  // The node will be started: the socket to hand to install_disk_filter(). The caller closes it once the child runs.
  int begin_life();
  void forget();  // the folder was emptied

  void begin(std::uint64_t id, const Ailment& ailment);
  // Ends it; how many calls failed, or were delayed.
  std::int64_t end(std::uint64_t id);
  std::int64_t struck(std::uint64_t id) const;

  // Calls `seen`, which must be quick, when the so many-th sync of a file with `file` in its path is about to be done;
  // with `done`, when it is over and not yet answered. The sync waits there until unwatch(), at most two seconds.
  struct SyncWatch {
    std::int64_t count = 1;
    std::string file{};
    bool done = false;
  };
  void watch_syncs(std::uint64_t id, SyncWatch watch, std::function<void()> seen);
  void unwatch(std::uint64_t id);

  // From now on no call is answered, until the next life. The caller kills the node.
  void cut_power();
  // Every process has ended: takes back what was not synced when the power was cut, or by now if it never was.
  UndoLog::Losses lose(bool torn, std::uint64_t draw);

  // A file was damaged. Until the folder is emptied the node may refuse to run.
  void damage();
  bool damaged() const;

  std::uint64_t calls() const;  // seen so far
  std::string trouble() const;  // why something could not be watched; empty: all is well

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ordeal::nemesis
