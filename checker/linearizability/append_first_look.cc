#include "checker/linearizability/append_first_look.h"

#include <array>
#include <cstddef>

#include "checker/linearizability/append_eras.h"

namespace ordeal::checker {
namespace {

using Answer = OrderResult::Answer;
using Kind = KeyOperation::Kind;

std::string_view text_of(const Vocabulary& vocabulary, Atom atom) {
  return *vocabulary.named(atom).get_if<std::string>();
}

// Whether nothing overlaps and nothing is indeterminate.
bool is_a_sequence(const OrderQuestion& question) {
  std::uint32_t last_return = 0;
  for (const KeyOperation& operation : question.key.operations) {
    if (operation.called >= question.cut) break;
    if (operation.kind == Kind::nothing) continue;
    if (operation.called < last_return || operation.returned >= question.cut) return false;
    const bool is_known = operation.kind == Kind::needs || operation.kind == Kind::makes;
    if (!is_known && operation.kind != Kind::argument) return false;
    last_return = operation.returned;
  }
  return true;
}

// Then there is one order, and one pass along it decides.
class Sequence {
 public:
  explicit Sequence(const OrderQuestion& question) : question_(question) {}

  OrderResult run() {
    known_ = text_of(question_.vocabulary, question_.initial);
    for (const KeyOperation& operation : question_.key.operations) {
      if (operation.called >= question_.cut) break;
      if (operation.kind == Kind::argument) {
        if (appended_ == most) return {};
        pieces_[appended_++] = text_of(question_.vocabulary, operation.value);
      } else if (operation.kind != Kind::nothing) {
        const std::string_view text = text_of(question_.vocabulary, operation.value);
        if (operation.kind == Kind::needs && !holds(text)) return {.answer = Answer::not_linearizable};
        known_ = text;
        appended_ = 0;
      }
    }
    return {.answer = Answer::linearizable};
  }

 private:
  // Whether the text is what was known last and then the pieces.
  bool holds(std::string_view text) const {
    if (!text.starts_with(known_)) return false;
    text.remove_prefix(known_.size());
    for (std::size_t i = 0; i < appended_; ++i) {
      if (!text.starts_with(pieces_[i])) return false;
      text.remove_prefix(pieces_[i].size());
    }
    return text.empty();
  }

  static constexpr std::size_t most = 64;  // appends from one read to the next

  const OrderQuestion& question_;
  std::string_view known_;  // when it was read or put last
  std::size_t appended_ = 0;
  std::string_view pieces_[most];
};

// Otherwise: pieces and puts are tried in the order of their calls.
class InCallOrder {
 public:
  explicit InCallOrder(const OrderQuestion& question)
      : question_(question), appends_(&memory_), puts_(&memory_), reads_(&memory_), zones_(&memory_) {}

  // Whether an order was found.
  bool run() {
    if (!collect() || !give_reads_to_puts()) return false;
    if (!std::is_sorted(reads_.begin(), reads_.end())) std::sort(reads_.begin(), reads_.end());
    for (auto read = reads_.begin(); read != reads_.end();) {
      const auto end = std::find_if(read, reads_.end(), [&](const Read& other) { return other.put != read->put; });
      if (!take_apart({read, end})) return false;
      read = end;
    }
    add_unseen(appends_);
    add_unseen(puts_);
    return can_be_ordered(zones_);
  }

 private:
  struct Write {
    std::string_view text;
    Span span;
    bool seen = false;
    // An indeterminate append that is never seen would be tried for every piece that comes later.
    std::uint8_t passed_over = 0;
  };
  static constexpr std::uint8_t most_passed_over = 16;
  struct Read {
    std::string_view text;
    Span span;
    std::size_t put = 0;  // that its text began with: an index into puts_, plus 1; 0: the initial value

    bool operator<(const Read& other) const {
      return put != other.put ? put < other.put : text.size() < other.text.size();
    }
  };

  bool collect();
  bool give_reads_to_puts();
  bool take_apart(std::span<const Read> reads);
  Write* next_piece(std::string_view rest, std::int64_t last_call, std::int64_t limit);
  // Whether it can be no piece of a block that ended with a call at `last_call` so far.
  static bool is_past(const Write& append, std::int64_t last_call) {
    return append.seen || append.span.returned < last_call || append.passed_over == most_passed_over;
  }
  std::size_t first_left(std::size_t from, std::int64_t last_call) const {
    while (from < appends_.size() && is_past(appends_[from], last_call)) ++from;
    return from;
  }
  bool look() { return looks_left_ > 0 && --looks_left_ > 0; }

  void add_unseen(const std::pmr::vector<Write>& writes) {
    for (const Write& write : writes) {
      if (write.seen || write.span.returned == Span::never) continue;
      zones_.push_back({.first_return = write.span.returned, .last_call = write.span.called});
    }
  }

  const OrderQuestion& question_;
  std::array<std::byte, 16'384> first_memory_;  // enough for a key of a hundred operations
  std::pmr::monotonic_buffer_resource memory_{first_memory_.data(), first_memory_.size()};
  std::pmr::vector<Write> appends_, puts_;  // by call
  std::pmr::vector<Read> reads_;
  std::pmr::vector<Zone> zones_;
  std::size_t left_ = 0;           // the first of appends_ that may be a piece of this block or one of a later put
  std::size_t left_of_block_ = 0;  // ... of this block
  std::size_t looks_left_ = 0;
};

// False: there is something that neither appends, puts nor reads.
bool InCallOrder::collect() {
  const std::vector<KeyOperation>& operations = question_.key.operations;
  appends_.reserve(operations.size());
  reads_.reserve(operations.size());
  looks_left_ = 64 + 16 * operations.size();
  for (const KeyOperation& operation : operations) {
    if (operation.called >= question_.cut) break;
    if (operation.kind == Kind::nothing) continue;
    const bool open = operation.returned >= question_.cut || operation.returned == KeyOperation::forever;
    const Span span{.called = operation.called, .returned = open ? Span::never : operation.returned};
    const std::string_view text = text_of(question_.vocabulary, operation.value);
    if (operation.kind == Kind::needs) {
      if (!open) reads_.push_back({.text = text, .span = span});
    } else if (operation.kind == Kind::makes) {
      puts_.push_back({.text = text, .span = span});
    } else if (operation.kind != Kind::argument) {
      return false;
    } else if (!text.empty()) {  // appending "" changes nothing and says nothing
      appends_.push_back({.text = text, .span = span});
    }
  }
  return true;
}

// To the one called last, in time, that its text may have begun with. False: to none, or there were too many.
bool InCallOrder::give_reads_to_puts() {
  if (puts_.empty()) return true;
  for (Read& read : reads_) {
    const auto later = std::partition_point(puts_.begin(), puts_.end(),
                                            [&](const Write& put) { return put.span.called < read.span.returned; });
    read.put = static_cast<std::size_t>(later - puts_.begin());
    while (read.put > 0 && !read.text.starts_with(puts_[read.put - 1].text)) {
      if (!look()) return false;
      --read.put;
    }
  }
  return true;
}

// The append that the rest of a text begins with, in a block that ended with a call at `last_call` so far, and that
// goes on before `limit`. Nothing: there is none, or there were too many.
InCallOrder::Write* InCallOrder::next_piece(std::string_view rest, std::int64_t last_call, std::int64_t limit) {
  left_of_block_ = first_left(left_of_block_, last_call);
  for (std::size_t i = left_of_block_; i < appends_.size() && appends_[i].span.called < limit && look(); ++i) {
    Write& append = appends_[i];
    if (is_past(append, last_call)) continue;
    if (rest.starts_with(append.text)) return &append;
    if (append.span.returned == Span::never) ++append.passed_over;
  }
  return nullptr;
}

// The reads that began with one put, by their lengths: makes a block of it. False: they contradict each other, or a
// guess before.
bool InCallOrder::take_apart(std::span<const Read> reads) {
  const std::string_view longest = reads.back().text;
  std::string_view source = text_of(question_.vocabulary, question_.initial);
  Zone zone{.first_return = Span::before_all, .last_call = Span::before_all};
  if (const std::size_t put = reads.front().put; put > 0) {
    puts_[put - 1].seen = true;
    source = puts_[put - 1].text;
    zone = {.first_return = puts_[put - 1].span.returned, .last_call = puts_[put - 1].span.called};
  }
  left_ = left_of_block_ = first_left(left_, zone.last_call);
  if (!longest.starts_with(source)) return false;
  std::size_t at = source.size();
  for (auto read = reads.begin();;) {
    Stage stage;
    for (; read != reads.end() && read->text.size() == at; ++read) {
      if (!longest.starts_with(read->text)) return false;
      stage.add(read->span);
    }
    if (!zone.follows(stage)) return false;
    if (read == reads.end()) break;
    if (read->text.size() < at) return false;  // it ends within a piece
    Write* const append = next_piece(longest.substr(at), zone.last_call, read->span.returned);
    if (append == nullptr) return false;
    append->seen = true;
    if (!zone.follows({.last_call = append->span.called, .first_return = append->span.returned})) return false;
    at += append->text.size();
  }
  zones_.push_back(zone);
  return true;
}

}  // namespace

OrderResult append_first_look(const OrderQuestion& question) {
  if (question.model.name != ModelName::kv_append) return {};
  if (is_a_sequence(question)) {
    const OrderResult in_sequence = Sequence(question).run();
    if (in_sequence.answer != Answer::not_applicable) return in_sequence;
  }
  if (InCallOrder(question).run()) return {.answer = Answer::linearizable};
  return {.why = "no order was found at first sight"};
}

}  // namespace ordeal::checker
