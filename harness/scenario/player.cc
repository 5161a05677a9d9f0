#include "harness/scenario/player.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "harness/cluster/log_tail.h"
#include "harness/run/run_events.h"

namespace ordeal::harness {
namespace {

using namespace std::chrono_literals;
using checker::Verdict;
using Clock = std::chrono::steady_clock;

constexpr auto look_again_after = 5ms;
constexpr std::chrono::milliseconds change_within{2000};  // of one request for a change that is wanted

nemesis::Nodes set_of(const std::vector<nemesis::Node>& nodes) {
  return {nodes.begin(), nodes.end()};
}

std::string evidence_text(const nemesis::Evidence& evidence) {
  std::string text;
  for (const auto& [name, count] : evidence.counts) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, name);
  }
  if (!evidence.note.empty()) text += (text.empty() ? "" : "; ") + evidence.note;
  std::ranges::replace(text, '_', ' ');
  return text;
}

// A fault without effect proves nothing.
StepOutcome judge_evidence(const nemesis::Evidence& evidence) {
  if (evidence.effect) return passed(evidence_text(evidence));
  return failed(Verdict::not_exercised, evidence_text(evidence));
}

Mentioned mentioned_in(const std::vector<Condition>& conditions) {
  Mentioned mentioned;
  for (const Condition& condition : conditions) mention(condition, mentioned);
  return mentioned;
}

}  // namespace

ScenarioPlayer::ScenarioPlayer(World world)
    : world_(std::move(world)),
      observer_(world_.target, world_.cluster, world_.recorder),
      faults_(world_.cluster, world_.recorder, world_.target.corruptible),
      callers_(world_.target.client, world_.recorder) {
  for (const std::string& node : world_.cluster.all_nodes()) known_.nodes[node] = node;
  known_.nodes[std::string(nemesis::clients_name)] = nemesis::clients_name;
}

void ScenarioPlayer::play(const Scenario& scenario) {
  for (const Step& step : scenario.steps) {
    const std::string skip = why_skipped(step, world_.target);
    StepOutcome outcome = skip.empty() ? play(step) : skipped(skip);
    if (world_.interrupted()) outcome = failed(Verdict::unknown, "interrupted");
    record({.line = step.line,
            .text = step.text,
            .result = outcome.result,
            .verdict = outcome.verdict,
            .detail = outcome.detail});
    if (outcome.result == StepResult::failed) return;
  }
}

void ScenarioPlayer::record(const PlayedStep& step) {
  world_.recorder.record(step_event(step));
  const std::string_view mark = step.result == StepResult::failed    ? "FAILED: "
                                : step.result == StepResult::skipped ? "skipped: "
                                                                     : "";
  world_.say(
      fmt::format("{:4}  {}{}{}{}", step.line, step.text, step.detail.empty() ? "" : "  -> ", mark, step.detail));
}

void ScenarioPlayer::finish() {
  for (const std::string& name : faults_.to_heal()) faults_.heal(name);
  for (const std::string& node : faults_.paused()) faults_.resume(node);
  for (const std::string& node : faults_.down()) faults_.start(node);
  for (const std::string& node : removed_) world_.control.retire(node);
  callers_.await_all();
}

StepOutcome ScenarioPlayer::play(const Step& step) {
  return std::visit([this](const auto& what) { return play_one(what); }, step.what);
}

StepOutcome ScenarioPlayer::play_one(const Await& await) {
  const Clock::time_point deadline = Clock::now() + await.within;
  for (;;) {
    const Judged judged = std::visit([this](const auto& what) { return look_for(what); }, await.what);
    const bool over = Clock::now() > deadline || world_.interrupted();
    if (judged.holds.value_or(false) || !judged.lacking.empty() || over) return judge_waiting(judged, await.within);
    std::this_thread::sleep_for(look_again_after);
  }
}

Judged ScenarioPlayer::look_for(const AwaitLeader& await) {
  const std::set<std::string> except = nodes(await.except);
  const std::optional<std::string> leader = observer_.leader(except);
  if (!leader) return {.holds = false, .seen = "nobody leads"};
  known_.nodes[await.leader] = *leader;
  std::string seen = fmt::format("{} is {}", await.leader, *leader);
  auto name = await.followers.begin();
  for (const std::string& other : world_.cluster.nodes()) {
    if (other == *leader || except.contains(other) || name == await.followers.end()) continue;
    seen += fmt::format(", {} is {}", *name, other);
    known_.nodes[*name++] = other;
  }
  if (name == await.followers.end()) return {.holds = true, .seen = seen};
  return {.lacking = fmt::format("no node is left to be {}", *name)};
}

Judged ScenarioPlayer::look_for(const AwaitConditions& await) {
  look(mentioned_in(await.conditions));
  return decide(await.conditions, known_);
}

Judged ScenarioPlayer::look_for(const AwaitLine& await) {
  bool found = false;
  for (const std::filesystem::path& output : world_.cluster.outputs(node(await.node))) {
    found = found || LogTail(output, present_life(output)).wrote(await.line);
  }
  return {.holds = found, .seen = found ? "" : "no such line"};
}

void ScenarioPlayer::look(const Mentioned& mentioned) {
  std::set<std::string> asked;
  for (const std::string& name : mentioned.asked) asked.insert(node(name));
  known_.views = observer_.look(asked, mentioned.status, mentioned.metrics);
  const auto since_began = std::chrono::duration_cast<std::chrono::milliseconds>(world_.recorder.now());
  known_.notes[std::string(now_note)] = std::int64_t{since_began.count()};
}

StepOutcome ScenarioPlayer::play_one(const Assert& assertion) {
  look(mentioned_in(assertion.conditions));
  return judge_assertion(decide(assertion.conditions, known_));
}

StepOutcome ScenarioPlayer::play_one(const Note& note) {
  Mentioned mentioned;
  mention(note.value, mentioned);
  look(mentioned);
  const Judged judged = evaluate(note.value, known_);
  if (!judged.value) return failed(Verdict::not_exercised, judged.silent + judged.lacking);
  known_.notes[note.name] = *judged.value;
  return passed(fmt::format("{} = {}", note.name, to_string(*judged.value)));
}

StepOutcome ScenarioPlayer::play_one(const Report& report) {
  Mentioned mentioned;
  mention(report.value, mentioned);
  look(mentioned);
  const Judged judged = evaluate(report.value, known_);
  if (!judged.value) return skipped(judged.silent + judged.lacking);
  return passed(fmt::format("{}: {}", report.name, to_string(*judged.value)));
}

void ScenarioPlayer::send(const std::string& as, const Call& call) {
  const auto endpoint = [this](const std::string& name) {
    return Endpoint{.node = node(name), .address = world_.cluster.endpoint(node(name))};
  };
  std::vector<Endpoint> retry_at;
  for (const std::string& name : call.retry_at) retry_at.push_back(endpoint(name));
  callers_.send(as, call, endpoint(call.at), retry_at);
}

StepOutcome ScenarioPlayer::play_one(const Invoke& invoke) {
  const std::string as = "by " + invoke.call.by;  // no name in a scenario has a blank
  send(as, invoke.call);
  return judge_return(invoke.expectation, callers_.answer(as));
}

StepOutcome ScenarioPlayer::play_one(const Send& to_send) {
  send(to_send.as, to_send.call);
  return passed("");
}

StepOutcome ScenarioPlayer::play_one(const Answer& answer) {
  return judge_return(answer.expectation, callers_.answer(answer.to));
}

StepOutcome ScenarioPlayer::play_one(const Drop& drop) {
  return passed(evidence_text(faults_.drop(drop.as, grudge_of(nodes(drop.from), nodes(drop.to), drop.both))));
}

StepOutcome ScenarioPlayer::play_one(const Delay& delay) {
  const nemesis::Grudge links = grudge_of(nodes(delay.from), nodes(delay.to), /*both=*/false);
  return passed(evidence_text(faults_.delay(delay.as, links, delay.by)));
}

StepOutcome ScenarioPlayer::play_one(const Ail& ail) {
  return passed(evidence_text(faults_.ail(ail.as, ail.fault, nodes(ail.nodes))));
}

StepOutcome ScenarioPlayer::play_one(const Heal& heal) {
  std::string text;
  for (const std::string& name : heal.names.empty() ? faults_.to_heal() : heal.names) {
    const StepOutcome outcome = judge_evidence(faults_.heal(name));
    if (outcome.result == StepResult::failed) return outcome;
    text += fmt::format("{}{}", text.empty() ? "" : "; ", outcome.detail);
  }
  return passed(text);
}

StepOutcome ScenarioPlayer::play_one(const Act& act) {
  std::string text;
  for (const std::string& name : act.nodes) {
    const StepOutcome outcome = act_on(act.action, node(name));
    if (outcome.result == StepResult::failed) return outcome;
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", node(name), outcome.detail);
  }
  if (!act.lasting) return passed(text);
  std::this_thread::sleep_for(*act.lasting);  // how long it lasts is what the pause is
  for (const std::string& name : act.nodes) faults_.resume(node(name));
  return passed(text);
}

StepOutcome ScenarioPlayer::act_on(ProcessAction action, const std::string& at) {
  switch (action) {
    case ProcessAction::kill:
      return judge_evidence(faults_.kill(at, /*politely=*/false));
    case ProcessAction::stop:
      return judge_evidence(faults_.kill(at, /*politely=*/true));
    case ProcessAction::pause:
      return judge_evidence(faults_.pause(at));
    case ProcessAction::start:
      if (!faults_.down().contains(at)) return failed(Verdict::not_exercised, at + " was not down");
      return passed(evidence_text(faults_.start(at)));
    case ProcessAction::resume:
      if (!faults_.paused().contains(at)) return failed(Verdict::not_exercised, at + " was not paused");
      return passed(evidence_text(faults_.resume(at)));
  }
  return {};
}

// The request once. A node that was added starts as the server that was announced.
nemesis::Reply ScenarioPlayer::ask_for(const Member& member, std::chrono::milliseconds within) {
  const std::string asked = node(member.ask), changed = node(member.node);
  if (member.change == Change::add) {
    const nemesis::Reply reply = world_.control.add(asked, changed, within);
    if (reply.accepted) world_.control.start_anew(changed, set_of(world_.cluster.nodes()));
    return reply;
  }
  const auto members = world_.control.members(asked, within);
  if (!members) return {.accepted = false, .said = "no answer when it was asked for the members"};
  const auto found = std::ranges::find(*members, changed, &nemesis::Member::node);
  if (member.change == Change::remove) {
    if (found == members->end()) return {.accepted = true, .said = changed + " is no member any more"};
    return world_.control.remove(asked, *found, within);
  }
  if (found == members->end()) return {.accepted = false, .said = changed + " is no member"};
  if (found->voter) return {.accepted = true, .said = changed + " votes"};
  return world_.control.promote(asked, *found, within);
}

StepOutcome ScenarioPlayer::play_one(const Member& member) {
  const bool done_wanted = member.expect == ChangeReply::done;
  const Clock::time_point deadline = Clock::now() + member.within;
  const auto within = std::chrono::duration_cast<std::chrono::milliseconds>(member.within);
  for (;;) {
    const nemesis::Reply reply = ask_for(member, done_wanted ? std::min(within, change_within) : within);
    if (reply.accepted && member.change == Change::remove) removed_.insert(node(member.node));
    if (reply.accepted != done_wanted && reply.accepted) {
      return failed(Verdict::invalid, "it was done, which must not be possible now: " + reply.said);
    }
    if (reply.accepted) return passed(reply.said);
    if (!done_wanted) {
      const bool answered = !reply.said.empty() && reply.said[0] >= '0' && reply.said[0] <= '9';  // with a status
      const bool as_wanted = answered == (member.expect == ChangeReply::refused);
      return as_wanted ? passed(reply.said) : failed(Verdict::invalid, reply.said);
    }
    if (Clock::now() > deadline || world_.interrupted()) return failed(Verdict::unavailable, reply.said);
    std::this_thread::sleep_for(look_again_after);
  }
}

StepOutcome ScenarioPlayer::play_one(const TransferTo& transfer) {
  const nemesis::Reply reply = world_.control.transfer(
      node(transfer.from), node(transfer.to), std::chrono::duration_cast<std::chrono::milliseconds>(transfer.within));
  if (transfer.fails && reply.accepted) return failed(Verdict::invalid, "it cannot have been done: " + reply.said);
  return reply.accepted || transfer.fails ? passed(reply.said) : failed(Verdict::unavailable, reply.said);
}

std::string ScenarioPlayer::node(const std::string& name) const {
  return known_.nodes.at(name);
}

std::set<std::string> ScenarioPlayer::nodes(const Names& names) const {
  std::set<std::string> found;
  for (const std::string& name : names) found.insert(node(name));
  return found;
}

}  // namespace ordeal::harness
