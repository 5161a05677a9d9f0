#include <fmt/format.h>

#include <algorithm>

#include "harness/config/config_error.h"
#include "harness/config/target.h"
#include "nemesis/plan/names.h"

namespace ordeal::harness {
namespace {

// Some file of the target must show each kind of damage that a plan asks for.
template <typename Refuse>
void require_corruptible(const nemesis::FaultSpec& fault, const Target& target, const Refuse& refuse_fault) {
  const auto* corrupt = std::get_if<nemesis::CorruptFileSpec>(&fault.what);
  if (corrupt == nullptr) return;
  for (const nemesis::CorruptKind kind : corrupt->kinds) {
    if (kind == nemesis::CorruptKind::wipe) continue;  // nothing to be noticed
    const bool possible = std::ranges::any_of(target.corruptible, [&](const nemesis::CorruptibleFiles& files) {
      return std::ranges::find(files.kinds, kind) != files.kinds.end();
    });
    if (!possible) {
      refuse_fault(fmt::format("corrupt-file: {}", nemesis::name_of(kind)), "disk.corruptible of that kind",
                   "write which files the target must find damaged, or leave the kind out");
    }
  }
}

}  // namespace

void require_abilities(const nemesis::NemesisSpec& faults, const Target& target, const std::string& plan_file) {
  const auto refuse_fault = [&](std::string_view fault, std::string_view missing, std::string_view cure) {
    throw ConfigError(fmt::format("{}: nemesis.faults: {}: target {} does not say how: its file has no {}; {}",
                                  plan_file, fault, target.name, missing, cure));
  };
  for (const nemesis::FaultSpec& fault : faults.faults) {
    require_corruptible(fault, target, refuse_fault);
    const bool transfer = std::holds_alternative<nemesis::TransferSpec>(fault.what);
    const auto* membership = std::get_if<nemesis::MembershipSpec>(&fault.what);
    const auto* packets = std::get_if<nemesis::PacketsSpec>(&fault.what);
    const auto* partition = std::get_if<nemesis::PartitionSpec>(&fault.what);
    const nemesis::Scope scope = packets != nullptr     ? packets->scope
                                 : partition != nullptr ? partition->scope
                                                        : nemesis::Scope::all;
    if (scope == nemesis::Scope::peers && !target.peer_port) {
      refuse_fault("scope: peers", "peer_port", "write the TCP port on which its nodes talk to each other");
    }
    if (std::holds_alternative<nemesis::UpgradeSpec>(fault.what) && !target.upgrade) {
      refuse_fault("upgrade", "upgrade", "write what the other version is, such as upgrade: {words: [--new]}");
    }
    const std::string_view kind = transfer ? "transfer" : "membership";
    if (transfer && !target.transfer)
      refuse_fault(kind, "transfer", "write the request that hands the leadership over");
    if (membership != nullptr && !target.members) {
      refuse_fault(kind, "members", "write how its members are listed, added and removed");
    }
    if ((transfer || membership != nullptr) && !target.leader) {
      refuse_fault(kind, "leader", "write how to ask a node whether it leads");
    }
    const auto promotes = [](nemesis::MembershipKind one) { return one == nemesis::MembershipKind::promote; };
    if (membership != nullptr && !target.members->promote && std::ranges::any_of(membership->kinds, promotes)) {
      refuse_fault("membership: promote", "members.promote", "write the request, or leave the kind out");
    }
  }
}

}  // namespace ordeal::harness
