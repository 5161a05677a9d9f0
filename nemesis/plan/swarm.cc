#include "nemesis/plan/swarm.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "nemesis/plan/draw.h"
#include "nemesis/plan/names.h"

namespace ordeal::nemesis {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// From a fault every third of a second, which leaves no time to recover, to a quiet run.
constexpr std::array<milliseconds, 6> intervals{milliseconds(300), milliseconds(700), seconds(1),
                                                seconds(2),        seconds(4),        seconds(8)};
// Below and above an election timeout, and long enough to fall behind a snapshot.
constexpr std::array<DurationRange, 5> lastings{{{milliseconds(50), milliseconds(400)},
                                                 {milliseconds(200), seconds(2)},
                                                 {milliseconds(500), seconds(4)},
                                                 {seconds(1), seconds(8)},
                                                 {seconds(4), seconds(20)}}};
// Of pauses, which do other things below an election timeout than above it. The knobs of a target move that, and so
// each side reaches far.
constexpr std::array<DurationRange, 2> pauses{{{milliseconds(10), milliseconds(250)}, {milliseconds(400), seconds(3)}}};
constexpr std::array<int, 4> shares{2, 5, 20, 50};  // percent, of a node that starves
constexpr int most_at_once = 3;
constexpr int most_repeats = 12;

template <typename T, std::size_t size>
const T& one_of(const std::array<T, size>& items, Draw& draw) {
  return items[draw.below(size)];
}

template <typename T>
std::vector<T> values_of(const std::vector<Named<T>>& table) {
  std::vector<T> values;
  for (const Named<T>& entry : table) values.push_back(entry.value);
  return values;
}

std::vector<Selector> all_selectors() {
  std::vector<Selector> selectors;
  for (const Target target : values_of(targets())) selectors.push_back({target});
  return selectors;
}

// Two of three stay, and always one.
template <typename T>
void thin_out(std::vector<T>& items, Draw& draw) {
  if (items.empty()) return;
  const T spared = items[draw.below(items.size())];
  std::vector<T> kept;
  for (const T& item : items) {
    if (item == spared || draw.below(3) != 0) kept.push_back(item);
  }
  items = std::move(kept);
}

template <typename Spec>
void vary(Spec& spec, Draw& draw) {
  if constexpr (requires { spec.targets; }) thin_out(spec.targets, draw);
  if constexpr (requires { spec.kinds; }) thin_out(spec.kinds, draw);
  if constexpr (requires { spec.links; }) thin_out(spec.links, draw);
  if constexpr (requires { spec.calls; }) thin_out(spec.calls, draw);
  if constexpr (requires { spec.errors; }) thin_out(spec.errors, draw);
  if constexpr (requires { spec.share_percent; }) spec.share_percent = one_of(shares, draw);
  if constexpr (requires { spec.repeat; }) {
    if (draw.below(4) == 0) spec.repeat.times = 2 + static_cast<int>(draw.below(most_repeats - 1));
  }
}

std::vector<MembershipKind> changes_with_room(int nodes, int spares, int least_voters) {
  std::vector<MembershipKind> kinds;
  if (nodes - 1 >= least_voters) {
    kinds = {MembershipKind::remove_follower, MembershipKind::remove_leader, MembershipKind::replace};
  }
  if (nodes - 2 >= least_voters) kinds.push_back(MembershipKind::remove_two);
  if (spares > 0) kinds.push_back(MembershipKind::add);
  return kinds;
}

DurationRange within(DurationRange range, nanoseconds duration) {
  return {std::min(range.least, duration), std::min(range.most, duration)};
}

// Numbered graphs are as many as all other choices together; `random-graph` and `partial` draw such ones.
std::vector<PartitionKind> kinds_of_partitions() {
  std::vector<PartitionKind> kinds = values_of(partition_kinds());
  std::erase(kinds, PartitionKind::graph);
  return kinds;
}

}  // namespace

std::vector<FaultSpec> all_faults(int nodes, int spares) {
  MembershipSpec membership;
  membership.kinds = changes_with_room(nodes, spares, membership.least_voters);
  std::vector<FaultSpec> faults{
      {.what = KillSpec{.targets = all_selectors()}},
      {.what = StopSpec{.targets = all_selectors()}},
      {.what = PauseSpec{.targets = all_selectors()}},
      {.what = PartitionSpec{.kinds = kinds_of_partitions()}},
      {.what = TransferSpec{}, .lasting = {{seconds(1), seconds(1)}}},
      {.what = membership},
      {.what = PowerFailureSpec{.targets = all_selectors()}},
      {.what = IoErrorSpec{}},
      {.what = SlowDiskSpec{}},
      {.what = DiskFullSpec{}},
      {.what = PacketsSpec{.links = values_of(link_choices())}},
      {.what = ClockSpec{}},
      {.what = CorruptFileSpec{}},
      {.what = CrashLoopSpec{.targets = all_selectors()}},
      {.what = StarveSpec{.targets = all_selectors()}},
      {.what = UpgradeSpec{}},
  };
  if (membership.kinds.empty()) {
    std::erase_if(faults, [](const FaultSpec& fault) { return std::holds_alternative<MembershipSpec>(fault.what); });
  }
  return faults;
}

NemesisSpec draw_swarm(const std::vector<FaultSpec>& possible, nanoseconds duration, int nodes, std::uint64_t seed) {
  Draw draw(seed);
  NemesisSpec spec;
  spec.interval = std::min<nanoseconds>(one_of(intervals, draw), std::max(duration / 4, nanoseconds(1)));
  spec.lasting = within(one_of(lastings, draw), duration);
  spec.at_once = 1 + static_cast<int>(draw.below(static_cast<std::uint64_t>(std::min(most_at_once, nodes))));
  const std::size_t spared = possible.empty() ? 0 : draw.below(possible.size());
  for (std::size_t i = 0; i < possible.size(); ++i) {
    if (i != spared && draw.heads()) continue;
    FaultSpec fault = possible[i];
    std::visit([&](auto& what) { vary(what, draw); }, fault.what);
    if (std::holds_alternative<PauseSpec>(fault.what) && draw.heads()) fault.lasting = one_of(pauses, draw);
    if (fault.lasting) fault.lasting = within(*fault.lasting, duration);
    spec.faults.push_back(std::move(fault));
  }
  return spec;
}

}  // namespace ordeal::nemesis
