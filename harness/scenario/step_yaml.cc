#include "harness/scenario/step_yaml.h"

#include <fmt/format.h>

#include "harness/config/nemesis_section.h"
#include "harness/scenario/fault_step_yaml.h"

namespace ordeal::harness {
namespace {

using What = decltype(Step::what);
using checker::EventType;
using checker::Value;

constexpr std::string_view process_actions[] = {"kill", "stop", "start", "pause", "resume"};

template <typename Parsed>
Parsed parsed_or_refused(const Setting& setting, std::variant<Parsed, Mistake> parsed, const Scope& scope) {
  if (const auto* mistake = std::get_if<Mistake>(&parsed)) refuse(setting, mistake->what);
  Mentioned mentioned;
  mention(std::get<Parsed>(parsed), mentioned);
  scope.require(setting, mentioned);
  return std::get<Parsed>(std::move(parsed));
}

std::vector<Condition> conditions_of(const Setting& setting, const Scope& scope) {
  std::vector<Condition> conditions;
  for (const Setting& item :
       setting.node.kind == Node::Kind::scalar ? std::vector{setting} : items_of(setting, "[L.term > 3]")) {
    conditions.push_back(parsed_or_refused(item, parse_condition(text_of(item)), scope));
  }
  return conditions;
}

AwaitLeader await_leader(const Section& section, const Setting& leader, Scope& scope) {
  AwaitLeader await{.leader = text_of(leader)};
  if (const auto except = section.find("not")) await.except = nodes_of(*except, scope);
  if (const auto followers = section.find("followers")) await.followers = names_of(*followers);
  scope.bind_node(leader, await.leader);
  if (const auto followers = section.find("followers")) {
    for (const std::string& name : await.followers) scope.bind_node(*followers, name);
  }
  return await;
}

What read_await(const Setting& body, Scope& scope) {
  if (body.node.kind != Node::Kind::map) return Await{.what = AwaitConditions{conditions_of(body, scope)}};
  const Section section(body, {"leader", "not", "followers", "that", "line", "in", "within"});
  Await await{.what = AwaitConditions{}};
  if (const auto within = section.find("within")) await.within = duration_of(*within);
  if (const auto leader = section.find("leader")) {
    await.what = await_leader(section, *leader, scope);
  } else if (const auto line = section.find("line")) {
    await.what = AwaitLine{.node = node_of(section.require("in", "write the node whose output it is"), scope),
                           .line = text_of(*line)};
  } else {
    await.what =
        AwaitConditions{conditions_of(section.require("that", "write leader, line, or a condition below it"), scope)};
  }
  return await;
}

// {name: expression}
template <typename Named>
What read_named(const Setting& body, Scope& scope) {
  if (body.node.kind != Node::Kind::map || body.node.entries.size() != 1) {
    refuse(body, fmt::format("{} says no name and value; write {{base: L.last_log_index}}", described(body)));
  }
  const Entry& entry = body.node.entries.front();
  const Setting value{entry.value, body.path + "." + entry.key};
  Named named{.name = entry.key, .value = parsed_or_refused(value, parse_expression(text_of(value)), scope)};
  if constexpr (std::is_same_v<Named, Note>) scope.bind_note(body, entry.key);
  return named;
}

Value value_of(const Setting& setting) {
  if (setting.node.kind == Node::Kind::scalar && !setting.node.quoted && setting.node.text == "nil") return Value();
  return whole_number_of(setting, -1'000'000'000, 1'000'000'000);
}

std::vector<Value> values_of(const Setting& setting) {
  std::vector<Value> values;
  if (setting.node.kind != Node::Kind::list) return {value_of(setting)};
  for (const Setting& item : items_of(setting, "[1, 2]")) values.push_back(value_of(item));
  return values;
}

Expectation expectation_of(const Section& section) {
  Expectation expectation;
  if (const auto expect = section.find("expect")) {
    expectation.types.clear();
    for (const Setting& item :
         expect->node.kind == Node::Kind::list ? items_of(*expect, "[ok, info]") : std::vector{*expect}) {
      const std::string type = one_of(item, "outcome", {"ok", "fail", "info"});
      expectation.types.push_back(type == "ok" ? EventType::ok : type == "fail" ? EventType::fail : EventType::info);
    }
  }
  if (const auto sees = section.find("sees")) expectation.sees = values_of(*sees);
  return expectation;
}

const std::vector<std::string_view> call_keys{"by",  "at",        "key",     "timeout", "read",     "write",
                                              "cas", "increment", "session", "serial",  "retry_at", "bytes"};

std::vector<std::string_view> keys_of_call(std::vector<std::string_view> more) {
  more.insert(more.end(), call_keys.begin(), call_keys.end());
  return more;
}

void read_increment(const Section& section, const Setting& increment, const Scope& scope, Call& call) {
  call.f = "increment";
  call.value =
      checker::Map{{"delta", whole_number_of(increment, 1, 1)},
                   {"session", text_of(section.require("session", "write the session, which makes a retry safe"))},
                   {"serial", whole_number_of(section.require("serial", "write its number in the session"), 1, 1000)}};
  if (const auto retry = section.find("retry_at")) call.retry_at = nodes_of(*retry, scope);
}

void read_cas(const Setting& cas, Call& call) {
  const std::vector<Setting> pair = items_of(cas, "[1, 2]");
  if (pair.size() != 2) refuse(cas, "is no pair; write [EXPECTED, NEW]");
  call.f = "cas";
  call.value = checker::List{value_of(pair[0]), value_of(pair[1])};
}

Call call_of(const Section& section, const Setting& body, const std::string& by, ScenarioWorkload workload,
             const Scope& scope) {
  Call call{.by = by, .at = node_of(section.require("at", "write the node that is asked"), scope), .f = {}};
  const bool counter = workload == ScenarioWorkload::counter;
  if (const auto name = section.find("by")) call.by = text_of(*name);
  if (const auto key = section.find("key")) call.key = text_of(*key);
  if (const auto timeout = section.find("timeout")) call.timeout = duration_of(*timeout);
  const auto read = section.find("read"), write = section.find("write"), cas = section.find("cas"),
             increment = section.find("increment");
  if (read.has_value() + write.has_value() + cas.has_value() + increment.has_value() != 1) {
    refuse(body,
           fmt::format("asks for no single operation; write one of read, {}", counter ? "increment" : "write, cas"));
  }
  if ((write || cas) && counter) refuse(write ? *write : *cas, "is no operation of a counter; write increment");
  if (increment && !counter) refuse(*increment, "is no operation of a register; write workload: counter");
  if (read)
    call.f = "read", call.read_mode = one_of(*read, "read mode", {"linearizable", "lease", "follower", "local"});
  if (write) call.f = "write", call.value = value_of(*write);
  if (const auto bytes = section.find("bytes")) {
    if (!write) refuse(*bytes, "is the length of what is written, and nothing is; write it beside write");
    call.bytes = size_of(*bytes);
  }
  if (cas) read_cas(*cas, call);
  if (increment) read_increment(section, *increment, scope, call);
  return call;
}

What read_invoke(const Setting& body, ScenarioWorkload workload, const Scope& scope) {
  const Section section(body, keys_of_call({"expect", "sees"}));
  const Call call = call_of(section, body, "client", workload, scope);
  scope.require_free(body, call.by);
  return Invoke{.call = call, .expectation = expectation_of(section)};
}

What read_send(const Setting& body, ScenarioWorkload workload, Scope& scope) {
  const Section section(body, keys_of_call({"as"}));
  const std::string as = text_of(section.require("as", "write a name, by which a later step waits for its answer"));
  Send send{.as = as, .call = call_of(section, body, as, workload, scope)};
  if (send.call.read_mode == "local") refuse(body, "reads locally, which is no operation to judge; invoke it instead");
  scope.begin_call(body, as, send.call.by);
  return send;
}

What read_answer(const Setting& body, Scope& scope) {
  const Section section(body, {"to", "expect", "sees"});
  const Setting to = section.require("to", "write the name under which it was sent");
  scope.end_call(to, text_of(to));
  return Answer{.to = text_of(to), .expectation = expectation_of(section)};
}

What read_act(ProcessAction action, const Setting& body, const Scope& scope) {
  if (action != ProcessAction::pause || body.node.kind != Node::Kind::map) {
    return Act{.action = action, .nodes = nodes_of(body, scope)};
  }
  const Section section(body, {"nodes", "lasting"});
  return Act{.action = action,
             .nodes = nodes_of(section.require("nodes", "write whom"), scope),
             .lasting = duration_of(section.require("lasting", "write for how long, or {pause: L}"))};
}

What read_member(const Setting& body, const Scope& scope) {
  constexpr std::string_view changes[] = {"add", "promote", "remove"};
  const Section section(body, {"add", "promote", "remove", "ask", "expect", "within"});
  Member member{.change = Change::add, .node = {}, .ask = {}};
  for (std::size_t i = 0; i < std::size(changes); ++i) {
    const auto node = section.find(changes[i]);
    if (!node) continue;
    if (!member.node.empty()) refuse(body, "changes more than one member; write a step for each");
    member.change = static_cast<Change>(i);
    member.node = node_of(*node, scope);
  }
  if (member.node.empty()) refuse(body, "changes nobody; write one of add, promote, remove");
  member.ask = node_of(section.require("ask", "write the node that is asked, which leads"), scope);
  if (const auto within = section.find("within")) member.within = duration_of(*within);
  if (const auto expect = section.find("expect")) {
    const std::string reply = one_of(*expect, "reply", {"done", "refused", "unanswered"});
    member.expect = reply == "done"      ? ChangeReply::done
                    : reply == "refused" ? ChangeReply::refused
                                         : ChangeReply::unanswered;
  }
  return member;
}

What read_transfer(const Setting& body, const Scope& scope) {
  const Section section(body, {"from", "to", "expect", "within"});
  TransferTo transfer{.from = node_of(section.require("from", "write who leads"), scope),
                      .to = node_of(section.require("to", "write who shall lead"), scope)};
  if (const auto expect = section.find("expect"))
    transfer.fails = one_of(*expect, "end", {"done", "failed"}) == "failed";
  if (const auto within = section.find("within")) transfer.within = duration_of(*within);
  return transfer;
}

}  // namespace

std::vector<std::string_view> step_kinds() {
  return {"await", "assert",        "note",     "report",    "invoke",    "send",     "answer",  "drop", "cut",
          "delay", "power_failure", "io_error", "slow_disk", "disk_full", "clock",    "corrupt", "heal", "kill",
          "stop",  "start",         "pause",    "resume",    "member",    "transfer", "repeat"};
}

What read_step(const std::string& kind, const Setting& body, ScenarioWorkload workload, Scope& scope) {
  if (kind == "await") return read_await(body, scope);
  if (kind == "assert") return Assert{conditions_of(body, scope)};
  if (kind == "note") return read_named<Note>(body, scope);
  if (kind == "report") return read_named<Report>(body, scope);
  if (kind == "invoke") return read_invoke(body, workload, scope);
  if (kind == "send") return read_send(body, workload, scope);
  if (kind == "answer") return read_answer(body, scope);
  if (kind == "member") return read_member(body, scope);
  if (auto fault = read_fault_step(kind, body, scope)) return *std::move(fault);
  for (std::size_t i = 0; i < std::size(process_actions); ++i) {
    if (kind == process_actions[i]) return read_act(static_cast<ProcessAction>(i), body, scope);
  }
  return read_transfer(body, scope);
}

}  // namespace ordeal::harness
