#include "harness/config/swarm.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <variant>

#include "harness/config/config_error.h"
#include "harness/config/suggestion.h"
#include "nemesis/plan/draw.h"
#include "nemesis/plan/swarm.h"

namespace ordeal::harness {
namespace {

// Streams of their own, so that neither the schedule nor the workload changes when a swarm draws once more.
constexpr std::uint64_t faults_stream = 0x5a4a2f01, knobs_stream = 0x5a4a2f02;

bool can_show(const Target& target, nemesis::CorruptKind kind) {
  return std::ranges::any_of(target.corruptible, [&](const nemesis::CorruptibleFiles& files) {
    return std::ranges::find(files.kinds, kind) != files.kinds.end();
  });
}

bool offered(const nemesis::FaultSpec& fault, const Target& target) {
  if (std::holds_alternative<nemesis::TransferSpec>(fault.what)) return target.transfer && target.leader;
  if (std::holds_alternative<nemesis::MembershipSpec>(fault.what)) return target.members && target.leader;
  if (std::holds_alternative<nemesis::UpgradeSpec>(fault.what)) return target.upgrade.has_value();
  if (const auto* corrupt = std::get_if<nemesis::CorruptFileSpec>(&fault.what)) {
    return std::ranges::all_of(corrupt->kinds, [&](nemesis::CorruptKind kind) { return can_show(target, kind); });
  }
  return true;
}

template <typename Map>
std::vector<std::string_view> keys_of(const Map& map) {
  std::vector<std::string_view> keys;
  for (const auto& [key, value] : map) keys.push_back(key);
  return keys;
}

}  // namespace

void draw_swarm(Plan& plan, const Target& target) {
  if (!plan.nemesis.swarm) return;
  assert(plan.seed);
  std::vector<nemesis::FaultSpec> possible = nemesis::all_faults(plan.nodes, plan.spares);
  std::erase_if(possible, [&](const nemesis::FaultSpec& fault) { return !offered(fault, target); });
  const bool leases = workloads::read_mode_of(plan.workload) == "lease";
  for (nemesis::FaultSpec& fault : possible) {
    auto* clock = std::get_if<nemesis::ClockSpec>(&fault.what);
    if (clock != nullptr && leases) clock->clocks = {nemesis::ClockFace::wall};  // others would break them rightly
  }
  plan.nemesis = nemesis::draw_swarm(possible, plan.duration, plan.nodes, *plan.seed ^ faults_stream);
  nemesis::Draw draw(*plan.seed ^ knobs_stream);
  for (const auto& [knob, choices] : target.knobs) {
    const auto drawn = std::next(choices.begin(), static_cast<std::ptrdiff_t>(draw.below(choices.size())));
    plan.knobs.emplace(knob, drawn->first);  // unless the plan says which
  }
}

Target with_knobs(Target target, const Plan& plan, const std::string& plan_file) {
  for (const auto& [knob, choice] : plan.knobs) {
    const auto known = target.knobs.find(knob);
    if (known == target.knobs.end()) {
      const std::string cure =
          target.knobs.empty() ? "its file has no knobs: leave it out" : suggestion(knob, keys_of(target.knobs));
      throw ConfigError(fmt::format("{}: knobs: target {} has no knob \"{}\"; {}", plan_file, target.name, knob, cure));
    }
    const auto words = known->second.find(choice);
    if (words == known->second.end()) {
      throw ConfigError(fmt::format("{}: knobs.{}: target {} has no choice \"{}\" for it; {}", plan_file, knob,
                                    target.name, choice, suggestion(choice, keys_of(known->second))));
    }
    const auto add_to = [&](std::vector<std::string>& command) {
      command.insert(command.end(), words->second.begin(), words->second.end());
    };
    add_to(target.command);
    if (target.upgrade && !target.upgrade->command.empty()) add_to(target.upgrade->command);
  }
  return target;
}

}  // namespace ordeal::harness
