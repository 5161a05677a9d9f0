#include "harness/run/event_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "harness/cluster/log_tail.h"
#include "harness/run/status_poller.h"
#include "nemesis/inject/node_disk.h"

namespace ordeal::harness {
namespace {

using nemesis::Event;
using nemesis::EventKind;
using nemesis::Node;
using nemesis::Place;

constexpr std::uint64_t longest_chain = 1000;  // of events of one trigger

// The nodes at which the event counts, as far as it is known who leads.
std::set<Node> places(const Event& event, const nemesis::Cluster& cluster) {
  if (event.at == Place::named) return {event.node};
  const std::vector<Node> nodes = cluster.nodes();
  std::set<Node> all(nodes.begin(), nodes.end());
  if (event.at == Place::any) return all;
  const std::optional<Node> leader = cluster.leader();
  if (!leader) return {};
  if (event.at == Place::leader) return {*leader};
  all.erase(*leader);
  return all;
}

class Elected final : public EventSource {
 public:
  Elected(const Event& event, EventWorld world) : event_(event), world_(world), last_(world.cluster.leader()) {}

  std::optional<SeenEvent> look() override {
    const std::optional<Node> leader = world_.cluster.leader();
    if (!leader || leader == last_) return std::nullopt;
    last_ = leader;
    if (++count_ < event_.count) return std::nullopt;
    return SeenEvent{.node = *leader, .at = world_.recorder.now()};
  }

 private:
  const Event event_;
  const EventWorld world_;
  std::optional<Node> last_;
  std::int64_t count_ = 0;
};

class Acknowledged final : public EventSource {
 public:
  Acknowledged(const Event& event, EventWorld world, std::function<void()> wake) : world_(world) {
    world.recorder.listen(this, [this, count = event.count, wake = std::move(wake)](const checker::Event& recorded) {
      if (recorded.process == checker::nemesis_process || recorded.type != checker::EventType::ok) return;
      if (recorded.f == "read" || seen_) return;
      if (++acknowledged_ < count) return;
      at_ = {.node = recorded.node, .at = recorded.time};
      seen_ = true;
      wake();
    });
  }
  ~Acknowledged() override { world_.recorder.unlisten(this); }

  std::optional<SeenEvent> look() override { return seen_ ? std::optional(at_) : std::nullopt; }

 private:
  const EventWorld world_;
  std::int64_t acknowledged_ = 0;  // of the recorder, as is `at_` until `seen_`
  SeenEvent at_;
  std::atomic<bool> seen_ = false;
};

class Line final : public EventSource {
 public:
  Line(const Event& event, EventWorld world) : event_(event), world_(world) {
    for (const Node& node : world.cluster.nodes()) {
      for (const std::filesystem::path& file : world.cluster.outputs(node)) {
        std::error_code error;
        const std::uintmax_t size = std::filesystem::file_size(file, error);
        tails_.emplace_back(node, LogTail(file, error ? 0 : size));
      }
    }
  }

  std::optional<SeenEvent> look() override {
    const std::set<Node> where = places(event_, world_.cluster);
    std::optional<SeenEvent> seen;
    for (auto& [node, tail] : tails_) {
      if (!tail.wrote(event_.text) || !where.contains(node) || seen) continue;
      seen = SeenEvent{.node = node, .at = world_.recorder.now()};
    }
    return seen;
  }

 private:
  const Event event_;
  const EventWorld world_;
  std::vector<std::pair<Node, LogTail>> tails_;
};

// By the last answers of the nodes. One that is cut off or stopped has answered last when it was.
class Behind final : public EventSource {
 public:
  Behind(const Event& event, EventWorld world) : event_(event), world_(world) {}

  std::optional<SeenEvent> look() override {
    if (world_.statuses == nullptr) return std::nullopt;
    std::map<Node, std::int64_t> applied;
    std::int64_t committed = 0;
    for (const Node& node : world_.cluster.nodes()) {
      const auto answer = world_.statuses->last_answer(node);
      const auto event = answer ? status_event(node, 0, answer->body) : std::nullopt;
      if (!event) continue;
      committed = std::max(committed, number_of(event->value, "commit"));
      applied[node] = number_of(event->value, "applied");
    }
    const std::set<Node> where = places(event_, world_.cluster);
    for (const auto& [node, index] : applied) {
      if (committed - index < event_.count || !where.contains(node)) continue;
      return SeenEvent{
          .node = node, .at = world_.recorder.now(), .detail = fmt::format("{} of {} applied", index, committed)};
    }
    return std::nullopt;
  }

 private:
  static std::int64_t number_of(const checker::Value& fields, const std::string& name) {
    const checker::Value* value = fields.find(name);
    const std::int64_t* number = value == nullptr ? nullptr : value->get_if<std::int64_t>();
    return number == nullptr ? 0 : *number;
  }

  const Event event_;
  const EventWorld world_;
};

// At the disks, which hold the sync. Who shall be watched may change with the leader.
class Synced final : public EventSource {
 public:
  Synced(const Event& event, std::uint64_t id, EventWorld world, std::function<void()> wake)
      : event_(event), id_(id), world_(world), wake_(std::move(wake)) {
    follow();
  }
  ~Synced() override {
    for (const Node& node : watched_) world_.cluster.disk(node)->unwatch(id_);
  }

  std::optional<SeenEvent> look() override {
    {
      const std::lock_guard lock(mutex_);
      if (seen_) return seen_;
    }
    follow();
    return std::nullopt;
  }

 private:
  void follow() {
    const std::set<Node> wanted = places(event_, world_.cluster);
    for (const Node& node : wanted) {
      nemesis::NodeDisk* disk = watched_.contains(node) ? nullptr : world_.cluster.disk(node);
      if (disk == nullptr) continue;
      watched_.insert(node);
      disk->watch_syncs(id_, {.count = event_.count, .file = event_.text, .done = event_.kind == EventKind::synced},
                        [this, node] { saw(node); });
    }
    std::erase_if(watched_, [&](const Node& node) {
      if (wanted.contains(node)) return false;
      world_.cluster.disk(node)->unwatch(id_);
      return true;
    });
  }

  void saw(const Node& node) {
    const std::lock_guard lock(mutex_);
    if (!seen_) seen_ = SeenEvent{.node = node, .at = world_.recorder.now()};
    wake_();
  }

  const Event event_;
  const std::uint64_t id_;
  const EventWorld world_;
  const std::function<void()> wake_;
  std::set<Node> watched_;
  std::mutex mutex_;
  std::optional<SeenEvent> seen_;  // guarded by it
};

class Appended final : public EventSource {
 public:
  Appended(const Event& event, std::uint64_t id, EventWorld world, std::function<void()> wake)
      : id_(id), world_(world) {
    world_.packets.begin(id_, event.count, [this, wake = std::move(wake)] {
      at_ = world_.recorder.now();
      wake();
    });
    follow();
  }
  ~Appended() override { world_.packets.end(id_); }

  std::optional<SeenEvent> look() override {
    follow();
    const auto seen = world_.packets.seen(id_);
    if (!seen) return std::nullopt;
    return SeenEvent{.node = seen->first, .at = at_.load(), .detail = fmt::format("{}>{}", seen->first, seen->second)};
  }

 private:
  void follow() {
    if (const std::optional<Node> leader = world_.cluster.leader()) world_.packets.follow(id_, *leader);
  }

  const std::uint64_t id_;
  const EventWorld world_;
  std::atomic<std::chrono::nanoseconds> at_{};
};

}  // namespace

std::unique_ptr<EventSource> watch_for(const Event& event, std::uint64_t id, EventWorld world,
                                       std::function<void()> wake) {
  switch (event.kind) {
    case EventKind::elected:
      return std::make_unique<Elected>(event, world);
    case EventKind::acknowledged:
      return std::make_unique<Acknowledged>(event, world, std::move(wake));
    case EventKind::line:
      return std::make_unique<Line>(event, world);
    case EventKind::behind:
      return std::make_unique<Behind>(event, world);
    case EventKind::fsync:
    case EventKind::synced:
      return std::make_unique<Synced>(event, id, world, std::move(wake));
    case EventKind::append:
      return std::make_unique<Appended>(event, id, world, std::move(wake));
  }
  return nullptr;
}

EventWatch::EventWatch(nemesis::Trigger trigger, std::uint64_t id, EventWorld world, std::function<void()> wake)
    : trigger_(std::move(trigger)), id_(id), world_(world), wake_(std::move(wake)) {
  world_.cluster.observe_leader_closely(true);
  source_ = watch_for(trigger_.events.front(), id_ * longest_chain, world_, wake_);
}

EventWatch::~EventWatch() {
  world_.cluster.observe_leader_closely(false);
}

const std::optional<SeenEvent>& EventWatch::look() {
  while (!seen_) {
    const std::optional<SeenEvent> seen = source_->look();
    if (!seen) break;
    ++passed_;
    if (passed_ == trigger_.events.size()) {
      seen_ = seen;
      break;
    }
    // The next one is watched for before what is held goes on.
    auto next = watch_for(trigger_.events[passed_], id_ * longest_chain + passed_, world_, wake_);
    source_ = std::move(next);
  }
  return seen_;
}

}  // namespace ordeal::harness
