#include "nemesis/plan/schedule_text.h"

#include <fmt/format.h>

#include "nemesis/plan/names.h"

namespace ordeal::nemesis {
namespace {

// Of text without control characters, which is all that a node's name or an event's text can be.
std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

std::string target_of(const Selector& selector) {
  if (selector.target != Target::named) return quoted(name_of(selector.target));
  std::string list;
  for (const Node& node : selector.named) list += (list.empty() ? "" : ",") + quoted(node);
  return "[" + list + "]";
}

// What the fault is aimed at, each field with the comma before it.
std::string aim_of(const Selector& selector) {
  return fmt::format(",\"target\":{}", target_of(selector));
}
std::string aim_of(const Kill& kill) {
  return aim_of(kill.selector);
}
std::string aim_of(const Stop& stop) {
  return aim_of(stop.selector);
}
std::string aim_of(const Pause& pause) {
  return aim_of(pause.selector);
}
std::string aim_of(const Partition& partition) {
  std::string kind = fmt::format(",\"kind\":{}", quoted(name_of(partition.kind)));
  if (partition.graph) kind += fmt::format(",\"graph\":{}", *partition.graph);
  if (partition.scope == Scope::nodes) return kind;
  return fmt::format("{},\"scope\":{}", kind, quoted(name_of(partition.scope)));
}
std::string aim_of(const Transfer&) {
  return "";
}
std::string aim_of(const Membership& membership) {
  return fmt::format(",\"kind\":{},\"least-voters\":{}", quoted(name_of(membership.kind)), membership.least_voters);
}
std::string aim_of(const Packets& packets) {
  const PacketSettings& settings = packets.settings;
  return fmt::format(
      R"(,"kind":{},"links":{},"scope":{},"delay":{},"jitter":{},"distribution":{},"delay-correlation":{},"percent":{},)"
      R"("correlation":{},"kbit":{},"period":{})",
      quoted(name_of(packets.kind)), quoted(name_of(packets.links)), quoted(name_of(packets.scope)),
      settings.delay.count(), settings.jitter.count(), quoted(name_of(settings.distribution)),
      settings.delay_correlation, settings.percent, settings.correlation, settings.kbit, settings.period.count());
}
std::string aim_of(const ClockChange& change) {
  return fmt::format("{},\"kind\":{},\"clock\":{},\"by\":{},\"rate-ppm\":{},\"period\":{}", aim_of(change.selector),
                     quoted(name_of(change.kind)), quoted(name_of(change.clock)), change.by.count(), change.rate_ppm,
                     change.period.count());
}

std::string aim_of(const PowerFailure& power) {
  return fmt::format("{},\"torn\":{}", aim_of(power.selector), quoted(name_of(power.torn)));
}
std::string aim_of(const IoError& error) {
  return fmt::format("{},\"call\":{},\"error\":{}", aim_of(error.selector), quoted(name_of(error.call)),
                     quoted(name_of(error.error)));
}
std::string aim_of(const SlowDisk& slow) {
  return fmt::format("{},\"delay\":{}", aim_of(slow.selector), slow.delay.count());
}
std::string aim_of(const DiskFull& full) {
  return aim_of(full.selector);
}

std::string aim_of(const CorruptFile& corrupt) {
  return fmt::format("{},\"kind\":{},\"beyond-minority\":{}", aim_of(corrupt.selector), quoted(name_of(corrupt.kind)),
                     corrupt.beyond_minority);
}

std::string aim_of(const CrashLoop& loop) {
  return fmt::format("{},\"times\":{},\"alive\":[{},{}],\"down\":[{},{}]", aim_of(loop.selector), loop.times,
                     loop.alive.least.count(), loop.alive.most.count(), loop.down.least.count(),
                     loop.down.most.count());
}

std::string aim_of(const Starve& starve) {
  return fmt::format("{},\"share\":{},\"period\":{}", aim_of(starve.selector), starve.share_percent,
                     starve.period.count());
}

std::string aim_of(const Upgrade& upgrade) {
  return fmt::format("{},\"keep\":{}", aim_of(upgrade.selector), upgrade.keep);
}

// What it waits for, with the comma before it; nothing of a fault that comes at its time.
std::string when_of(const ScheduledFault& fault) {
  if (!fault.when) return "";
  std::string events;
  for (const Event& event : fault.when->events) {
    events += fmt::format(R"({}{{"event":{},"count":{},"at":{},"text":{}}})", events.empty() ? "" : ",",
                          quoted(name_of(event.kind)), event.count, quoted(place_of(event)), quoted(event.text));
  }
  return fmt::format(R"(,"when":[{}],"hold":{},"within":{})", events, fault.when->hold.count(),
                     fault.when->within.count());
}

}  // namespace

std::string to_json_line(const ScheduledFault& fault) {
  const std::string aim = std::visit([](const auto& what) { return aim_of(what); }, fault.fault);
  return fmt::format("{{\"id\":{},\"at\":{},\"lasting\":{},\"f\":\"{}\"{},\"draw\":{}{}}}", fault.id, fault.at.count(),
                     fault.lasting.count(), kind_of(fault.fault), aim, fault.draw, when_of(fault));
}

std::string to_json_lines(const Schedule& schedule) {
  std::string text;
  for (const ScheduledFault& fault : schedule) text += to_json_line(fault) + '\n';
  return text;
}

}  // namespace ordeal::nemesis
