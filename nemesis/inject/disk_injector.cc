// Power failures, and disks that fail, are slow or full, on nodes whose system calls are watched (node_disk.h).
//
//   power failure:  no call of the nodes is answered any more --> SIGKILL to all --> what was not synced is taken back
//
// So what a node promised before that moment had been synced, or it lied. A node that was down already loses what it
// had left un-synced when it ended.
//
// Damage: the node is killed, one file is changed behind its back, and it is started again. It may refuse to run, for
// as long as the damage is there; if it runs it must be correct. Nodes whose folder was emptied since do not count.
//
// A wipe is damage that no target can notice for sure. A voter that comes back without its votes and its log may vote
// twice, and what it acknowledged is on one node less: from then on a loss is the target's right.
//
// A node that ends after a call failed is right to do so: it is started again when the disk is well, unless another
// fault holds it down. A crash (an assertion, a bad access) is its own mistake, whatever the disk did.

#include <fmt/format.h>

#include <cassert>
#include <cerrno>
#include <chrono>
#include <map>
#include <stdexcept>
#include <utility>

#include "nemesis/inject/corrupt_files.h"
#include "nemesis/inject/findings.h"
#include "nemesis/inject/injector.h"
#include "nemesis/inject/node_disk.h"
#include "nemesis/plan/draw.h"

namespace ordeal::nemesis {
namespace {

// How long a node that got an error is given to end, once the disk is well again.
constexpr std::chrono::milliseconds end_bound{100};
class DiskInjector final : public Injector {
 public:
  DiskInjector(Cluster& cluster, Injector& processes, std::vector<CorruptibleFiles> corruptible)
      : cluster_(cluster), processes_(processes), corruptible_(std::move(corruptible)) {}
  Evidence inject(std::uint64_t id, const Fault& fault, const Aim& aim) override;
  Evidence heal(std::uint64_t id) override;

 private:
  struct Active {
    Fault fault;
    Nodes nodes;
    Evidence evidence{};
  };

  NodeDisk& disk(const Node& node) const;
  void fail_power(std::uint64_t id, const PowerFailure& fault, const Aim& aim, Findings& findings);
  void lose(const Node& node, bool torn, std::uint64_t draw, Findings& findings);
  Nodes corrupt_files(std::uint64_t id, const CorruptFile& fault, const Aim& aim, Findings& findings);
  Nodes may_be_damaged(const CorruptFile& fault, const Nodes& aimed, Findings& findings) const;
  void damage(const Node& node, CorruptKind kind, std::uint64_t draw, Findings& findings);
  void wipe(const Node& node, Findings& findings);
  void heal_ailment(std::uint64_t id, const Active& active, Findings& findings);
  void start_if_it_ended(std::uint64_t id, const Node& node, Findings& findings);

  Cluster& cluster_;
  Injector& processes_;
  const std::vector<CorruptibleFiles> corruptible_;
  std::map<std::uint64_t, Active> active_;
};

NodeDisk& DiskInjector::disk(const Node& node) const {
  NodeDisk* found = cluster_.disk(node);
  assert(found != nullptr && "a plan with faults of disks starts nodes that are watched");
  return *found;
}

std::string text_of(std::chrono::nanoseconds delay) {
  return fmt::format("{:g} ms", std::chrono::duration<double, std::milli>(delay).count());
}

Ailment ailment_of(const Fault& fault) {
  if (const auto* error = std::get_if<IoError>(&fault)) {
    return {.kind = Ailment::Kind::fail, .call = error->call, .error = error->error == DiskError::eio ? EIO : ENOSPC};
  }
  if (const auto* slow = std::get_if<SlowDisk>(&fault)) return {.kind = Ailment::Kind::slow, .delay = slow->delay};
  assert(std::holds_alternative<DiskFull>(fault));
  return {.kind = Ailment::Kind::full};
}

Evidence DiskInjector::inject(std::uint64_t id, const Fault& fault, const Aim& aim) {
  const auto [active, is_new] = active_.emplace(id, Active{fault, aim.nodes});
  assert(is_new);
  Findings findings;
  if (const auto* power = std::get_if<PowerFailure>(&fault)) {
    fail_power(id, *power, aim, findings);
  } else if (const auto* corrupt = std::get_if<CorruptFile>(&fault)) {
    active->second.nodes = corrupt_files(id, *corrupt, aim, findings);
  } else {
    const Ailment ailment = ailment_of(fault);
    for (const Node& node : aim.nodes) disk(node).begin(id, ailment);
    if (ailment.kind == Ailment::Kind::slow)
      findings.note(fmt::format("each sync takes {} longer", text_of(ailment.delay)));
  }
  active->second.evidence = findings.evidence();
  return findings.evidence();
}

void DiskInjector::fail_power(std::uint64_t id, const PowerFailure& fault, const Aim& aim, Findings& findings) {
  Draw draw(aim.draw);
  const bool heads = draw.heads();
  const bool torn = fault.torn == Torn::yes || (fault.torn == Torn::draw && heads);
  for (const Node& node : aim.nodes) disk(node).cut_power();
  findings.add(processes_.inject(id, Kill{fault.selector}, aim));
  for (const Node& node : aim.nodes) {
    const std::uint64_t of_node = draw.below(std::uint64_t{1} << 53);
    if (cluster_.processes(node).empty()) lose(node, torn, of_node, findings);
  }
}

Nodes DiskInjector::may_be_damaged(const CorruptFile& fault, const Nodes& aimed, Findings& findings) const {
  const std::vector<Node> all = cluster_.nodes();
  std::size_t room = (all.size() - 1) / 2;
  for (const Node& node : all)
    if (disk(node).damaged() && room > 0) --room;
  Nodes chosen;
  for (const Node& node : aimed) {
    if (disk(node).damaged()) {
      // One more makes no difference to who may be wrong, unless the node refuses to run already.
      if (!cluster_.processes(node).empty()) {
        chosen.insert(node);
      } else {
        findings.note(node + " holds a damaged file already");
      }
    } else if (!fault.beyond_minority && room == 0) {
      findings.note(node + " is spared: as many nodes as a minority has hold damaged files");
    } else {
      chosen.insert(node);
      if (room > 0) --room;
    }
  }
  return chosen;
}

// Returns the nodes that it holds down.
Nodes DiskInjector::corrupt_files(std::uint64_t id, const CorruptFile& fault, const Aim& aim, Findings& findings) {
  const Nodes nodes = may_be_damaged(fault, aim.nodes, findings);
  if (nodes.empty()) return nodes;
  const Evidence killed = processes_.inject(id, Kill{fault.selector}, Aim{.nodes = nodes});
  if (!killed.note.empty()) findings.note(killed.note);
  Draw draw(aim.draw);
  for (const Node& node : nodes) {
    const std::uint64_t of_node = draw.below(std::uint64_t{1} << 53);
    if (cluster_.processes(node).empty()) damage(node, fault.kind, of_node, findings);
  }
  std::int64_t damaged = 0;
  const std::vector<Node> all = cluster_.nodes();
  for (const Node& node : all) damaged += disk(node).damaged() ? 1 : 0;
  findings.count("damaged_nodes", damaged);
  if (damaged > static_cast<std::int64_t>(all.size() - 1) / 2) findings.count("majority_damaged", 1);
  return nodes;
}

void DiskInjector::wipe(const Node& node, Findings& findings) {
  const std::uintmax_t removed = cluster_.empty_data(node);
  if (removed == 0) return findings.note(node + " had nothing in its data folder");
  disk(node).damage();
  findings.saw_effect();
  findings.count("folders_wiped", 1);
  findings.note(fmt::format("{}: its data folder was emptied of {} files and folders", node, removed));
}

void DiskInjector::damage(const Node& node, CorruptKind kind, std::uint64_t draw, Findings& findings) {
  if (kind == CorruptKind::wipe) return wipe(node, findings);
  const std::optional<Damage> done = corrupt(cluster_.data_folder(node), corruptible_, kind, draw);
  if (!done) return findings.note(node + " has no such file that is long enough yet");
  disk(node).damage();
  findings.saw_effect();
  const std::string file = done->file.native();
  if (kind == CorruptKind::bit_flip) {
    findings.count("bits_flipped", 1);
    findings.note(fmt::format("{}: bit {} of byte {} of {} flipped", node, done->bit, done->offset, file));
  } else {
    findings.count("files_truncated", 1);
    findings.note(fmt::format("{}: {} cut from {} to {} bytes", node, file, done->length, done->offset));
  }
}

void DiskInjector::lose(const Node& node, bool torn, std::uint64_t draw, Findings& findings) {
  const UndoLog::Losses losses = disk(node).lose(torn, draw);
  findings.count("bytes_dropped", losses.bytes);
  findings.count("writes_dropped", losses.writes);
  findings.count("writes_torn", losses.torn);
  findings.count("names_dropped", losses.names);
  if (losses.files > 0 || losses.names > 0) {
    findings.saw_effect();
    findings.note(
        fmt::format("{} lost {} bytes of {} files and {} names", node, losses.bytes, losses.files, losses.names));
  } else {
    findings.note(node + " had synced everything");
  }
  if (const std::string trouble = disk(node).trouble(); !trouble.empty()) findings.note(trouble);
}

Evidence DiskInjector::heal(std::uint64_t id) {
  const auto found = active_.find(id);
  assert(found != active_.end());
  const Active active = std::move(found->second);
  active_.erase(found);
  if (std::holds_alternative<CorruptFile>(active.fault)) {
    Findings findings(active.evidence);
    if (active.nodes.empty()) return findings.evidence();
    const Evidence started = processes_.heal(id);
    for (const auto& [name, value] : started.counts)
      if (name == "nodes_started") findings.count(name, value);
    return findings.evidence();
  }
  if (!std::holds_alternative<PowerFailure>(active.fault)) {
    Findings findings(active.evidence);
    heal_ailment(id, active, findings);
    return findings.evidence();
  }
  // The other injector tells all that it has seen from the beginning; what was lost is ours.
  Findings findings(processes_.heal(id));
  for (const auto& [name, value] : active.evidence.counts)
    if (name.ends_with("_dropped") || name == "writes_torn") findings.count(name, value);
  if (active.evidence.effect) findings.saw_effect();
  return findings.evidence();
}

void DiskInjector::heal_ailment(std::uint64_t id, const Active& active, Findings& findings) {
  const bool slow = std::holds_alternative<SlowDisk>(active.fault);
  for (const Node& node : active.nodes) {
    const std::int64_t struck = disk(node).end(id);
    findings.count(slow ? "calls_delayed" : "calls_failed", struck);
    if (struck == 0) continue;
    findings.saw_effect();
    if (!slow) start_if_it_ended(id, node, findings);
  }
}

void DiskInjector::start_if_it_ended(std::uint64_t id, const Node& node, Findings& findings) {
  const std::optional<std::string> end = cluster_.await_exit(node, end_bound);
  if (!end) return findings.note(node + " goes on after the error");
  findings.note(fmt::format("{} ended after the error: {}", node, *end));
  processes_.inject(part_of(id, 0), Kill{}, Aim{.nodes = {node}});
  const Evidence started = processes_.heal(part_of(id, 0));
  for (const auto& [name, value] : started.counts)
    if (name == "nodes_started") findings.count(name, value);
}

}  // namespace

std::unique_ptr<Injector> make_disk_injector(Cluster& cluster, Injector& processes,
                                             std::vector<CorruptibleFiles> corruptible) {
  return std::make_unique<DiskInjector>(cluster, processes, std::move(corruptible));
}

}  // namespace ordeal::nemesis
