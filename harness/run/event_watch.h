// Waits for the events of a trigger (nemesis/plan/event.h), one after the other, on a running cluster. What a black box
// shows: answers to clients, who leads, output, statuses, system calls for disks, packets.
//
// A call or packet at which an event was seen stands still until let_go(), so that a fault strikes at that exact stage.
// One thread: that of the nemesis. `wake` is called from any thread when it is worth while to look.

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "harness/run/recorder.h"
#include "nemesis/inject/cluster.h"
#include "nemesis/inject/packet_watch.h"
#include "nemesis/plan/event.h"

namespace ordeal::harness {

class StatusPoller;

struct SeenEvent {
  nemesis::Node node;  // at which; of append, the sender
  std::chrono::nanoseconds at{0};
  std::string detail{};  // "n1>n2"
};

// What events are seen with. All must outlive the watches.
struct EventWorld {
  nemesis::Cluster& cluster;
  Recorder& recorder;
  const StatusPoller* statuses;  // null: nobody asks for them, so no `behind` is ever seen
  nemesis::PacketWatch& packets;
};

// One event, from its making on.
class EventSource {
 public:
  virtual ~EventSource() = default;  // lets go what is held
  virtual std::optional<SeenEvent> look() = 0;
};
// `id`: one that no other source has.
std::unique_ptr<EventSource> watch_for(const nemesis::Event& event, std::uint64_t id, EventWorld world,
                                       std::function<void()> wake);

class EventWatch {
 public:
  EventWatch(nemesis::Trigger trigger, std::uint64_t id, EventWorld world, std::function<void()> wake);

  ~EventWatch();
  EventWatch(const EventWatch&) = delete;
  EventWatch& operator=(const EventWatch&) = delete;

  // The last event, once it was seen; nullopt: not yet. To be asked again and again: most events are seen by looking.
  const std::optional<SeenEvent>& look();
  // The fault has struck.
  void let_go() { source_.reset(); }
  std::size_t passed() const { return passed_; }  // events that were seen

 private:
  nemesis::Trigger trigger_;
  const std::uint64_t id_;
  const EventWorld world_;
  const std::function<void()> wake_;
  std::size_t passed_ = 0;
  std::unique_ptr<EventSource> source_;
  std::optional<SeenEvent> seen_;
};

}  // namespace ordeal::harness
