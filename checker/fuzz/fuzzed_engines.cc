#include "checker/fuzz/fuzzed_engines.h"

#include <algorithm>
#include <array>

#include "checker/linearizability/append_first_look.h"
#include "checker/linearizability/append_order.h"
#include "checker/linearizability/depth_first.h"
#include "checker/linearizability/failing_prefix.h"
#include "checker/linearizability/frontier.h"
#include "checker/linearizability/judge_object.h"
#include "checker/linearizability/quick_walk.h"
#include "checker/linearizability/search_workspace.h"
#include "checker/linearizability/zones.h"
#include "checker/streaming/register_stream.h"
#include "checker/testing/generator.h"

namespace ordeal::checker {

void FuzzedHistory::fill(const SmallHistory& history) {
  model_ = &model_of(history.model);
  options_ = options_of(history);
  events_.clear();
  append_compact(history, words_, events_);
  collect();
}

void FuzzedHistory::fill(std::span<const CompactEvent> events, const LinearizableOptions& options) {
  model_ = &model_of(options.model);
  options_ = options;
  events_.assign(events.begin(), events.end());
  collect();
}

void FuzzedHistory::collect() {
  problem_.reset();
  operations_.operations.clear();
  operations_.seconds.clear();
  operations_.steps.clear();
  struct Open {
    const CompactEvent* call = nullptr;
    std::uint32_t slot = 0;
  };
  std::vector<Open> open(64);  // by process
  const auto leave = [this](const Open& call, const CompactEvent* completion) {
    const auto effect = effect_of(compact_operation(*call.call, completion), *model_, options_, words_);
    if (!effect) return;
    if (completion == nullptr || completion->type == EventType::info) {
      operations_.leave_open(call.slot, *effect);
    } else {
      operations_.complete(call.slot, static_cast<std::uint32_t>(completion->index), *effect);
    }
  };
  for (const CompactEvent& event : events_) {
    const auto process = static_cast<std::size_t>(event.process);
    if (process >= open.size()) open.resize(2 * process);
    Open& of_process = open[process];
    if (event.type == EventType::invoke) {
      of_process = {.call = &event, .slot = operations_.call(static_cast<std::uint32_t>(event.index))};
    } else {
      leave(of_process, &event);
      of_process = {};
    }
  }
  for (const Open& call : open) {
    if (call.call != nullptr) leave(call, nullptr);
  }
  initial_ = words_.atom(model_->initial(options_.initial));
  problem_.emplace(prepare_compact(operations_, *model_, initial_, words_));
}

namespace {

using Answer = FuzzedAnswer::Answer;

Budget plenty() {
  return {{}, {}, std::size_t{1} << 30};
}

FuzzedAnswer with_failing_return(FuzzedHistory& history, std::uint32_t reached) {
  Budget budget = plenty();
  SearchWorkspace workspace;
  const auto failing = first_failing_return(history.problem().problem(), budget, workspace, reached);
  return {.answer = Answer::invalid, .failing = failing};
}

FuzzedAnswer answer_of(FuzzedHistory& history, const SearchResult& result) {
  if (result.answer == SearchResult::Answer::unknown) return {};
  if (result.answer == SearchResult::Answer::linearizable) return {.answer = Answer::valid};
  if (result.reached_is_first_failure) return {.answer = Answer::invalid, .failing = result.reached};
  return with_failing_return(history, result.reached);
}

FuzzedAnswer by_search(FuzzedHistory& history) {
  Budget budget = plenty();
  return answer_of(history, search(history.problem().problem(), budget));
}

FuzzedAnswer by_search_for_the_first_failure(FuzzedHistory& history) {
  Budget budget = plenty();
  const SearchOptions options{.first_failure = true, .workspace = &history.workspace()};
  return answer_of(history, search(history.problem().problem(), budget, options));
}

FuzzedAnswer by_depth_first(FuzzedHistory& history) {
  Budget budget = plenty();
  return answer_of(history, search_depth_first(history.problem().problem(), budget));
}

// What one walk of the frontier proves, and nothing more than that.
FuzzedAnswer by_walk(FuzzedHistory& history, const FrontierOptions& options) {
  Outline& outline = history.workspace().outline;
  if (!outline.lay_out(history.problem().problem())) return {};
  Budget budget = plenty();
  const FrontierResult walk = walk_frontier(outline, history.workspace().frontier, budget, options);
  const bool exact = !options.unlimited && !walk.merged;
  if (walk.end == FrontierResult::End::reached_the_end && exact) return {.answer = Answer::valid};
  if (walk.end != FrontierResult::End::empty || walk.dropped) return {};
  if (walk.foresaw || !exact) return {.answer = Answer::invalid};
  return {.answer = Answer::invalid, .failing = walk.reached};
}

FuzzedAnswer by_frontier(FuzzedHistory& history) {
  return by_walk(history, {.width = 1 << 20, .may_drop = false});
}

FuzzedAnswer by_frontier_without_look_ahead(FuzzedHistory& history) {
  return by_walk(history, {.width = 1 << 20, .may_drop = false, .look_ahead = false});
}

FuzzedAnswer by_frontier_without_limits(FuzzedHistory& history) {
  return by_walk(history, {.width = 1 << 20, .may_drop = false, .unlimited = true});
}

FuzzedAnswer by_merging_frontier(FuzzedHistory& history) {
  return by_walk(history, {.width = 1, .may_drop = false, .merge = true});
}

FuzzedAnswer by_frontier_from_the_middle(FuzzedHistory& history) {
  return by_walk(history, {.width = 1 << 20, .may_drop = false, .begin_behind = 1});
}

FuzzedAnswer by_merging_frontier_from_the_middle(FuzzedHistory& history) {
  return by_walk(history, {.width = 16, .may_drop = false, .merge = true, .begin_behind = 2, .look_ahead = false});
}

FuzzedAnswer by_beam(FuzzedHistory& history) {
  return by_walk(history, {.width = 1});
}

FuzzedAnswer by_going_back(FuzzedHistory& history) {
  return by_walk(history, {.width = 1, .go_back = true});
}

FuzzedAnswer by_going_back_without_look_ahead(FuzzedHistory& history) {
  return by_walk(history, {.width = 2, .go_back = true, .look_ahead = false});
}

FuzzedAnswer by_wider_beam(FuzzedHistory& history) {
  return by_walk(history, {.width = 3, .look_ahead = false});
}

FuzzedAnswer answer_of(const QuickWalkResult& result) {
  if (result.answer == SearchResult::Answer::unknown) return {};
  if (result.answer == SearchResult::Answer::linearizable) return {.answer = Answer::valid};
  return {.answer = Answer::invalid, .failing = result.reached};
}

FuzzedAnswer by_quick_walk(FuzzedHistory& history) {
  Budget budget = plenty();
  return answer_of(walk_quickly(history.operations(), history.initial(), budget));
}

FuzzedAnswer by_wide_quick_walk(FuzzedHistory& history) {
  Budget budget = plenty();
  return answer_of(walk_quickly(history.operations(), history.initial(), budget, {.width = 48, .beam = 8}));
}

FuzzedAnswer by_narrow_quick_walk(FuzzedHistory& history) {
  Budget budget = plenty();
  return answer_of(walk_quickly(history.operations(), history.initial(), budget, {.width = 2, .beam = 1}));
}

FuzzedAnswer by_portfolio(FuzzedHistory& history) {
  const ObjectToJudge object{.operations = history.operations(),
                             .model = history.model(),
                             .initial = history.initial(),
                             .vocabulary = history.words()};
  Budget budget = plenty();
  const ObjectVerdict verdict = judge_object(object, budget);
  if (verdict.answer == SearchResult::Answer::unknown) return {};
  if (verdict.answer == SearchResult::Answer::linearizable) return {.answer = Answer::valid};
  return {.answer = Answer::invalid, .failing = failing_position(object, verdict, budget)};
}

FuzzedAnswer by_zones(FuzzedHistory& history) {
  Budget budget = plenty();
  const Problem problem = history.problem().problem();
  const ZonesResult result = judge_by_zones(problem, budget);
  if (result.answer == ZonesResult::Answer::not_applicable) return {};
  if (result.answer == ZonesResult::Answer::linearizable) return {.answer = Answer::valid};
  const FirstFailing first = first_failing_by_zones(problem, budget);
  if (first.answer == ZonesResult::Answer::not_applicable) return {.answer = Answer::invalid};
  return {.answer = Answer::invalid, .failing = first.position};
}

OrderQuestion question_of(FuzzedHistory& history) {
  return {.key = history.operations(),
          .model = history.model(),
          .initial = history.initial(),
          .vocabulary = history.words()};
}

FuzzedAnswer by_order(FuzzedHistory& history) {
  if (history.model().order == nullptr) return {};
  const OrderQuestion question = question_of(history);
  const OrderResult result = judge_by_order(question);
  if (result.answer == OrderResult::Answer::not_applicable) return {};
  if (result.answer == OrderResult::Answer::linearizable) return {.answer = Answer::valid};
  return {.answer = Answer::invalid, .failing = first_failure_by_order(question)};
}

FuzzedAnswer answer_of(const OrderResult& result) {
  if (result.answer == OrderResult::Answer::not_applicable) return {};
  return {.answer = result.answer == OrderResult::Answer::linearizable ? Answer::valid : Answer::invalid};
}

// The two halves of the order of appends, each by itself.
FuzzedAnswer by_appends_at_first_sight(FuzzedHistory& history) {
  if (history.model().order != append_order) return {};
  return answer_of(append_first_look(question_of(history)));
}

FuzzedAnswer by_appends_in_full(FuzzedHistory& history) {
  if (history.model().order != append_order) return {};
  return answer_of(append_order_in_full(question_of(history)));
}

bool is_register(const Model& model) {
  return model.name == ModelName::register_ || model.name == ModelName::cas_register;
}

FuzzedAnswer verdict_of(const RegisterStream& stream) {
  if (!stream.undecided().empty()) return {};
  if (stream.violations().empty()) return {.answer = Answer::valid};
  return {.answer = Answer::invalid, .failing = stream.violations().front().event};
}

FuzzedAnswer by_stream(FuzzedHistory& history) {
  if (!is_register(history.model())) return {};
  RegisterStream stream(history.words(), history.options());
  stream.add(history.events());
  stream.finish();
  return verdict_of(stream);
}

// As it runs beside a test: it forgets what it can, and the violation shows at its event, not later and not before.
FuzzedAnswer by_stream_online(FuzzedHistory& history) {
  if (!is_register(history.model())) return {};
  RegisterStream stream(history.words(), history.options(), {.forget_after = 1, .events_between_horizons = 1});
  std::optional<std::uint64_t> shown;
  for (const CompactEvent& event : history.events()) {
    stream.add(event);
    if (!shown && !stream.violations().empty()) shown = event.index;
  }
  stream.finish();
  FuzzedAnswer answer = verdict_of(stream);
  if (answer.answer == Answer::invalid) answer.failing = shown;
  return answer;
}

// As on several threads: by shares, in batches of one, two, ... events.
FuzzedAnswer by_stream_in_shares(FuzzedHistory& history) {
  if (!is_register(history.model())) return {};
  RegisterStream stream(history.words(), history.options(), {.forget_after = 1, .events_between_horizons = 5}, 4);
  std::span<const CompactEvent> left = history.events();
  for (std::size_t batch = 1; !left.empty(); ++batch) {
    const std::size_t count = std::min(batch, left.size());
    stream.add(left.first(count));
    left = left.subspan(count);
  }
  stream.finish();
  return verdict_of(stream);
}

// Gives the events out in batches of one, two, ... events, so that no engine relies on their size.
class SmallSource final : public EventSource {
 public:
  explicit SmallSource(FuzzedHistory& history) : history_(history) {}

  std::span<const CompactEvent> next() override {
    const auto events = history_.events().subspan(at_);
    const std::size_t count = std::min(++batch_, events.size());
    at_ += count;
    return events.first(count);
  }
  void rewind() override { at_ = batch_ = 0; }
  const Vocabulary& vocabulary() const override { return history_.words(); }
  Vocabulary& vocabulary() override { return history_.words(); }
  History fetch(const std::function<bool(const CompactEvent&)>& wanted, std::uint64_t last) override {
    History out;
    for (const CompactEvent& event : history_.events()) {
      if (event.index <= last && wanted(event)) out.push_back(full_event(event, history_.words()));
    }
    rewind();
    return out;
  }

 private:
  FuzzedHistory& history_;
  std::size_t at_ = 0;
  std::size_t batch_ = 0;
};

FuzzedAnswer by_whole_check(FuzzedHistory& history) {
  SmallSource source(history);
  const Finding finding = check_linearizable(source, history.options()).finding;
  if (finding.verdict == Verdict::valid) return {.answer = Answer::valid};
  if (finding.verdict != Verdict::invalid || !finding.witness) return {};
  return {.answer = Answer::invalid, .failing = finding.witness->completion.index};
}

constexpr std::array engines = {
    FuzzedEngine{.name = "search", .judge = by_search},
    FuzzedEngine{.name = "search, first failure", .judge = by_search_for_the_first_failure},
    FuzzedEngine{.name = "depth first", .judge = by_depth_first},
    FuzzedEngine{.name = "frontier", .may_be_silent = true, .judge = by_frontier},
    FuzzedEngine{.name = "frontier, no look-ahead", .may_be_silent = true, .judge = by_frontier_without_look_ahead},
    FuzzedEngine{.name = "frontier, no limits", .may_be_silent = true, .judge = by_frontier_without_limits},
    FuzzedEngine{.name = "frontier, merging", .may_be_silent = true, .judge = by_merging_frontier},
    FuzzedEngine{.name = "frontier, from the middle", .may_be_silent = true, .judge = by_frontier_from_the_middle},
    FuzzedEngine{.name = "frontier, from the middle, merging",
                 .may_be_silent = true,
                 .judge = by_merging_frontier_from_the_middle},
    FuzzedEngine{.name = "beam of 1", .may_be_silent = true, .judge = by_beam},
    FuzzedEngine{.name = "going back", .may_be_silent = true, .judge = by_going_back},
    FuzzedEngine{.name = "going back, no look-ahead", .may_be_silent = true, .judge = by_going_back_without_look_ahead},
    FuzzedEngine{.name = "beam of 3", .may_be_silent = true, .judge = by_wider_beam},
    FuzzedEngine{.name = "quick walk", .may_be_silent = true, .judge = by_quick_walk},
    FuzzedEngine{.name = "quick walk, wide", .may_be_silent = true, .judge = by_wide_quick_walk},
    FuzzedEngine{.name = "quick walk, narrow", .may_be_silent = true, .judge = by_narrow_quick_walk},
    FuzzedEngine{.name = "portfolio", .judge = by_portfolio},
    FuzzedEngine{.name = "zones", .may_be_silent = true, .judge = by_zones},
    FuzzedEngine{.name = "order of answers", .may_be_silent = true, .judge = by_order},
    FuzzedEngine{.name = "appends at first sight", .may_be_silent = true, .judge = by_appends_at_first_sight},
    FuzzedEngine{.name = "appends in full", .may_be_silent = true, .judge = by_appends_in_full},
    FuzzedEngine{.name = "register stream", .may_be_silent = true, .judge = by_stream},
    FuzzedEngine{.name = "register stream, online", .may_be_silent = true, .judge = by_stream_online},
    FuzzedEngine{.name = "register stream, in shares", .may_be_silent = true, .judge = by_stream_in_shares},
    FuzzedEngine{.name = "whole check", .one_in = 64, .judge = by_whole_check},
};

}  // namespace

std::span<const FuzzedEngine> fuzzed_engines() {
  return engines;
}

}  // namespace ordeal::checker
