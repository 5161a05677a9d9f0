// Gibbons and Korach: Testing Shared Memories, SICOMP 1997, §4; with cas as its chains of read-modify-writes.
//
// Idea. A read says whose value it saw, so a write and its reads, its *stage*, stand together in any linearization:
// between them nothing else is written. A cas from u to v puts the stage of v directly behind that of u; a longest such
// chain is a *block*, and it stands together as well. Let
//
//   f(B) be the first return and s(B) the last call of the operations of block B.
//
//      --W1--                  A = {W1, R1}: f = return of W1, s = call of R1
//          ----W2-----         B = {W2}:     f = return of W2, s = call of W2
//               --R1--         f(A) < s(B)? no: W2 was called before W1 returned.  f(B) < s(A)? no.
//
// A must precede B when an operation of A returned before one of B was called: f(A) < s(B).
//
// Theorem. There is a linearization exactly when (1) within each block no operation of a later stage returned before
// one of an earlier stage was called, nor a read before its write was, and (2) no two blocks must precede each other.
// Proof. Necessary: clear, as blocks stand together. Sufficient: suppose that the blocks precede each other in a cycle,
// and let X be the one of it with the largest s. For every Z of the cycle f(Z) < s(next of Z) <= s(X), so Z precedes X;
// so does the next one of X, which X precedes, against (2). Without a cycle there is an order of the blocks that obeys
// all f(A) < s(B), which is all that real time asks between blocks; (1) is all that it asks within.
//
// (2) in one sweep. Sort by f. Suppose f(A) < f(B), and they contradict each other: f(B) < s(A), and f(A) < s(B). Zones
// [f, s] of blocks with f < s that overlap always contradict each other; so while there was no contradiction, only the
// one with the largest s so far can have an s behind the present f, and it is the only one to look at.
//
// Optional operations (open, or info) that nobody saw are left out: nobody misses them. One that was seen belongs to
// its block and never returns.
//
// Values that are written again. The write that a read saw must have been called before the read returned, and no other
// write may lie between the two in time. When one write is left, the map from reads to writes is forced, and nothing
// above needs more than that.
//
// Failed cas, "the value was not u", say nothing about the blocks. First without them: what has no linearization then
// has none with them. Then take an order of the blocks, and let each stage begin as late as the order permits. Then
// "not u from c to t" holds unless the stage of u begins before c and the next one after t. As u cannot begin later in
// this order, the next one must begin by t: a deadline, that those in front of it inherit. When all deadlines are later
// than the calls that must come before, the order has a place for all of them. When not, another order might: not
// applicable.

#include "checker/linearizability/zones.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace ordeal::checker {
namespace {

using Answer = ZonesResult::Answer;

// Positions plus one, so that there is one before all of them.
using Moment = std::uint32_t;
constexpr Moment before_all = 0;
constexpr Moment never = std::numeric_limits<Moment>::max();

using StageId = std::uint32_t;
constexpr StageId no_stage = std::numeric_limits<StageId>::max();
constexpr StageId several = no_stage - 1;  // of a state: it is made by more than one
constexpr std::uint32_t nobody = std::numeric_limits<std::uint32_t>::max();

struct Block {
  StageId first = no_stage;
  Moment first_return = never;
  Moment last_call = before_all;
};

struct Stage {
  std::uint32_t writer = nobody;  // nobody: the initial value
  Moment first_return = never;
  Moment last_call = before_all;
  StageId next = no_stage;  // whose cas builds upon this one
  bool seen = false;        // it is part of every linearization
  bool follows = false;     // its writer is a cas
};

constexpr std::string_view needs_search = "failed cas need a search";
constexpr std::string_view ambiguous = "a read may have seen several writes";

struct Contradiction {};
struct NotApplicable {
  std::string_view reason;
  Budget::Exceeded exceeded = Budget::Exceeded::nothing;
};

class Zones {
 public:
  Zones(const Problem& problem, Budget& budget, std::uint32_t cut) : problem_(problem), budget_(budget), cut_(cut) {}

  ZonesResult run() {
    ZonesResult result;
    try {
      collect_writers();
      for (std::uint32_t i = 0; i < size_; ++i) see(i);
      link_chains();
      sum_up_blocks();
      compare_blocks();
      if (forbids_) place_forbidding();
      result.answer = Answer::linearizable;
    } catch (const Contradiction&) {
      result.answer = Answer::not_linearizable;
      result.contradiction = std::move(contradiction_);
    } catch (const NotApplicable& why) {
      result.reason = why.reason;
      result.exceeded = why.exceeded;
    }
    result.bytes = bytes();
    return result;
  }

 private:
  Moment called(std::uint32_t i) const { return problem_.operations[i].called + 1; }
  Moment returned(std::uint32_t i) const {
    const std::uint32_t position = problem_.operations[i].returned;
    return position >= cut_ || position == PreparedOperation::forever ? never : position + 1;
  }
  bool optional(std::uint32_t i) const { return returned(i) == never; }
  const PreparedOperation& operation(std::uint32_t i) const { return problem_.operations[i]; }

  std::size_t bytes() const {
    return stages_.capacity() * sizeof(Stage) + of_state_.capacity() * sizeof(StageId) +
           blocks_.capacity() * sizeof(Block) +
           (others_.capacity() + overwritten_.capacity() + line_.capacity() + block_in_line_.capacity() +
            latest_.capacity()) *
               sizeof(StageId);
  }
  void spend() {
    const Budget::Exceeded exceeded = budget_.spend(bytes());
    if (exceeded != Budget::Exceeded::nothing) throw NotApplicable{.reason = "the budget ended", .exceeded = exceeded};
  }
  [[noreturn]] void contradict(std::vector<std::uint32_t> operations) {
    std::erase(operations, nobody);
    std::sort(operations.begin(), operations.end());
    operations.erase(std::unique(operations.begin(), operations.end()), operations.end());
    contradiction_ = std::move(operations);
    throw Contradiction{};
  }

  void collect_writers();
  bool some_early_read_is_ambiguous() const;
  void collect_overwriting();
  StageId stage_made_by(std::uint32_t writer) const;
  StageId stage_needed_by(std::uint32_t reader);
  StageId forced_stage(std::uint32_t reader);
  bool out_of_question(std::uint32_t writer, std::uint32_t reader) const;
  void see(std::uint32_t operation);
  void link_chains();
  void sum_up_blocks();
  void compare_blocks();
  std::uint32_t operation_at(Moment moment) const;
  std::uint32_t who_saw(StageId stage) const;
  std::vector<std::uint32_t> extremes(const Block& block) const;
  [[noreturn]] void contradict_blocks(const Block& a, const Block& b);
  [[noreturn]] void contradict_cycle();
  void place_forbidding();
  void line_up();
  void check_deadlines() const;
  bool set_deadlines(const std::vector<std::uint32_t>& place, bool& reordered);
  bool put_behind(std::uint32_t k, Moment deadline);

  const Problem& problem_;
  Budget& budget_;
  std::uint32_t cut_;
  std::uint32_t size_ = 0;     // operations that are called before the cut
  std::vector<Stage> stages_;  // the initial value's, then those of writers by their calls
  std::vector<StageId> of_state_;
  std::vector<std::uint32_t> others_;  // the stages of states that several make, grouped by state; see forced_stage
  bool repeated_ = false, forbids_ = false;
  std::vector<Moment> overwritten_;  // of each stage: the first return of a write that was called after it returned
  std::vector<Block> blocks_;
  std::vector<StageId> line_;                 // all stages that are seen, in an order that the blocks allow
  std::vector<std::uint32_t> block_in_line_;  // of each in the line: its index into blocks_
  std::vector<Moment> latest_;                // of each in the line: when it must have begun
  std::vector<std::uint32_t> contradiction_;
};

void Zones::collect_writers() {
  of_state_.assign(problem_.state_count, no_stage);
  size_ = static_cast<std::uint32_t>(problem_.operations.size());
  std::size_t writers = 1;
  for (std::uint32_t i = 0; i < size_; ++i) {
    if (operation(i).called >= cut_) {
      size_ = i;
      break;
    }
    if (operation(i).transforms) throw NotApplicable{.reason = "an operation is neither a read, a write nor a cas"};
    writers += operation(i).observes() ? 0 : 1;
    forbids_ |= operation(i).forbids != no_state;
  }
  stages_.reserve(writers);
  spend();
  stages_.push_back({.first_return = before_all, .seen = true});
  of_state_[problem_.initial] = 0;
  for (std::uint32_t i = 0; i < size_; ++i) {
    if (operation(i).observes()) continue;
    StageId& stage = of_state_[operation(i).makes];
    repeated_ |= stage != no_stage;
    stage = stage == no_stage ? static_cast<StageId>(stages_.size()) : several;
    stages_.push_back({.writer = i, .follows = operation(i).needs != no_state});
  }
  if (repeated_ && some_early_read_is_ambiguous()) throw NotApplicable{.reason = ambiguous};
  if (repeated_) collect_overwriting();
}

// A look at the first reads that spares the sorting where few values are written all the time: whether one overlaps
// with two operations that make its state. Both stay in question, as whatever was called after their returns was called
// after the call of the read.
bool Zones::some_early_read_is_ambiguous() const {
  constexpr std::uint32_t first_operations = 512, most_apart = 16;
  const std::uint32_t end = std::min(size_, first_operations);
  for (std::uint32_t reader = 0; reader < end; ++reader) {
    const PreparedOperation& read = operation(reader);
    if (optional(reader) || !read.observes() || read.needs == no_state || of_state_[read.needs] != several) continue;
    const auto may_have_seen = [&](std::uint32_t i) {
      return operation(i).makes == read.needs && !operation(i).observes() && called(i) < returned(reader) &&
             returned(i) > called(reader);
    };
    int seen = 0;
    const std::uint32_t near_end = std::min(size_, reader + most_apart);
    for (std::uint32_t i = reader - std::min(reader, most_apart); i < near_end; ++i) seen += may_have_seen(i) ? 1 : 0;
    if (seen > 1) return true;
  }
  return false;
}

// For states that several operations make: those that make each, by their returns; and what overwrites them.
void Zones::collect_overwriting() {
  overwritten_.assign(stages_.size(), never);
  others_.reserve(stages_.size());
  spend();
  const auto return_of = [&](StageId stage) {
    return stages_[stage].writer == nobody ? before_all : returned(stages_[stage].writer);
  };
  const auto state_of = [&](StageId stage) {
    return stages_[stage].writer == nobody ? problem_.initial : operation(stages_[stage].writer).makes;
  };
  for (StageId stage = 0; stage < stages_.size(); ++stage) others_.push_back(stage);
  std::sort(others_.begin(), others_.end(), [&](StageId a, StageId b) {  // by return; of_state_ is not needed for it
    return std::pair(return_of(a), a) > std::pair(return_of(b), b);
  });
  Moment first_return = never;  // of those that were called after the return of others_[i]
  StageId later = static_cast<StageId>(stages_.size());
  for (const StageId stage : others_) {
    while (later > 1 && called(stages_[later - 1].writer) > return_of(stage)) {
      first_return = std::min(first_return, return_of(--later));
    }
    overwritten_[stage] = first_return;
  }
  std::stable_sort(others_.begin(), others_.end(), [&](StageId a, StageId b) { return state_of(a) < state_of(b); });
}

bool Zones::out_of_question(std::uint32_t stage, std::uint32_t reader) const {
  const std::uint32_t writer = stages_[stage].writer;
  return overwritten_[stage] < called(reader) || (writer != nobody && called(writer) > returned(reader)) ||
         writer == reader;
}

// Of a state that several operations make.
StageId Zones::forced_stage(std::uint32_t reader) {
  const StateId needed = operation(reader).needs;
  const auto state_of = [&](StageId stage) {
    return stages_[stage].writer == nobody ? problem_.initial : operation(stages_[stage].writer).makes;
  };
  auto at = std::lower_bound(others_.begin(), others_.end(), needed,
                             [&](StageId stage, StateId state) { return state_of(stage) < state; });
  StageId found = no_stage;
  // By falling returns: once one is overwritten in time, so are all that returned before it.
  for (std::size_t looked = 0; at != others_.end() && state_of(*at) == needed; ++at) {
    if (overwritten_[*at] < called(reader)) break;
    if (out_of_question(*at, reader)) {
      if (++looked > 1000) throw NotApplicable{.reason = "a value is written too often"};
      continue;
    }
    if (found != no_stage) throw NotApplicable{.reason = ambiguous};
    found = *at;
  }
  return found;
}

// Whose value an operation that needs one has seen; no_stage: nobody's.
StageId Zones::stage_needed_by(std::uint32_t reader) {
  const StageId stage = of_state_[operation(reader).needs];
  if (stage == several) return forced_stage(reader);
  if (stage == no_stage || stages_[stage].writer == nobody) return stage;
  return called(stages_[stage].writer) > returned(reader) || stages_[stage].writer == reader ? no_stage : stage;
}

// The stages are in the order of their writers.
StageId Zones::stage_made_by(std::uint32_t writer) const {
  const StageId stage = of_state_[operation(writer).makes];
  if (stage != several) return stage;
  const auto found = std::lower_bound(stages_.begin() + 1, stages_.end(), writer,
                                      [](const Stage& s, std::uint32_t w) { return s.writer < w; });
  return static_cast<StageId>(found - stages_.begin());
}

// A required operation has its stage seen, and all that its stage builds upon.
void Zones::see(std::uint32_t i) {
  if (i % 256 == 0) spend();
  if (optional(i) || (operation(i).observes() && operation(i).needs == no_state)) return;
  StageId stage = operation(i).observes() ? stage_needed_by(i) : stage_made_by(i);
  if (stage == no_stage) contradict({i});
  stages_[stage].first_return = std::min(stages_[stage].first_return, returned(i));
  stages_[stage].last_call = std::max(stages_[stage].last_call, called(i));
  while (!stages_[stage].seen) {
    const std::uint32_t writer = stages_[stage].writer;
    stages_[stage].seen = true;
    stages_[stage].last_call = std::max(stages_[stage].last_call, called(writer));
    if (!stages_[stage].follows) return;
    stage = stage_needed_by(writer);
    if (stage == no_stage) contradict({i, writer});
  }
}

void Zones::link_chains() {
  StageId twice = no_stage;
  for (StageId stage = 1; stage < stages_.size(); ++stage) {
    if (!stages_[stage].seen || !stages_[stage].follows) continue;
    Stage& before = stages_[stage_needed_by(stages_[stage].writer)];
    if (before.next == no_stage) {
      before.next = stage;
    } else if (twice == no_stage) {
      twice = stage;
    }
  }
  if (twice == no_stage) return;
  const Stage& before = stages_[stage_needed_by(stages_[twice].writer)];
  contradict({before.writer, stages_[before.next].writer, stages_[twice].writer, who_saw(before.next), who_saw(twice)});
}

void Zones::sum_up_blocks() {
  std::size_t reached = 0, seen = 0;
  for (StageId first = 0; first < stages_.size(); ++first) {
    seen += stages_[first].seen ? 1 : 0;
    if (!stages_[first].seen || stages_[first].follows) continue;
    Block block{.first = first};
    for (StageId at = first; at != no_stage; at = stages_[at].next) {
      const Stage& stage = stages_[at];
      if (stage.first_return < block.last_call) {
        contradict({stage.writer, operation_at(stage.first_return), operation_at(block.last_call)});
      }
      block.first_return = std::min(block.first_return, stage.first_return);
      block.last_call = std::max(block.last_call, stage.last_call);
      ++reached;
    }
    blocks_.push_back(block);
  }
  if (reached < seen) contradict_cycle();
}

// What no chain reaches goes in circles.
void Zones::contradict_cycle() {
  std::vector<bool> reached(stages_.size());
  for (const Block& block : blocks_) {
    for (StageId at = block.first; at != no_stage; at = stages_[at].next) reached[at] = true;
  }
  StageId start = 0;
  while (reached[start] || !stages_[start].seen) ++start;
  std::vector<std::uint32_t> cycle = {stages_[start].writer, who_saw(start)};
  for (StageId at = stages_[start].next; at != start && cycle.size() < 6; at = stages_[at].next) {
    cycle.push_back(stages_[at].writer);
  }
  contradict(std::move(cycle));
}

// A required operation on this stage or a later one of its chain, which says that the stage was there.
std::uint32_t Zones::who_saw(StageId stage) const {
  for (std::size_t steps = 0; stages_[stage].first_return == never; ++steps) {
    stage = stages_[stage].next;
    if (stage == no_stage || steps == stages_.size()) return nobody;
  }
  return operation_at(stages_[stage].first_return);
}

// The operations of a block that returned first and that was called last, its first writer, and who saw the latter.
std::vector<std::uint32_t> Zones::extremes(const Block& block) const {
  const std::uint32_t last = operation_at(block.last_call);
  std::vector<std::uint32_t> out = {stages_[block.first].writer, operation_at(block.first_return), last};
  if (last != nobody && optional(last)) {
    for (StageId at = block.first; at != no_stage; at = stages_[at].next) {
      if (stages_[at].writer == last) out.push_back(who_saw(at));
    }
  }
  return out;
}

void Zones::contradict_blocks(const Block& a, const Block& b) {
  std::vector<std::uint32_t> operations = extremes(a);
  for (const std::uint32_t i : extremes(b)) operations.push_back(i);
  contradict(std::move(operations));
}

void Zones::compare_blocks() {
  spend();
  std::sort(blocks_.begin(), blocks_.end(),
            [](const Block& a, const Block& b) { return a.first_return < b.first_return; });
  const Block* reaching = &blocks_.front();  // the one with the largest last_call so far
  for (const Block& block : blocks_) {
    if (&block == reaching) continue;
    if (reaching->last_call > block.first_return && reaching->first_return < block.last_call) {
      contradict_blocks(*reaching, block);
    }
    if (block.last_call > reaching->last_call) reaching = &block;
  }
}

// Whose call or return this is.
std::uint32_t Zones::operation_at(Moment moment) const {
  for (std::uint32_t i = 0; i < size_; ++i) {
    if (moment != never && (called(i) == moment || returned(i) == moment)) return i;
  }
  return nobody;
}

// The order by min(f, s) obeys f(A) < s(B): were B first, min(f(B), s(B)) <= f(A) < s(B), so f(B) <= f(A) and
// f(B) <= s(A), and as all moments differ B precedes A: the two contradict each other.
void Zones::line_up() {
  std::sort(blocks_.begin(), blocks_.end(), [](const Block& a, const Block& b) {
    return std::min(a.first_return, a.last_call) < std::min(b.first_return, b.last_call);
  });
  line_.clear();
  block_in_line_.clear();
  latest_.clear();
  for (std::uint32_t i = 0; i < blocks_.size(); ++i) {
    for (StageId at = blocks_[i].first; at != no_stage; at = stages_[at].next) {
      line_.push_back(at);
      block_in_line_.push_back(i);
    }
  }
  for (const StageId stage : line_) latest_.push_back(stages_[stage].first_return);
}

void Zones::place_forbidding() {
  line_.reserve(stages_.size());
  latest_.reserve(stages_.size());
  std::vector<std::uint32_t> place;
  for (int round = 0; round < 50; ++round) {
    spend();
    line_up();
    place.assign(stages_.size(), nobody);
    for (std::uint32_t k = 0; k < line_.size(); ++k) place[line_[k]] = k;
    bool reordered = false;
    while (set_deadlines(place, reordered)) spend();
    if (!reordered) return check_deadlines();
    try {
      compare_blocks();
    } catch (const Contradiction&) {
      break;  // of the orders that were tried, not of the history
    }
  }
  throw NotApplicable{.reason = needs_search};
}

void Zones::check_deadlines() const {
  Moment earliest = before_all;
  for (std::uint32_t k = 0; k < line_.size(); ++k) {
    const Stage& stage = stages_[line_[k]];
    if (stage.writer != nobody) earliest = std::max(earliest, called(stage.writer));
    if (earliest > latest_[k]) throw NotApplicable{.reason = needs_search};
    earliest = std::max(earliest, stage.last_call);
  }
}

// Whether there are new ones.
bool Zones::set_deadlines(const std::vector<std::uint32_t>& place, bool& reordered) {
  for (std::size_t k = line_.size(); k-- > 1;) latest_[k - 1] = std::min(latest_[k - 1], latest_[k]);
  bool changed = false;
  for (std::uint32_t i = 0; i < size_; ++i) {
    if (operation(i).forbids == no_state || optional(i)) continue;
    const StageId stage = of_state_[operation(i).forbids];
    if (stage == several) throw NotApplicable{.reason = "a failed cas, and its value was written more than once"};
    if (stage == no_stage || place[stage] == nobody) continue;
    const std::uint32_t k = place[stage];
    if (latest_[k] > called(i)) continue;
    if (k + 1 == line_.size() || called(stages_[line_[k + 1]].writer) > returned(i)) {
      if (!put_behind(k, returned(i))) throw NotApplicable{.reason = needs_search};
      reordered = true;
    } else if (latest_[k + 1] > returned(i)) {
      latest_[k + 1] = returned(i);
      changed = true;
    }
  }
  return changed && !reordered;
}

// What comes next in the line was called too late to replace line_[k] by `deadline`; of the blocks in front of it, the
// nearest one that need not be there shall come behind. (A guess, where there are several.)
bool Zones::put_behind(std::uint32_t k, Moment deadline) {
  const std::uint32_t own = block_in_line_[k];
  for (std::uint32_t other = own; other-- > 0 && own - other <= 64;) {
    Block& block = blocks_[other];
    const std::uint32_t writer = stages_[block.first].writer;
    if (block.first_return < blocks_[own].last_call || writer == nobody || called(writer) > deadline) continue;
    block.last_call = std::max(block.last_call, blocks_[own].first_return + 1);
    return true;
  }
  return false;
}

}  // namespace

ZonesResult judge_by_zones(const Problem& problem, Budget& budget, std::uint32_t cut) {
  return Zones(problem, budget, cut).run();
}

FirstFailing first_failing_by_zones(const Problem& problem, Budget& budget, std::uint32_t below) {
  std::vector<std::uint32_t> returns;
  for (const PreparedOperation& operation : problem.operations) {
    if (!operation.optional() && operation.returned < below) returns.push_back(operation.returned);
  }
  std::sort(returns.begin(), returns.end());
  std::size_t good = 0, bad = returns.size() + 1;  // the prefix that ends with the so-manieth return
  while (bad - good > 1) {
    const std::size_t middle = bad > returns.size() ? returns.size() : good + (bad - good) / 2;
    const Answer answer =
        middle == 0 ? Answer::linearizable : judge_by_zones(problem, budget, returns[middle - 1] + 1).answer;
    if (answer == Answer::not_applicable) return {};
    (answer == Answer::linearizable ? good : bad) = middle;
  }
  if (bad > returns.size()) return {.answer = Answer::linearizable};
  return {.answer = Answer::not_linearizable, .position = returns[bad - 1]};
}

}  // namespace ordeal::checker
