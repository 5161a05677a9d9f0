#include "checker/revisions/revision_order.h"

#include <algorithm>
#include <unordered_map>

#include "checker/models/kv_revisions.h"

namespace ordeal::checker {
namespace {

using Answer = OrderResult::Answer;
constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

struct Change {
  const Effect* effect = nullptr;
  std::int64_t called = 0, returned = never;
  std::int64_t claim = AnsweredRevisions::unsaid;  // of one that was answered only after the cut: its revision
  bool used = false;                               // it has its revision
};

struct Observer {
  const Effect* effect = nullptr;
  std::int64_t called = 0, returned = 0;
  std::int64_t revision = 0;
  AnsweredRevisions answer = {};
};

// A read that shows which change it saw.
struct Sight {
  KeyId key = no_key;
  const Value* value = nullptr;
};

struct Held {
  Value value;
  std::int64_t modified = 0;
};

class RevisionOrder {
 public:
  explicit RevisionOrder(const OrderQuestion& question)
      : store_(question.key), vocabulary_(question.vocabulary), cut_(question.cut) {
    const List& parts = *question.vocabulary.named(question.initial).get_if<List>();
    first_ = last_ = *parts[0].get_if<std::int64_t>();
  }

  OrderResult run() {
    if (collect() && lay_out() && play()) return {.answer = Answer::linearizable};
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
    if (guessed_) return not_applicable("several operations may have made a revision, and a guess which did failed");
    result_ = {.answer = Answer::not_linearizable};
    return false;
  }

  bool collect();
  bool add_answered(const Effect& effect, std::int64_t called, std::int64_t returned);
  bool lay_out();
  bool see(const Observer& observer);
  bool play();
  bool make(std::int64_t revision);
  bool fill(std::int64_t revision);
  bool may_make(const Change& change, std::int64_t revision) const;
  bool take(Change& change, std::int64_t revision);
  bool observe(const Observer& observer);
  const Held* held(KeyId key) const {
    const auto found = keys_.find(key);
    return found == keys_.end() ? nullptr : &found->second;
  }
  std::size_t index(std::int64_t revision) const { return static_cast<std::size_t>(revision - first_); }

  const KeyOperations& store_;
  const Vocabulary& vocabulary_;
  const std::uint32_t cut_;
  std::int64_t first_ = 0, last_ = 0;  // revisions

  std::vector<Change> certain_;                               // answered puts and cas
  std::vector<std::pair<std::int64_t, std::size_t>> claims_;  // their revisions
  std::vector<Observer> observers_;                           // what changed nothing, and deletes, by revision
  std::vector<Change> open_;                                  // indeterminate changes

  std::vector<std::unique_ptr<Change>> found_;   // deletes that made a revision
  std::vector<Change*> makers_;                  // of each revision; nullptr: a gap
  std::vector<Sight> sights_;                    // of each revision
  std::vector<std::int64_t> first_return_from_;  // of each revision and all higher ones
  // Of each key, (revision, the lowest mod_revision that reads of that revision or a higher one show), ascending.
  std::unordered_map<KeyId, std::vector<std::pair<std::int64_t, std::int64_t>>> shown_;

  std::unordered_map<KeyId, Held> keys_;  // what the store holds
  std::size_t next_observer_ = 0;
  std::int64_t last_call_ = -1;
  std::uint64_t looks_left_ = 0;
  bool guessed_ = false;
  OrderResult result_;
};

bool RevisionOrder::collect() {
  for (const KeyOperation& operation : store_.operations) {
    if (operation.called >= cut_) break;
    if (operation.kind == KeyOperation::Kind::nothing) continue;
    if (operation.kind != KeyOperation::Kind::steps) return not_applicable("an operation without a revision");
    const Effect& effect = store_.steps[operation.more];
    const bool open = operation.returned >= cut_ || operation.returned == KeyOperation::forever;
    if (!open) {
      if (!add_answered(effect, operation.called, operation.returned)) return false;
    } else if (!effect.reads_only) {
      open_.push_back({.effect = &effect, .called = operation.called});
      if (!effect.result.is_absent()) {
        open_.back().claim = answered_revisions(vocabulary_.named(effect.result)).revision;
      }
    }
  }
  looks_left_ = 100'000 + 64 * std::uint64_t{store_.operations.size()};
  return true;
}

bool RevisionOrder::add_answered(const Effect& effect, std::int64_t called, std::int64_t returned) {
  if (effect.result.is_absent()) return not_applicable("an answer without a revision");
  const AnsweredRevisions answer = answered_revisions(vocabulary_.named(effect.result));
  if (answer.revision == AnsweredRevisions::unsaid) return not_applicable("an answer without a revision");
  last_ = std::max(last_, answer.revision);
  if (effect.reads_only || effect.f == verb::remove) {
    observers_.push_back(
        {.effect = &effect, .called = called, .returned = returned, .revision = answer.revision, .answer = answer});
  } else {
    claims_.emplace_back(answer.revision, certain_.size());
    certain_.push_back({.effect = &effect, .called = called, .returned = returned});
  }
  return true;
}

// By revision; and what reads tell about the makers of gaps.
bool RevisionOrder::lay_out() {
  const std::size_t deletes = static_cast<std::size_t>(std::count_if(
      observers_.begin(), observers_.end(), [](const Observer& o) { return o.effect->f == verb::remove; }));
  // Each revision needs a change of its own.
  if (static_cast<std::uint64_t>(last_ - first_) > certain_.size() + deletes + open_.size()) return contradiction();
  makers_.resize(index(last_) + 1, nullptr);
  sights_.resize(index(last_) + 1);
  first_return_from_.resize(index(last_) + 2, never);
  for (const auto& [revision, i] : claims_) {
    if (revision <= first_ || makers_[index(revision)] != nullptr) return contradiction();
    makers_[index(revision)] = &certain_[i];
    first_return_from_[index(revision)] = certain_[i].returned;
  }
  std::stable_sort(observers_.begin(), observers_.end(),
                   [](const Observer& a, const Observer& b) { return a.revision < b.revision; });
  for (const Observer& observer : observers_) {
    if (observer.revision < first_ || !see(observer)) return contradiction();
    std::int64_t& first_return = first_return_from_[index(observer.revision)];
    first_return = std::min(first_return, observer.returned);
  }
  for (std::size_t i = first_return_from_.size() - 1; i-- > 0;) {
    first_return_from_[i] = std::min(first_return_from_[i], first_return_from_[i + 1]);
  }
  for (auto& [key, shown] : shown_) {
    for (std::size_t i = shown.size() - 1; i-- > 0;) shown[i].second = std::min(shown[i].second, shown[i + 1].second);
  }
  return true;
}

// False: it contradicts what another read showed.
bool RevisionOrder::see(const Observer& observer) {
  const std::int64_t modified = observer.answer.mod_revision;
  if (observer.effect->f != verb::get || modified <= 0) return true;
  if (modified <= first_ || modified > observer.revision) return false;
  Sight& sight = sights_[index(modified)];
  const KeyId key = observer.effect->key;
  if (sight.value != nullptr && (sight.key != key || *sight.value != *observer.answer.value)) return false;
  sight = {.key = key, .value = observer.answer.value};
  shown_[key].emplace_back(observer.revision, modified);
  return true;
}

bool RevisionOrder::play() {
  for (std::int64_t revision = first_; revision <= last_; ++revision) {
    if (revision > first_ && !make(revision)) return false;
    std::int64_t last_call = last_call_;
    for (; next_observer_ < observers_.size() && observers_[next_observer_].revision == revision; ++next_observer_) {
      const Observer& observer = observers_[next_observer_];
      // A delete that made this revision was taken in its place.
      if (makers_[index(revision)] != nullptr && makers_[index(revision)]->effect == observer.effect) continue;
      if (observer.returned < last_call_ || !observe(observer)) return contradiction();
      last_call = std::max(last_call, observer.called);
    }
    last_call_ = last_call;
  }
  return true;
}

bool RevisionOrder::make(std::int64_t revision) {
  Change* maker = makers_[index(revision)];
  if (maker == nullptr) return fill(revision);
  const Sight& sight = sights_[index(revision)];
  if (sight.value != nullptr && sight.key != maker->effect->key) return contradiction();
  return take(*maker, revision);
}

// Whether the open change may be the one that made the revision.
bool RevisionOrder::may_make(const Change& change, std::int64_t revision) const {
  const Effect& effect = *change.effect;
  if (change.used || change.called > first_return_from_[index(revision)]) return false;
  if (change.claim != AnsweredRevisions::unsaid && change.claim != revision) return false;
  const Held* now = held(effect.key);
  if (effect.f == verb::remove && now == nullptr) return false;
  if (effect.f == verb::cas && (now == nullptr ? Value() : now->value) != vocabulary_.value(effect.argument))
    return false;
  const Sight& sight = sights_[index(revision)];
  if (sight.value != nullptr) {
    if (effect.f == verb::remove || effect.key != sight.key) return false;
    return vocabulary_.value(effect.f == verb::cas ? effect.second : effect.argument) == *sight.value;
  }
  const auto shown = shown_.find(effect.key);
  if (shown == shown_.end()) return true;
  // A read of this revision or later that shows an older change of the key.
  const auto later = std::lower_bound(shown->second.begin(), shown->second.end(), std::pair(revision, std::int64_t{0}));
  return later == shown->second.end() || later->second > revision;
}

bool RevisionOrder::fill(std::int64_t revision) {
  Change* chosen = nullptr;
  std::size_t fitting = 0;
  // Deletes that were answered with this revision and may have made it.
  for (std::size_t i = next_observer_; i < observers_.size() && observers_[i].revision == revision; ++i) {
    const Observer& observer = observers_[i];
    if (observer.effect->f != verb::remove) continue;
    const Change candidate{.effect = observer.effect, .called = observer.called, .returned = observer.returned};
    if (looks_left_-- == 0) return not_applicable("too many operations may have made a revision");
    if (!may_make(candidate, revision)) continue;
    if (fitting++ == 0) {
      found_.push_back(std::make_unique<Change>(candidate));
      chosen = found_.back().get();
    }
  }
  for (Change& change : open_) {
    if (change.called > first_return_from_[index(revision)]) break;
    if (looks_left_-- == 0) return not_applicable("too many operations may have made a revision");
    if (!may_make(change, revision)) continue;
    if (fitting++ == 0) chosen = &change;
  }
  if (fitting == 0) return contradiction();
  if (fitting > 1) guessed_ = true;
  makers_[index(revision)] = chosen;
  chosen->used = true;
  return take(*chosen, revision);
}

bool RevisionOrder::take(Change& change, std::int64_t revision) {
  const Effect& effect = *change.effect;
  if (change.returned < last_call_) return contradiction();
  last_call_ = std::max(last_call_, change.called);
  const Held* now = held(effect.key);
  if (effect.f == verb::cas && (now == nullptr ? Value() : now->value) != vocabulary_.value(effect.argument)) {
    return contradiction();
  }
  if (effect.f == verb::remove) {
    keys_.erase(effect.key);
  } else {
    keys_[effect.key] = {.value = vocabulary_.value(effect.f == verb::cas ? effect.second : effect.argument),
                         .modified = revision};
  }
  return true;
}

// Whether what it answered is what the store holds.
bool RevisionOrder::observe(const Observer& observer) {
  const Held* now = held(observer.effect->key);
  const Value value = now == nullptr ? Value() : now->value;
  if (observer.effect->f == verb::remove) return now == nullptr;
  if (observer.effect->f == verb::cas) return value != vocabulary_.value(observer.effect->argument);
  if (observer.answer.value != nullptr && *observer.answer.value != value) return false;
  const std::int64_t modified = observer.answer.mod_revision;
  return modified == AnsweredRevisions::unsaid || modified == (now == nullptr ? 0 : now->modified);
}

}  // namespace

OrderResult revision_order(const OrderQuestion& question) {
  return RevisionOrder(question).run();
}

}  // namespace ordeal::checker
