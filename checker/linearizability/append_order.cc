#include "checker/linearizability/append_order.h"

#include <array>
#include <cstddef>

#include "checker/linearizability/append_eras.h"
#include "checker/linearizability/append_first_look.h"

namespace ordeal::checker {
namespace {

using Answer = OrderResult::Answer;
constexpr std::uint32_t nothing = AppendValues::nothing;

class Orderer {
 public:
  explicit Orderer(const OrderQuestion& question)
      : key_(question.key),
        lists_(question.model.name == ModelName::list_append),
        initial_(question.initial),
        vocabulary_(question.vocabulary),
        cut_(question.cut),
        appends_(&memory_),
        puts_(&memory_),
        reads_(&memory_),
        puts_by_call_(&memory_),
        first_return_from_(&memory_),
        eras_(&memory_),
        era_of_(&memory_),
        taken_(&memory_),
        fitting_(&memory_),
        first_free_(&memory_),
        zones_(&memory_),
        windows_(&memory_) {}

  OrderResult run() {
    if (!collect()) return result_;
    if (reads_.empty()) return {.answer = Answer::linearizable};  // whatever happened, nobody looked
    if (give_reads_to_eras() && take_apart() && match_values_with_one_operation() && match_repeated_values() &&
        check_within() && check_between()) {
      return {.answer = Answer::linearizable};
    }
    return result_;
  }

 private:
  // These end the work: each step returns false when it ended.
  bool not_applicable(std::string_view why) {
    result_ = {.answer = Answer::not_applicable, .why = why};
    return false;
  }
  // It proves something only as long as nothing was guessed.
  bool contradiction() {
    if (guessed_) return not_applicable("a value came from one of several operations, and a guess from which failed");
    result_ = {.answer = Answer::not_linearizable};
    return false;
  }

  bool collect();
  bool give_reads_to_eras();
  bool give(AppendRead& read);
  bool overwritten_before(std::int64_t put_returned, const AppendRead& read) const;
  Atom source_value(std::uint32_t put) const { return put == nothing ? initial_ : puts_.value(puts_.value_of(put)); }
  bool initial_fits(const AppendRead& read) const;
  bool continues(Atom source, const AppendRead& read) const;
  Era& era_of_put(std::uint32_t put);
  bool take_apart();
  bool take_apart(Era& era);
  bool match_values_with_one_operation();
  bool match_repeated_values();
  void find_windows(const Era& era);
  bool match_where_forced(Era& era, bool& changed);
  bool guess(Era& era);
  std::uint32_t earliest_candidate(const Era::Piece& piece, const Span& window, std::size_t most, std::size_t& count);
  bool check_within();
  bool check_between();

  const KeyOperations& key_;
  const bool lists_;
  const Atom initial_;
  const Vocabulary& vocabulary_;
  const std::uint32_t cut_;

  std::array<std::byte, 16'384> first_memory_;  // enough for a key of a hundred operations
  std::pmr::monotonic_buffer_resource memory_{first_memory_.data(), first_memory_.size()};
  std::unique_ptr<AppendValues> values_;
  ByValue appends_, puts_;
  std::pmr::vector<AppendRead> reads_;
  std::pmr::vector<Span> puts_by_call_;
  std::pmr::vector<std::int64_t> first_return_from_;  // of each of puts_by_call_ and those after it
  std::pmr::vector<Era> eras_;                        // the initial value's first
  std::pmr::vector<std::uint32_t> era_of_;            // of each put, an index into eras_; 0: it has none
  std::pmr::vector<bool> taken_;                      // of each append: it is a piece of some era
  std::pmr::vector<std::uint32_t> fitting_;     // of one read: the puts that it may have begun with; nothing: initial
  std::pmr::vector<std::uint32_t> first_free_;  // of each appended value: all operations before are taken
  std::pmr::vector<Zone> zones_;
  std::pmr::vector<Span> windows_;  // of each piece of one era: its operation returns after, and is called before
  std::uint64_t looks_left_ = 0;    // at operations that share their value: a bound, so that no history takes long
  bool guessed_ = false;
  OrderResult result_;
};

bool Orderer::collect() {
  const std::size_t operations = key_.operations.size();
  reads_.reserve(operations);
  appends_.reserve(operations);
  for (const KeyOperation& operation : key_.operations) {
    if (operation.called >= cut_) break;
    const bool open = operation.returned >= cut_ || operation.returned == KeyOperation::forever;
    const Span span{.called = operation.called, .returned = open ? Span::never : operation.returned};
    switch (operation.kind) {
      case KeyOperation::Kind::nothing:
        break;
      case KeyOperation::Kind::needs:
        if (!open) reads_.push_back({.value = operation.value, .span = span});
        break;
      case KeyOperation::Kind::makes:
        puts_.add(operation.value, span);
        puts_by_call_.push_back(span);
        break;
      case KeyOperation::Kind::argument:
        // Appending "" changes nothing and says nothing: there is always room for it.
        if (lists_ || !vocabulary_.named(operation.value).get_if<std::string>()->empty()) {
          appends_.add(operation.value, span);
        }
        break;
      default:
        return not_applicable("an operation that neither appends, puts nor reads");
    }
  }
  if (reads_.empty()) return true;
  appends_.group();
  puts_.group();
  if (lists_ && puts_.size() > 0) return not_applicable("a list was put");
  values_ = lists_ ? list_values(vocabulary_, appends_.atoms(), &memory_)
                   : string_values(vocabulary_, appends_.atoms(), puts_.atoms(), &memory_);
  first_return_from_.resize(puts_by_call_.size() + 1, Span::never);
  for (std::size_t i = puts_by_call_.size(); i-- > 0;) {
    first_return_from_[i] = std::min(first_return_from_[i + 1], puts_by_call_[i].returned);
  }
  era_of_.resize(puts_.size(), 0);
  taken_.resize(appends_.size(), false);
  for (std::uint32_t value = 0; value < appends_.values(); ++value) first_free_.push_back(appends_.begin_of(value));
  eras_.emplace_back(true, Span{.called = Span::before_all, .returned = Span::before_all}, initial_, &memory_);
  looks_left_ = 100'000 + 64 * std::uint64_t{key_.operations.size()};
  return true;
}

// Whether some put was called after one had returned, and returned before the read was called.
bool Orderer::overwritten_before(std::int64_t put_returned, const AppendRead& read) const {
  if (puts_by_call_.empty()) return false;
  const auto later = std::upper_bound(puts_by_call_.begin(), puts_by_call_.end(), put_returned,
                                      [](std::int64_t time, const Span& other) { return time < other.called; });
  return first_return_from_[static_cast<std::size_t>(later - puts_by_call_.begin())] < read.span.called;
}

// A cheap look: what follows the source's value in the read must begin with something that was appended by then.
bool Orderer::continues(Atom source, const AppendRead& read) const {
  const std::size_t from = values_->length(source);
  if (from == read.length) return true;
  const AppendValues::Match match = values_->match(read.value, from);
  if (match.kind == AppendValues::Match::Kind::none) return false;
  return match.kind == AppendValues::Match::Kind::several ||
         appends_[appends_.begin_of(match.appended)].called < read.span.returned;
}

// Whether the initial value may be what the read began with, so far as puts go.
bool Orderer::initial_fits(const AppendRead& read) const {
  return values_->starts_with(read.value, initial_) && first_return_from_[0] >= read.span.called;
}

Era& Orderer::era_of_put(std::uint32_t put) {
  if (era_of_[put] == 0) {
    era_of_[put] = static_cast<std::uint32_t>(eras_.size());
    eras_.emplace_back(false, puts_[put], puts_.value(puts_.value_of(put)), &memory_);
  }
  return eras_[era_of_[put]];
}

// Each read to the put that its value began with, or to the initial value; the one called last where several fit.
bool Orderer::give_reads_to_eras() {
  return std::all_of(reads_.begin(), reads_.end(), [this](AppendRead& read) { return give(read); });
}

bool Orderer::give(AppendRead& read) {
  read.length = values_->length(read.value);
  fitting_.clear();
  if (initial_fits(read)) fitting_.push_back(nothing);
  for (std::uint32_t value = values_->longest_put_within(read.value); value != nothing;
       value = values_->next_shorter_put(value)) {
    // From the last that was called in time backwards, until all earlier ones had been overwritten.
    for (std::uint32_t put = puts_.called_before(value, read.span.returned); put-- > puts_.begin_of(value);) {
      if (looks_left_-- == 0) return not_applicable("too many puts of one value");
      if (overwritten_before(puts_.last_return_until(put), read)) break;
      if (!overwritten_before(puts_[put].returned, read)) fitting_.push_back(put);
    }
  }
  if (fitting_.size() > 1) {
    std::erase_if(fitting_, [&](std::uint32_t put) { return !continues(source_value(put), read); });
  }
  if (fitting_.empty()) return contradiction();
  guessed_ = guessed_ || fitting_.size() > 1;
  // nothing, the initial value, only where there is no other.
  const std::uint32_t best = *std::max_element(fitting_.begin(), fitting_.end(), [&](std::uint32_t a, std::uint32_t b) {
    return (a == nothing ? Span::before_all : puts_[a].called) < (b == nothing ? Span::before_all : puts_[b].called);
  });
  (best == nothing ? eras_[0] : era_of_put(best)).reads.push_back(read);
  return true;
}

bool Orderer::take_apart() {
  return std::all_of(eras_.begin(), eras_.end(), [this](Era& era) { return take_apart(era); });
}

// The longest read's pieces, and which reads end with which.
bool Orderer::take_apart(Era& era) {
  if (era.reads.empty()) return true;
  const auto shorter = [](const AppendRead& a, const AppendRead& b) { return a.length < b.length; };
  if (!std::is_sorted(era.reads.begin(), era.reads.end(), shorter)) {
    std::stable_sort(era.reads.begin(), era.reads.end(), shorter);
  }
  const Atom longest = era.reads.back().value;
  std::size_t at = values_->length(era.source_value);
  Stage* stage = &era.begin;
  std::size_t next = 0;
  for (;;) {
    for (; next < era.reads.size() && era.reads[next].length == at; ++next) {
      const AppendRead& read = era.reads[next];
      if (read.value != longest && !values_->starts_with(longest, read.value)) return contradiction();
      stage->add(read.span);
    }
    if (next == era.reads.size()) return true;
    if (era.reads[next].length < at) return contradiction();  // it ends within a piece
    const AppendValues::Match match = values_->match(longest, at);
    if (match.kind == AppendValues::Match::Kind::none) return contradiction();
    if (match.kind == AppendValues::Match::Kind::several)
      return not_applicable("a read can be taken apart in several ways");
    at += match.length;
    era.pieces.push_back({.appended = match.appended});
    stage = &era.pieces.back().after;
  }
}

bool Orderer::match_values_with_one_operation() {
  std::pmr::vector<std::uint32_t> wanted(appends_.values(), 0, &memory_);
  for (Era& era : eras_) {
    for (Era::Piece& piece : era.pieces) {
      const std::uint32_t first = appends_.begin_of(piece.appended);
      const std::uint32_t operations = appends_.end_of(piece.appended) - first;
      if (++wanted[piece.appended] > operations) return contradiction();  // more often read than appended
      if (operations > 1) continue;
      taken_[first] = true;
      piece.operation = first;
    }
  }
  return true;
}

// Of each piece: its operation returned after everything earlier in the block was called, and was called before
// everything later in it returned.
void Orderer::find_windows(const Era& era) {
  windows_.assign(era.pieces.size(), {});
  std::int64_t last_call = std::max(era.source.called, era.begin.last_call);
  for (std::size_t i = 0; i < era.pieces.size(); ++i) {
    const Era::Piece& piece = era.pieces[i];
    windows_[i].called = last_call;
    if (piece.operation != Era::unknown) last_call = std::max(last_call, appends_[piece.operation].called);
    last_call = std::max(last_call, piece.after.last_call);
  }
  std::int64_t first_return = Span::never;
  for (std::size_t i = era.pieces.size(); i-- > 0;) {
    const Era::Piece& piece = era.pieces[i];
    first_return = std::min(first_return, piece.after.first_return);
    windows_[i].returned = first_return;
    if (piece.operation != Era::unknown) first_return = std::min(first_return, appends_[piece.operation].returned);
  }
}

// Of the operations that may be this piece the first to return; and how many there are, but no more than `most`.
std::uint32_t Orderer::earliest_candidate(const Era::Piece& piece, const Span& window, std::size_t most,
                                          std::size_t& count) {
  std::uint32_t& first_free = first_free_[piece.appended];
  const std::uint32_t end = appends_.end_of(piece.appended);
  while (first_free < end && taken_[first_free]) ++first_free;
  // Those before had all returned before the window.
  std::uint32_t low = first_free, high = end;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (appends_.last_return_until(middle) < window.called) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  std::uint32_t best = nothing;
  count = 0;
  for (std::uint32_t i = low; i < end && appends_[i].called <= window.returned && count < most; ++i) {
    if (best != nothing && most > 2 && appends_.first_return_from(i) >= appends_[best].returned) break;
    if (looks_left_ == 0) return nothing;
    --looks_left_;
    if (taken_[i] || appends_[i].returned < window.called) continue;
    ++count;
    if (best == nothing || appends_[i].returned < appends_[best].returned) best = i;
  }
  return best;
}

bool Orderer::match_where_forced(Era& era, bool& changed) {
  find_windows(era);
  for (std::size_t i = 0; i < era.pieces.size(); ++i) {
    Era::Piece& piece = era.pieces[i];
    if (piece.operation != Era::unknown) continue;
    std::size_t count = 0;
    const std::uint32_t found = earliest_candidate(piece, windows_[i], 2, count);
    if (looks_left_ == 0) return not_applicable("too many appends of one value");
    if (count == 0) return contradiction();
    if (count > 1) continue;
    piece.operation = found;
    taken_[found] = changed = true;
  }
  return true;
}

// From the begin of the block to its end, for each piece the first to return of those that it may be.
bool Orderer::guess(Era& era) {
  find_windows(era);
  std::int64_t last_call = Span::before_all;
  for (std::size_t i = 0; i < era.pieces.size(); ++i) {
    Era::Piece& piece = era.pieces[i];
    if (piece.operation == Era::unknown) {
      guessed_ = true;
      std::size_t count = 0;
      const Span window{.called = std::max(last_call, windows_[i].called), .returned = windows_[i].returned};
      piece.operation = earliest_candidate(piece, window, appends_.size(), count);
      if (looks_left_ == 0) return not_applicable("too many appends of one value");
      if (count == 0) return contradiction();
      taken_[piece.operation] = true;
    }
    last_call = std::max(last_call, appends_[piece.operation].called);
  }
  return true;
}

bool Orderer::match_repeated_values() {
  const auto has_unmatched = [](const Era& era) {
    return std::any_of(era.pieces.begin(), era.pieces.end(),
                       [](const Era::Piece& piece) { return piece.operation == Era::unknown; });
  };
  std::vector<Era*> unmatched;
  for (Era& era : eras_) {
    if (has_unmatched(era)) unmatched.push_back(&era);
  }
  for (bool changed = !unmatched.empty(); changed;) {
    changed = false;
    for (Era* era : unmatched) {
      if (!match_where_forced(*era, changed)) return false;
    }
    std::erase_if(unmatched, [&](const Era* era) { return !has_unmatched(*era); });
  }
  return std::all_of(unmatched.begin(), unmatched.end(), [this](Era* era) { return guess(*era); });
}

// In each block nothing returned before something earlier in it was called.
bool Orderer::check_within() {
  for (const Era& era : eras_) {
    Zone zone{.first_return = era.source.returned, .last_call = era.source.called};
    if (!zone.follows(era.begin)) return contradiction();
    for (const Era::Piece& piece : era.pieces) {
      const Span& append = appends_[piece.operation];
      if (!zone.follows({.last_call = append.called, .first_return = append.returned})) return contradiction();
      if (!zone.follows(piece.after)) return contradiction();
    }
    zones_.push_back(zone);
  }
  return true;
}

bool Orderer::check_between() {
  const auto add_unseen = [&](const ByValue& operations, const auto& seen) {
    for (std::uint32_t i = 0; i < operations.size(); ++i) {
      if (seen(i) || operations[i].returned == Span::never) continue;
      zones_.push_back({.first_return = operations[i].returned, .last_call = operations[i].called});
    }
  };
  add_unseen(appends_, [&](std::uint32_t i) { return taken_[i]; });
  add_unseen(puts_, [&](std::uint32_t i) { return era_of_[i] != 0; });
  return can_be_ordered(zones_) || contradiction();
}

}  // namespace

OrderResult append_order_in_full(const OrderQuestion& question) {
  return Orderer(question).run();
}

OrderResult append_order(const OrderQuestion& question) {
  const OrderResult first = append_first_look(question);
  return first.answer != Answer::not_applicable ? first : append_order_in_full(question);
}

}  // namespace ordeal::checker
