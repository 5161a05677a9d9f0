#include "harness/config/schedule_file.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "harness/config/config_error.h"
#include "nemesis/plan/names.h"
#include "nemesis/plan/targets.h"

namespace ordeal::harness {
namespace {

namespace json = boost::json;

constexpr std::uint64_t most_kbit = 100'000'000;  // 100 Gbit/s
constexpr std::uint64_t most_voters = 250;        // as many as a plan may have nodes

// One line of the file, and its place in messages.
class Line {
 public:
  Line(std::string_view text, std::string place) : place_(std::move(place)) {
    json::error_code error;
    const json::value value = json::parse(json::string_view(text.data(), text.size()), error);
    if (error) throw ConfigError(fmt::format("{}: is no JSON: {}; write one object a line", place_, error.message()));
    if (!value.is_object()) refuse("the line", "is no object; write {\"id\":1,...}");
    object_ = value.as_object();
  }

  [[noreturn]] void refuse(std::string_view field, std::string_view what) const {
    throw ConfigError(fmt::format("{}: {}: {}", place_, field, what));
  }

  const json::value& field(std::string_view name) const {
    const json::value* value = object_.if_contains(json::string_view(name.data(), name.size()));
    if (value == nullptr) refuse(name, "is missing; a schedule is written by ordeal run");
    return *value;
  }

  bool has(std::string_view name) const { return object_.contains(json::string_view(name.data(), name.size())); }

  std::uint64_t number(std::string_view name) const {
    const json::value& value = field(name);
    json::error_code error;
    const auto number = value.to_number<std::uint64_t>(error);
    if (error || value.is_double() || number > std::uint64_t{1} << 62) {
      refuse(name, "is not a whole number that is not negative; write one");
    }
    return number;
  }

  bool flag(std::string_view name) const {
    const json::value& value = field(name);
    if (!value.is_bool()) refuse(name, "is neither true nor false; write one of them");
    return value.as_bool();
  }

  std::string text(std::string_view name) const { return text(name, field(name)); }
  std::string text(std::string_view name, const json::value& value) const {
    if (!value.is_string()) refuse(name, "is not a text; write one in quotes");
    return {value.as_string().data(), value.as_string().size()};
  }

  // The items of a list.
  std::vector<Line> objects(std::string_view name) const {
    const json::value& value = field(name);
    if (!value.is_array()) refuse(name, "is no list; write [{...}]");
    std::vector<Line> items;
    for (const json::value& item : value.as_array()) {
      items.emplace_back(json::serialize(item), fmt::format("{}: {}", place_, name));
    }
    return items;
  }

  void only_fields(std::size_t count) const {
    if (object_.size() != count)
      refuse("the line", fmt::format("holds {} fields; {} are known", object_.size(), count));
  }

 private:
  std::string place_;
  json::object object_;
};

nemesis::Selector selector_of(const Line& line) {
  const json::value& value = line.field("target");
  nemesis::Selector selector;
  if (const json::array* nodes = value.if_array()) {
    selector.target = nemesis::Target::named;
    for (const json::value& node : *nodes) selector.named.insert(line.text("target", node));
    return selector;
  }
  const auto target = nemesis::target_named(line.text("target"));
  if (!target) line.refuse("target", "is unknown; `ordeal list faults` names them");
  selector.target = *target;
  return selector;
}

template <typename T>
T named_of(const Line& line, std::string_view field, std::optional<T> (*find)(std::string_view)) {
  const std::optional<T> value = find(line.text(field));
  if (!value) line.refuse(field, "is unknown; `ordeal list faults` names what there is");
  return *value;
}

nemesis::Membership membership_of(const Line& line) {
  const auto kind = nemesis::membership_kind_named(line.text("kind"));
  if (!kind) line.refuse("kind", "is an unknown kind of membership change; `ordeal list faults` names them");
  const std::uint64_t least = line.number("least-voters");
  if (least < 1 || least > most_voters) {
    line.refuse("least-voters", fmt::format("is no number of voters; write one from 1 to {}", most_voters));
  }
  return {.kind = *kind, .least_voters = static_cast<int>(least)};
}

// The word of a field; `named` looks it up.
template <typename Look>
auto word_of(const Line& line, std::string_view field, Look named) {
  const auto value = named(line.text(field));
  if (!value) line.refuse(field, "is unknown; `ordeal list faults` names the words");
  return *value;
}

int number_up_to(const Line& line, std::string_view field, std::uint64_t most) {
  const std::uint64_t number = line.number(field);
  if (number > most) line.refuse(field, fmt::format("is too large; write {} at most", most));
  return static_cast<int>(number);
}

nemesis::Packets packets_of(const Line& line) {
  nemesis::Packets packets{.kind = word_of(line, "kind", nemesis::packet_kind_named),
                           .links = word_of(line, "links", nemesis::link_choice_named),
                           .scope = word_of(line, "scope", nemesis::scope_named)};
  nemesis::PacketSettings& settings = packets.settings;
  settings.delay = std::chrono::nanoseconds(static_cast<std::int64_t>(line.number("delay")));
  settings.jitter = std::chrono::nanoseconds(static_cast<std::int64_t>(line.number("jitter")));
  settings.distribution = word_of(line, "distribution", nemesis::distribution_named);
  settings.delay_correlation = number_up_to(line, "delay-correlation", 99);
  settings.percent = number_up_to(line, "percent", 100);
  settings.correlation = number_up_to(line, "correlation", 99);
  settings.kbit = number_up_to(line, "kbit", most_kbit);
  settings.period = std::chrono::nanoseconds(static_cast<std::int64_t>(line.number("period")));
  if (settings.kbit == 0) line.refuse("kbit", "is 0; write at least 1");
  return packets;
}

// Within what a run can last and a clock can show.
std::int64_t signed_number(const Line& line, std::string_view name) {
  const json::value& value = line.field(name);
  json::error_code error;
  const auto number = value.to_number<std::int64_t>(error);
  constexpr std::int64_t most = std::int64_t{1} << 60;
  if (error || value.is_double() || number > most || number < -most) {
    line.refuse(name, "is no whole number of nanoseconds within a few decades; write one");
  }
  return number;
}

nemesis::ClockChange clock_change_of(const Line& line) {
  const auto kind = nemesis::clock_kind_named(line.text("kind"));
  if (!kind) line.refuse("kind", "is an unknown kind of clock change; `ordeal list faults` names them");
  const auto clock = nemesis::clock_face_named(line.text("clock"));
  if (!clock) line.refuse("clock", "is an unknown clock; `ordeal list faults` names them");
  nemesis::ClockChange change{.selector = selector_of(line), .kind = *kind, .clock = *clock};
  change.by = std::chrono::nanoseconds(signed_number(line, "by"));
  change.rate_ppm = signed_number(line, "rate-ppm");
  change.period = std::chrono::nanoseconds(signed_number(line, "period"));
  const bool monotonic = *clock != nemesis::ClockFace::wall;
  if (monotonic && (*kind == nemesis::ClockKind::strobe || change.by.count() < 0)) {
    line.refuse("clock", "never goes back; strobe only the wall clock, and let the others only jump forward");
  }
  constexpr std::int64_t most_rate_ppm = 100'000'000;
  if (change.rate_ppm < 0 || change.rate_ppm > most_rate_ppm) {
    line.refuse("rate-ppm", "is no rate; write one from 0 to 100000000");
  }
  if (*kind == nemesis::ClockKind::strobe ? change.period.count() <= 0 : change.period.count() < 0) {
    line.refuse("period", "is no time; write the nanoseconds between two changes of a strobe");
  }
  return change;
}

std::chrono::nanoseconds duration_in(const Line& line, std::string_view field, const json::value& value) {
  json::error_code error;
  const auto number = value.to_number<std::uint64_t>(error);
  if (error || value.is_double() || number > std::uint64_t{1} << 62) line.refuse(field, "is no number of nanoseconds");
  return std::chrono::nanoseconds(static_cast<std::int64_t>(number));
}

nemesis::DurationRange range_of(const Line& line, std::string_view field) {
  const json::array* ends = line.field(field).if_array();
  if (ends == nullptr || ends->size() != 2) line.refuse(field, "is no range; write [least,most] in nanoseconds");
  const nemesis::DurationRange range{duration_in(line, field, ends->at(0)), duration_in(line, field, ends->at(1))};
  if (range.least > range.most || range.least.count() == 0) {
    line.refuse(field, "begins with 0, or ends before it begins; write [least,most]");
  }
  return range;
}

nemesis::CrashLoop crash_loop_of(const Line& line) {
  nemesis::CrashLoop loop{.selector = selector_of(line), .times = number_up_to(line, "times", nemesis::most_crashes)};
  if (loop.times == 0) line.refuse("times", "is 0; write at least 1");
  loop.alive = range_of(line, "alive");
  loop.down = range_of(line, "down");
  return loop;
}

nemesis::Starve starve_of(const Line& line) {
  nemesis::Starve starve{.selector = selector_of(line), .share_percent = number_up_to(line, "share", 99)};
  starve.period = duration_in(line, "period", line.field("period"));
  if (starve.share_percent == 0) line.refuse("share", "is 0; write at least 1, or a pause");
  if (starve.period.count() == 0) line.refuse("period", "is 0; write nanoseconds");
  return starve;
}

// All have id, at, lasting, f and draw.
std::size_t fields_of(const nemesis::Fault& fault) {
  if (std::holds_alternative<nemesis::Transfer>(fault)) return 5;
  if (std::holds_alternative<nemesis::Packets>(fault)) return 16;
  if (const auto* partition = std::get_if<nemesis::Partition>(&fault)) {
    return 6U + (partition->scope != nemesis::Scope::nodes ? 1 : 0) + (partition->graph ? 1 : 0);
  }
  if (std::holds_alternative<nemesis::ClockChange>(fault)) return 11;
  if (std::holds_alternative<nemesis::CrashLoop>(fault)) return 9;
  const bool two_more =
      std::holds_alternative<nemesis::Membership>(fault) || std::holds_alternative<nemesis::PowerFailure>(fault) ||
      std::holds_alternative<nemesis::Upgrade>(fault) || std::holds_alternative<nemesis::SlowDisk>(fault);
  const bool three_more = std::holds_alternative<nemesis::Starve>(fault) ||
                          std::holds_alternative<nemesis::IoError>(fault) ||
                          std::holds_alternative<nemesis::CorruptFile>(fault);
  return three_more ? 8 : two_more ? 7 : 6;
}

nemesis::Fault fault_of(const Line& line) {
  const auto kind = nemesis::fault_kind_named(line.text("f"));
  if (!kind) line.refuse("f", "is an unknown kind of fault; `ordeal list faults` names them");
  switch (*kind) {
    case nemesis::FaultKind::kill:
      return nemesis::Kill{selector_of(line)};
    case nemesis::FaultKind::stop:
      return nemesis::Stop{selector_of(line)};
    case nemesis::FaultKind::pause:
      return nemesis::Pause{selector_of(line)};
    case nemesis::FaultKind::transfer:
      return nemesis::Transfer{};
    case nemesis::FaultKind::membership:
      return membership_of(line);
    case nemesis::FaultKind::power_failure:
      return nemesis::PowerFailure{selector_of(line), named_of(line, "torn", nemesis::torn_named)};
    case nemesis::FaultKind::io_error:
      return nemesis::IoError{selector_of(line), named_of(line, "call", nemesis::disk_call_named),
                              named_of(line, "error", nemesis::disk_error_named)};
    case nemesis::FaultKind::slow_disk:
      return nemesis::SlowDisk{selector_of(line),
                               std::chrono::nanoseconds(static_cast<std::int64_t>(line.number("delay")))};
    case nemesis::FaultKind::corrupt_file:
      return nemesis::CorruptFile{selector_of(line), named_of(line, "kind", nemesis::corrupt_kind_named),
                                  line.flag("beyond-minority")};
    case nemesis::FaultKind::upgrade:
      return nemesis::Upgrade{selector_of(line), line.flag("keep")};
    case nemesis::FaultKind::disk_full:
      return nemesis::DiskFull{selector_of(line)};
    case nemesis::FaultKind::packets:
      return packets_of(line);
    case nemesis::FaultKind::clock:
      return clock_change_of(line);
    case nemesis::FaultKind::crash_loop:
      return crash_loop_of(line);
    case nemesis::FaultKind::starve:
      return starve_of(line);
    case nemesis::FaultKind::partition:
      break;
  }
  const auto partition = nemesis::partition_kind_named(line.text("kind"));
  if (!partition) line.refuse("kind", "is an unknown kind of partition; `ordeal list faults` names them");
  nemesis::Partition read{*partition};
  if (line.has("scope")) read.scope = word_of(line, "scope", nemesis::scope_named);
  if (!line.has("graph")) return read;
  read.graph = line.number("graph");
  const std::uint64_t most = nemesis::graphs_of(nemesis::most_nodes_of_graphs);
  if (read.kind != nemesis::PartitionKind::graph) line.refuse("graph", "is of the kind graph; leave it out");
  if (*read.graph == 0 || *read.graph > most) {
    line.refuse("graph", fmt::format("is no number of a graph; write one from 1 to {}", most));
  }
  return read;
}

nemesis::Event event_of(const Line& line) {
  nemesis::Event event{.kind = word_of(line, "event", nemesis::event_kind_named)};
  event.count = static_cast<std::int64_t>(line.number("count"));
  if (event.count == 0) line.refuse("count", "is 0; write at least 1");
  event.text = line.text("text");
  const std::string at = line.text("at");
  event.at = nemesis::place_named(at).value_or(nemesis::Place::named);
  if (event.at == nemesis::Place::named) event.node = at;
  line.only_fields(4);
  return event;
}

std::optional<nemesis::Trigger> trigger_of(const Line& line) {
  if (!line.has("when")) return std::nullopt;
  nemesis::Trigger trigger{.hold = std::chrono::nanoseconds(static_cast<std::int64_t>(line.number("hold"))),
                           .within = std::chrono::nanoseconds(static_cast<std::int64_t>(line.number("within")))};
  for (const Line& event : line.objects("when")) trigger.events.push_back(event_of(event));
  if (trigger.events.empty()) line.refuse("when", "is empty; leave it out, with hold and within");
  return trigger;
}

nemesis::ScheduledFault scheduled_fault(const Line& line) {
  const nemesis::Fault fault = fault_of(line);
  const std::optional<nemesis::Trigger> when = trigger_of(line);
  line.only_fields(fields_of(fault) + (when ? 3 : 0));
  return {.id = line.number("id"),
          .at = std::chrono::nanoseconds(static_cast<std::int64_t>(line.number("at"))),
          .lasting = std::chrono::nanoseconds(static_cast<std::int64_t>(line.number("lasting"))),
          .fault = fault,
          .draw = line.number("draw"),
          .when = when};
}

}  // namespace

nemesis::Schedule schedule_from_json_lines(std::string_view text, const std::string& file) {
  nemesis::Schedule schedule;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const Line line(text.substr(0, end), fmt::format("{}:{}", file, number));
    text.remove_prefix(std::min(end + 1, text.size()));
    const nemesis::ScheduledFault fault = scheduled_fault(line);
    if (fault.id != number) line.refuse("id", fmt::format("is {}; faults are numbered 1, 2, 3...", fault.id));
    if (!schedule.empty() && fault.at < schedule.back().at) {
      line.refuse("at", "lies before the fault of the line above; order them by time");
    }
    schedule.push_back(fault);
  }
  return schedule;
}

}  // namespace ordeal::harness
