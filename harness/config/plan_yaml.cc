#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/config/clock_section.h"
#include "harness/config/event_section.h"
#include "harness/config/nemesis_section.h"
#include "harness/config/plan.h"
#include "harness/config/process_section.h"
#include "harness/config/units.h"
#include "nemesis/plan/names.h"

namespace ordeal::harness {
namespace {

// A scalar that reads back as the same text. What is not plainly harmless is quoted.
std::string scalar(const std::string& text) {
  constexpr std::string_view harmless = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_.-";
  const bool letter_first = !text.empty() && harmless.find(text.front()) < 52;
  const bool null = text == "null" || text == "Null" || text == "NULL";
  if (letter_first && !null && text.find_first_not_of(harmless) == std::string::npos) return text;
  std::string quoted;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      quoted += fmt::format("\\x{:02x}", byte);
    } else {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += c;
    }
  }
  return '"' + quoted + '"';
}

std::string lasting_suffix(const nemesis::FaultSpec& fault) {
  std::string text = fault.lasting ? fmt::format(", lasting: {}", range_text(*fault.lasting)) : "";
  if (fault.when) text += ", " + trigger_yaml(*fault.when);
  return text;
}

std::string targets_text(const std::vector<nemesis::Selector>& targets) {
  std::vector<std::string> names;
  for (const nemesis::Selector& target : targets) names.push_back(nemesis::to_string(target));
  return fmt::format("{}", fmt::join(names, ", "));
}

// `more`: its other settings, each with the comma before it.
std::string process_fault(std::string_view kind, const std::vector<nemesis::Selector>& targets,
                          const nemesis::FaultSpec& fault, const std::string& more = "") {
  return fmt::format("{}: {{targets: [{}]{}{}}}", kind, targets_text(targets), more, lasting_suffix(fault));
}

template <typename T>
std::string names_text(const std::vector<T>& values) {
  std::vector<std::string_view> names;
  for (const T value : values) names.push_back(nemesis::name_of(value));
  return fmt::format("[{}]", fmt::join(names, ", "));
}

std::optional<std::string> disk_fault_yaml(const nemesis::FaultSpec& fault) {
  if (const auto* power = std::get_if<nemesis::PowerFailureSpec>(&fault.what)) {
    return process_fault("power-failure", power->targets, fault,
                         fmt::format(", torn: {}", nemesis::name_of(power->torn)));
  }
  if (const auto* error = std::get_if<nemesis::IoErrorSpec>(&fault.what)) {
    return process_fault("io-error", error->targets, fault,
                         fmt::format(", calls: {}, errors: {}", names_text(error->calls), names_text(error->errors)));
  }
  if (const auto* slow = std::get_if<nemesis::SlowDiskSpec>(&fault.what)) {
    return process_fault("slow-disk", slow->targets, fault, fmt::format(", delay: {}", range_text(slow->delay)));
  }
  if (const auto* full = std::get_if<nemesis::DiskFullSpec>(&fault.what)) {
    return process_fault("disk-full", full->targets, fault);
  }
  if (const auto* corrupt = std::get_if<nemesis::CorruptFileSpec>(&fault.what)) {
    return process_fault(
        "corrupt-file", corrupt->targets, fault,
        fmt::format(", kinds: {}, beyond-minority: {}", names_text(corrupt->kinds), corrupt->beyond_minority));
  }
  return std::nullopt;
}

std::string packets_yaml(const nemesis::PacketsSpec& packets, const std::string& lasting) {
  const nemesis::PacketSettings& settings = packets.settings;
  return fmt::format(
      "packets: {{kinds: {}, links: {}, scope: {}, delay: {}, jitter: {}, distribution: {}, delay-correlation: {}, "
      "percent: {}, correlation: {}, kbit: {}, period: {}{}}}",
      names_text(packets.kinds), names_text(packets.links), nemesis::name_of(packets.scope),
      plan_duration(settings.delay), plan_duration(settings.jitter), nemesis::name_of(settings.distribution),
      settings.delay_correlation, settings.percent, settings.correlation, settings.kbit, plan_duration(settings.period),
      lasting);
}

std::string repeat_text(const nemesis::Repeat& repeat) {
  if (repeat.times == 1) return "";
  return fmt::format(", repeat: {}, down: {}, up: {}", repeat.times, range_text(repeat.down), range_text(repeat.up));
}

std::string fault_yaml(const nemesis::FaultSpec& fault) {
  if (const auto* kill = std::get_if<nemesis::KillSpec>(&fault.what))
    return process_fault("kill", kill->targets, fault, repeat_text(kill->repeat));
  if (const auto* stop = std::get_if<nemesis::StopSpec>(&fault.what))
    return process_fault("stop", stop->targets, fault);
  if (const auto* pause = std::get_if<nemesis::PauseSpec>(&fault.what)) {
    return process_fault("pause", pause->targets, fault, repeat_text(pause->repeat));
  }
  if (const auto* loop = std::get_if<nemesis::CrashLoopSpec>(&fault.what)) {
    return process_fault("crash-loop", loop->targets, fault, ", " + crash_loop_yaml(*loop));
  }
  if (const auto* starve = std::get_if<nemesis::StarveSpec>(&fault.what)) {
    return process_fault("starve", starve->targets, fault, ", " + starve_yaml(*starve));
  }
  if (std::holds_alternative<nemesis::TransferSpec>(fault.what)) {
    const std::string settings = lasting_suffix(fault);
    return settings.empty() ? "transfer" : fmt::format("transfer: {{{}}}", settings.substr(2));
  }
  if (const auto* membership = std::get_if<nemesis::MembershipSpec>(&fault.what)) {
    return fmt::format("membership: {{{}, least-voters: {}{}}}", "kinds: " + names_text(membership->kinds),
                       membership->least_voters, lasting_suffix(fault));
  }
  if (const auto* clock = std::get_if<nemesis::ClockSpec>(&fault.what)) {
    return fmt::format("clock: {{{}, targets: [{}]{}}}", clock_yaml(*clock), targets_text(clock->targets),
                       lasting_suffix(fault));
  }
  if (const auto* upgrade = std::get_if<nemesis::UpgradeSpec>(&fault.what)) {
    return process_fault("upgrade", upgrade->targets, fault, fmt::format(", keep: {}", upgrade->keep));
  }
  if (std::optional<std::string> disk = disk_fault_yaml(fault)) return *disk;
  if (const auto* packets = std::get_if<nemesis::PacketsSpec>(&fault.what)) {
    return packets_yaml(*packets, lasting_suffix(fault));
  }
  const auto& partition = std::get<nemesis::PartitionSpec>(fault.what);
  const std::string graphs =
      partition.graphs.empty() ? "" : fmt::format(", graphs: [{}]", fmt::join(partition.graphs, ", "));
  return fmt::format("partition: {{kinds: {}{}, scope: {}{}}}", names_text(partition.kinds), graphs,
                     nemesis::name_of(partition.scope), lasting_suffix(fault));
}

std::string workload_yaml(const workloads::RegisterSpec& workload) {
  return fmt::format(
      "  keys: {}\n  operations-per-key: {}\n  read: {}\n  mix: {{read: {}, write: {}, cas: {}}}\n  readers: {}\n",
      workload.keys, workload.operations_per_key, workload.read, workload.read_share, workload.write_share,
      workload.cas_share, workload.readers);
}

std::string workload_yaml(const workloads::SetSpec& workload) {
  return fmt::format("  elements-per-set: {}\n  read: {}\n  mix: {{add: {}, read: {}}}\n", workload.elements_per_set,
                     workload.read, workload.add_share, workload.read_share);
}

std::string workload_yaml(const workloads::CounterSpec& workload) {
  return fmt::format(
      "  keys: {}\n  operations-per-key: {}\n  operations-per-session: {}\n  again-percent: {}\n  read: {}\n"
      "  mix: {{increment: {}, read: {}}}\n",
      workload.keys, workload.operations_per_key, workload.operations_per_session, workload.again_percent,
      workload.read, workload.increment_share, workload.read_share);
}

std::string workload_yaml(const workloads::WorkloadSpec& workload) {
  return fmt::format("workload:\n  name: {}\n", workloads::name_of(workload)) +
         std::visit([](const auto& one) { return workload_yaml(one); }, workload);
}

}  // namespace

std::string range_text(const nemesis::DurationRange& range) {
  if (range.least == range.most) return plan_duration(range.least);
  return fmt::format("{}..{}", plan_duration(range.least), plan_duration(range.most));
}

std::string nemesis_yaml(const nemesis::NemesisSpec& spec) {
  if (spec.swarm) return "nemesis:\n  faults: swarm\n";
  std::string text =
      fmt::format("nemesis:\n  interval: {}\n  lasting: {}\n  at-once: {}\n  faults:{}\n", plan_duration(spec.interval),
                  range_text(spec.lasting), spec.at_once, spec.faults.empty() ? " []" : "");
  for (const nemesis::FaultSpec& fault : spec.faults) text += fmt::format("    - {}\n", fault_yaml(fault));
  return text;
}

namespace {

std::string knobs_yaml(const std::map<std::string, std::string>& knobs) {
  std::string text;
  for (const auto& [knob, choice] : knobs) text += fmt::format("  {}: {}\n", scalar(knob), scalar(choice));
  return knobs.empty() ? "knobs: {}\n" : "knobs:\n" + text;
}

}  // namespace

std::string to_yaml(const Plan& plan) {
  std::string text = fmt::format("name: {}\ntarget: {}\nnodes: {}\nspares: {}\nduration: {}\n", scalar(plan.name),
                                 scalar(plan.target), plan.nodes, plan.spares, plan_duration(plan.duration));
  if (plan.seed) text += fmt::format("seed: {}\n", *plan.seed);
  text += fmt::format("clients: {}\nrate: {}\ntimeout: {}\npin: {}\n", plan.clients, plan.rate,
                      plan_duration(plan.timeout), scalar(plan.pin));
  text += workload_yaml(plan.workload) + nemesis_yaml(plan.nemesis) + knobs_yaml(plan.knobs);
  text += fmt::format("checks: [{}]\n", fmt::join(plan.checks, ", "));
  text += fmt::format("availability: {{within: {}}}\n", plan_duration(plan.availability_within));
  text += fmt::format("recovery: {{within: {}}}\n", plan_duration(plan.recovery_within));
  return text + fmt::format("check: {{time-limit: {}, memory-limit: {}}}\n", plan_duration(plan.check_time_limit),
                            size_text(plan.check_memory_limit));
}

}  // namespace ordeal::harness
