#include "nemesis/inject/node_disk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "nemesis/inject/disk_filter.h"
#include "nemesis/inject/node_call.h"

namespace ordeal::nemesis {
namespace {

namespace fs = std::filesystem;
using std::chrono::nanoseconds;

// Of a sync that is watched; whoever watches it acts within milliseconds, or has died.
constexpr std::chrono::seconds longest_hold{2};

class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  int get() const { return number_; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

// The descriptors of one life of the node. The threads that still work for it keep it.
struct Life {
  Descriptor socket;    // through which the listener comes
  Descriptor stop;      // an eventfd: the receiver shall end
  Descriptor listener;  // set by the receiver before it hands out any work
  bool cut = false;     // guarded by the mutex of the disk
};

// What a call waits for in a thread of its own.
struct Job {
  std::shared_ptr<Life> life;
  std::uint64_t id = 0;    // of the call
  Descriptor file;         // to sync; -1: the call goes on after the delay
  bool data_only = false;  // fdatasync
  bool everything = false;
  UndoLog::Inode inode{};
  fs::path folder{};  // of a folder: its names
};

int open_for_undo(const fs::path& path) {
  const int both = open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK);
  return both >= 0 || errno != EISDIR ? both : open(path.c_str(), O_RDONLY | O_CLOEXEC);
}

bool is_within(const fs::path& path, const fs::path& folder) {
  const std::string& text = path.native();
  return text.starts_with(folder.native()) &&
         (text.size() == folder.native().size() || text[folder.native().size()] == '/');
}

}  // namespace

struct NodeDisk::State {
  State(fs::path folder, const fs::path& stash, std::function<void()> tell, bool journaled)
      : log(std::move(folder), stash, journaled), before_error(std::move(tell)) {}

  void receive(const std::shared_ptr<Life>& life);
  void handle(const std::shared_ptr<Life>& life, const seccomp_notif& call);
  // What becomes of a call: it goes on, ends with an error (negative), or is done by a job.
  struct Fate {
    int error = 0;
    std::optional<Job> job = std::nullopt;
  };
  Fate decide(pid_t thread, const seccomp_data& call);
  Fate decide_write(pid_t thread, const seccomp_data& call);
  Fate decide_resize(pid_t thread, const seccomp_data& call);
  Fate decide_open(pid_t thread, const seccomp_data& call);
  Fate decide_name(pid_t thread, const seccomp_data& call);
  Fate decide_sync(pid_t thread, const seccomp_data& call);
  Fate decide_sync_all(const seccomp_data& call);
  Fate decide_copy(pid_t thread, const seccomp_data& call);

  std::optional<UndoLog::Inode> track(const fs::path& path);
  int ailing(DiskCall call);  // the error that it ends with; 0: none
  int full(bool grows);       // the same of a call that needs space
  nanoseconds delay();        // of a sync
  void answer(const Life& life, std::uint64_t id, int error, bool go_on);
  void work();
  void perform(std::unique_lock<std::mutex>& lock, Job job);
  void hold_if_watched(std::unique_lock<std::mutex>& lock, const Job& job, bool done);
  void hand_out(Job job);
  void end_life();
  void note_trouble(const std::string& what);

  std::mutex mutex;  // guards all that follows
  UndoLog log;
  const std::function<void()> before_error;
  struct Active {
    Ailment ailment;
    std::int64_t struck = 0;
  };
  std::map<std::uint64_t, Active> ailments;
  struct Watched {
    SyncWatch watch;
    std::function<void()> on_seen;
    std::int64_t passed = 0;
    bool seen = false;
  };
  std::map<std::uint64_t, Watched> watches;
  std::uint64_t calls = 0;
  std::string trouble;
  bool damaged = false;
  std::shared_ptr<Life> life;
  std::thread receiver;  // of `life`; used by whoever begins and ends lives only

  std::deque<Job> jobs;
  std::size_t idle = 0;  // workers that wait for a job
  std::vector<std::thread> workers;
  std::condition_variable wake;
  bool closing = false;
};

// --- lives

NodeDisk::NodeDisk(fs::path folder, fs::path stash, std::function<void()> before_error, bool journaled)
    : state_(std::make_unique<State>(fs::weakly_canonical(folder), stash, std::move(before_error), journaled)) {}

NodeDisk::~NodeDisk() {
  state_->end_life();
  {
    const std::lock_guard lock(state_->mutex);
    state_->closing = true;
  }
  state_->wake.notify_all();
  for (std::thread& worker : state_->workers) worker.join();
}

int NodeDisk::begin_life() {
  state_->end_life();
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw std::runtime_error(fmt::format("cannot watch a node's disk: {}; raise ulimit -n", std::strerror(errno)));
  auto life = std::make_shared<Life>();
  life->socket = Descriptor(ends[0]);
  life->stop = Descriptor(eventfd(0, EFD_CLOEXEC));
  {
    const std::lock_guard lock(state_->mutex);
    state_->life = life;
  }
  state_->receiver = std::thread([state = state_.get(), life] { state->receive(life); });
  return ends[1];
}

void NodeDisk::State::end_life() {
  const std::shared_ptr<Life> old = [&] {
    const std::lock_guard lock(mutex);
    if (life) life->cut = true;
    return std::exchange(life, nullptr);
  }();
  if (!old) return;
  wake.notify_all();
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(old->stop.get(), &one, sizeof one);
  receiver.join();
}

void NodeDisk::State::receive(const std::shared_ptr<Life>& of) {
  std::array<pollfd, 2> polled{pollfd{.fd = of->socket.get(), .events = POLLIN, .revents = 0},
                               pollfd{.fd = of->stop.get(), .events = POLLIN, .revents = 0}};
  while (poll(polled.data(), polled.size(), -1) < 0 && errno == EINTR) {
  }
  if (polled[1].revents != 0) return;
  of->listener = Descriptor(receive_listener(of->socket.get()));
  of->socket = Descriptor();
  if (of->listener.get() < 0) return;  // the node was not started after all
  seccomp_notif_sizes sizes{};
  syscall(__NR_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes);
  std::vector<char> buffer(std::max<std::size_t>(sizes.seccomp_notif, sizeof(seccomp_notif)));
  polled[0].fd = of->listener.get();
  for (;;) {
    if (poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR) return;
    if (polled[1].revents != 0) return;
    if ((polled[0].revents & POLLIN) != 0) {
      std::memset(buffer.data(), 0, buffer.size());
      auto* call = reinterpret_cast<seccomp_notif*>(buffer.data());
      if (ioctl(of->listener.get(), SECCOMP_IOCTL_NOTIF_RECV, call) == 0) handle(of, *call);
    } else if ((polled[0].revents & (POLLHUP | POLLERR)) != 0) {
      return;
    }
  }
}

void NodeDisk::State::handle(const std::shared_ptr<Life>& of, const seccomp_notif& call) {
  std::unique_lock lock(mutex);
  ++calls;
  Fate fate;
  try {
    fate = decide(static_cast<pid_t>(call.pid), call.data);
  } catch (const std::exception& error) {
    note_trouble(error.what());
  }
  if (fate.job) {
    fate.job->life = of;
    fate.job->id = call.id;
    hand_out(std::move(*fate.job));
  } else {
    answer(*of, call.id, fate.error, fate.error == 0);
  }
}

// The mutex is held: after the cut nothing is answered.
void NodeDisk::State::answer(const Life& of, std::uint64_t id, int error, bool go_on) {
  if (of.cut) return;
  seccomp_notif_resp response{};
  response.id = id;
  response.error = -error;
  response.flags = go_on ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0;
  // ENOENT: the caller died, or a signal took it out of the call.
  if (ioctl(of.listener.get(), SECCOMP_IOCTL_NOTIF_SEND, &response) != 0 && errno != ENOENT)
    note_trouble(fmt::format("a call could not be answered: {}", std::strerror(errno)));
}

void NodeDisk::State::note_trouble(const std::string& what) {
  if (trouble.empty()) trouble = what;
}

// --- calls

NodeDisk::State::Fate NodeDisk::State::decide(pid_t thread, const seccomp_data& call) {
  switch (kind_of(call)) {
    case CallKind::write:
      return decide_write(thread, call);
    case CallKind::resize:
      return decide_resize(thread, call);
    case CallKind::open:
      return decide_open(thread, call);
    case CallKind::create:
    case CallKind::remove:
    case CallKind::rename:
      return decide_name(thread, call);
    case CallKind::sync:
      return decide_sync(thread, call);
    case CallKind::sync_all:
      return decide_sync_all(call);
    case CallKind::copy:
      return decide_copy(thread, call);
    case CallKind::other:
      return {};
  }
  return {};
}

// A file within the folder, known to the log from now on. `path` may be one of /proc/.../fd.
std::optional<UndoLog::Inode> NodeDisk::State::track(const fs::path& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  const UndoLog::Inode inode{status.st_dev, status.st_ino};
  if (log.tracks(inode)) return inode;
  std::error_code error;
  const fs::path real = fs::is_symlink(path, error) ? fs::read_symlink(path, error) : path;
  if (error || !is_within(real, log.folder())) return std::nullopt;
  const int descriptor = open_for_undo(path);
  if (descriptor < 0) {
    note_trouble(fmt::format("{} cannot be opened: {}", real.native(), std::strerror(errno)));
    return std::nullopt;
  }
  log.track(inode, descriptor);
  return inode;
}

NodeDisk::State::Fate NodeDisk::State::decide_write(pid_t thread, const seccomp_data& call) {
  const auto inode = track(proc_descriptor(thread, descriptor_of(call)));
  if (!inode) return {};
  if (const int error = ailing(DiskCall::write)) return {.error = error};
  std::optional<Extent> extent = extent_of(thread, call);
  if (!extent) return {};
  const std::uint64_t size = log.size_of(*inode);
  if (extent->at_end) extent->offset = size;
  if (const int error = full(extent->offset + extent->length > size)) return {.error = error};
  if (!extent->durable) log.before_write(*inode, extent->offset, extent->length);
  return {};
}

NodeDisk::State::Fate NodeDisk::State::decide_resize(pid_t thread, const seccomp_data& call) {
  fs::path path = proc_descriptor(thread, descriptor_of(call));
  if (descriptor_of(call) < 0) {
    const auto named = paths_of(thread, call);
    if (!named) return {};
    path = named->path;
  }
  const auto inode = track(path);
  if (!inode) return {};
  if (const int error = ailing(DiskCall::write)) return {.error = error};
  const std::uint64_t size = log.size_of(*inode);
  const Resize resize = resize_of(call, size);
  if (const int error = full(resize.size > size)) return {.error = error};
  if (resize.only_grows) {
    log.before_write(*inode, size, resize.size - size);
  } else {
    log.before_cut(*inode, resize.from);
  }
  return {};
}

NodeDisk::State::Fate NodeDisk::State::decide_open(pid_t thread, const seccomp_data& call) {
  const auto paths = paths_of(thread, call);
  if (!paths || !is_within(paths->path, log.folder())) return {};
  std::error_code error;
  if (!fs::exists(fs::symlink_status(paths->path, error))) {
    if (!paths->may_create) return {};
    if (const int refused = full(true)) return {.error = refused};
    log.before_create(paths->path);
  } else if (paths->empties) {
    if (const auto inode = track(fs::weakly_canonical(paths->path, error))) log.before_cut(*inode, 0);
  }
  return {};
}

NodeDisk::State::Fate NodeDisk::State::decide_name(pid_t thread, const seccomp_data& call) {
  const auto paths = paths_of(thread, call);
  if (!paths || !is_within(paths->path, log.folder())) return {};
  std::error_code ignored;
  switch (kind_of(call)) {
    case CallKind::rename:
      if (const int error = ailing(DiskCall::rename)) return {.error = error};
      log.before_rename(paths->from, paths->path, paths->exchange);
      break;
    case CallKind::remove:
      log.before_remove(paths->path);
      break;
    default:
      if (fs::exists(fs::symlink_status(paths->path, ignored))) return {};  // it will fail
      if (const int error = full(true)) return {.error = error};
      log.before_create(paths->path);
  }
  return {};
}

NodeDisk::State::Fate NodeDisk::State::decide_sync(pid_t thread, const seccomp_data& call) {
  const fs::path path = proc_descriptor(thread, descriptor_of(call));
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return {};
  const UndoLog::Inode inode{status.st_dev, status.st_ino};
  fs::path real;
  if (!log.tracks(inode)) {
    std::error_code error;
    real = fs::read_symlink(path, error);
    if (error || !is_within(real, log.folder())) return {};
  }
  if (const int error = ailing(DiskCall::fsync)) return {.error = error};
  const bool folder = S_ISDIR(status.st_mode);
  Descriptor file(log.tracks(inode) ? fcntl(log.descriptor(inode), F_DUPFD_CLOEXEC, 0) : open_for_undo(path));
  if (file.get() < 0) {
    note_trouble(fmt::format("{} cannot be opened: {}", real.native(), std::strerror(errno)));
    return {};
  }
  return {.error = 0,
          .job = Job{.life = nullptr,
                     .id = 0,
                     .file = std::move(file),
                     .data_only = call.nr == __NR_fdatasync,
                     .everything = false,
                     .inode = inode,
                     .folder = folder ? real : fs::path()}};
}

// Which file a synced mapping belongs to is not looked up: all counts as synced then, which promises too much and
// accuses nobody wrongly.
NodeDisk::State::Fate NodeDisk::State::decide_sync_all(const seccomp_data& call) {
  if (const int error = ailing(DiskCall::fsync)) return {.error = error};
  if (call.nr == __NR_msync) {
    log.all_synced(log.mark());
    return {};
  }
  Job job;
  job.file = Descriptor(open(log.folder().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  job.everything = true;
  return {.error = 0, .job = std::move(job)};
}

// Programs that get EINVAL copy by themselves.
NodeDisk::State::Fate NodeDisk::State::decide_copy(pid_t thread, const seccomp_data& call) {
  return {.error = track(proc_descriptor(thread, descriptor_of(call))) ? EINVAL : 0};
}

// --- ailments

int NodeDisk::State::ailing(DiskCall call) {
  for (auto& [id, active] : ailments) {
    if (active.ailment.kind != Ailment::Kind::fail || active.ailment.call != call) continue;
    ++active.struck;
    before_error();
    return active.ailment.error;
  }
  return 0;
}

int NodeDisk::State::full(bool grows) {
  if (!grows) return 0;
  for (auto& [id, active] : ailments) {
    if (active.ailment.kind != Ailment::Kind::full) continue;
    ++active.struck;
    before_error();
    return ENOSPC;
  }
  return 0;
}

nanoseconds NodeDisk::State::delay() {
  nanoseconds longest{0};
  for (auto& [id, active] : ailments) {
    if (active.ailment.kind != Ailment::Kind::slow) continue;
    ++active.struck;
    longest = std::max(longest, active.ailment.delay);
  }
  return longest;
}

// --- syncs

// The mutex is held.
void NodeDisk::State::hand_out(Job job) {
  jobs.push_back(std::move(job));
  if (idle < jobs.size()) workers.emplace_back([this] { work(); });
  wake.notify_all();
}

void NodeDisk::State::work() {
  std::unique_lock lock(mutex);
  for (;;) {
    ++idle;
    wake.wait(lock, [&] { return closing || !jobs.empty(); });
    --idle;
    if (jobs.empty()) return;
    Job job = std::move(jobs.front());
    jobs.pop_front();
    perform(lock, std::move(job));
  }
}

void NodeDisk::State::perform(std::unique_lock<std::mutex>& lock, Job job) {
  if (const nanoseconds longer = delay(); longer > nanoseconds(0)) {
    const auto until = std::chrono::steady_clock::now() + longer;
    wake.wait_until(lock, until, [&] { return closing || job.life->cut; });
  }
  hold_if_watched(lock, job, /*done=*/false);
  if (job.life->cut) return;
  const UndoLog::Mark mark = log.mark();
  lock.unlock();
  int error = 0;
  const int file = job.file.get();
  if ((job.everything ? syncfs(file) : job.data_only ? fdatasync(file) : fsync(file)) != 0) error = errno;
  lock.lock();
  if (job.life->cut) return;
  if (error == 0 && job.everything) log.all_synced(mark);
  if (error == 0 && !job.everything && job.folder.empty()) log.synced(job.inode, mark);
  if (error == 0 && !job.folder.empty()) log.names_synced(job.folder, mark);
  hold_if_watched(lock, job, /*done=*/true);
  answer(*job.life, job.id, error, false);
}

// Whoever waits for this sync may act while it stands still.
void NodeDisk::State::hold_if_watched(std::unique_lock<std::mutex>& lock, const Job& job, bool done) {
  for (auto& [id, watched] : watches) {
    if (watched.watch.done != done || watched.seen) continue;
    if (!watched.watch.file.empty()) {
      std::error_code error;
      const fs::path path = fs::read_symlink(fmt::format("/proc/self/fd/{}", job.file.get()), error);
      if (path.lexically_relative(log.folder()).native().find(watched.watch.file) == std::string::npos) continue;
    }
    if (++watched.passed < watched.watch.count) continue;
    watched.seen = true;
    watched.on_seen();
    const auto until = std::chrono::steady_clock::now() + longest_hold;
    wake.wait_until(lock, until, [&, held = id] { return closing || job.life->cut || !watches.contains(held); });
    return;  // the list may be another by now
  }
}

void NodeDisk::watch_syncs(std::uint64_t id, SyncWatch watch, std::function<void()> seen) {
  const std::lock_guard lock(state_->mutex);
  state_->watches[id] = {.watch = std::move(watch), .on_seen = std::move(seen)};
}

void NodeDisk::unwatch(std::uint64_t id) {
  const std::lock_guard lock(state_->mutex);
  state_->watches.erase(id);
  state_->wake.notify_all();
}

// --- what the nemesis does

void NodeDisk::forget() {
  const std::lock_guard lock(state_->mutex);
  state_->log.forget();
  state_->damaged = false;
}

void NodeDisk::begin(std::uint64_t id, const Ailment& ailment) {
  const std::lock_guard lock(state_->mutex);
  state_->ailments[id] = {.ailment = ailment};
}

std::int64_t NodeDisk::end(std::uint64_t id) {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->ailments.find(id);
  if (found == state_->ailments.end()) return 0;
  const std::int64_t struck = found->second.struck;
  state_->ailments.erase(found);
  return struck;
}

std::int64_t NodeDisk::struck(std::uint64_t id) const {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->ailments.find(id);
  return found == state_->ailments.end() ? 0 : found->second.struck;
}

void NodeDisk::cut_power() {
  const std::lock_guard lock(state_->mutex);
  if (state_->life) state_->life->cut = true;
  state_->wake.notify_all();
}

UndoLog::Losses NodeDisk::lose(bool torn, std::uint64_t draw) {
  const std::lock_guard lock(state_->mutex);
  return state_->log.lose(torn, draw);
}

void NodeDisk::damage() {
  const std::lock_guard lock(state_->mutex);
  state_->damaged = true;
}

bool NodeDisk::damaged() const {
  const std::lock_guard lock(state_->mutex);
  return state_->damaged;
}

std::uint64_t NodeDisk::calls() const {
  const std::lock_guard lock(state_->mutex);
  return state_->calls;
}

std::string NodeDisk::trouble() const {
  const std::lock_guard lock(state_->mutex);
  return state_->trouble;
}

}  // namespace ordeal::nemesis
