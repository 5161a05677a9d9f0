#include "checker/fuzz/small_history.h"

#include <algorithm>

namespace ordeal::checker {
namespace {

constexpr bool appends(ModelName model) {
  return model == ModelName::kv_append || model == ModelName::list_append;
}

constexpr bool locks(ModelName model) {
  return model == ModelName::mutex || model == ModelName::owned_mutex;
}

constexpr std::uint64_t digits_appended(std::uint64_t state, std::uint64_t piece) {
  for (std::uint64_t left = piece; left > 0; left >>= 4) state <<= 4;
  return state | piece;
}

std::uint64_t owner_of(const SmallHistory& history, const SmallOperation& operation) {
  if (history.model == ModelName::mutex) return 1;
  return operation.own_name ? static_cast<std::uint64_t>(operation.process) + 1 : operation.argument;
}

std::uint64_t transact(const SmallHistory& history, const SmallOperation& operation, std::uint64_t state) {
  for (const SmallAccess& access : operation.accesses) {
    const unsigned shift = 8U * access.at;
    if (access.writes) {
      state = (state & ~(std::uint64_t{0xff} << shift)) | access.code << shift;
      continue;
    }
    const bool said = operation.outcome == EventType::ok &&
                      !(access.code == 0 && history.nil_reads_say_nothing && history.initial != 0);
    if (said && (state >> shift & 0xff) != access.code) return refused;
  }
  return state;
}

// The bytes of one key in the state of a store with revisions.
constexpr unsigned value_shift(const SmallOperation& operation) {
  return 8U + 16U * operation.at;
}

constexpr unsigned mod_revision_shift(const SmallOperation& operation) {
  return 16U + 16U * operation.at;
}

constexpr std::uint64_t byte_at(std::uint64_t state, unsigned shift) {
  return state >> shift & 0xff;
}

constexpr bool agrees(std::int64_t said, std::uint64_t is) {
  return said == SmallOperation::unsaid || said == static_cast<std::int64_t>(is);
}

std::uint64_t revise(const SmallOperation& operation, std::uint64_t state) {
  const std::uint64_t held = byte_at(state, value_shift(operation));
  const std::uint64_t modified = byte_at(state, mod_revision_shift(operation));
  const bool failed = operation.outcome == EventType::fail;
  if (operation.kind == SmallKind::cas && (held == operation.argument) == failed) return refused;
  const bool reads = operation.kind == SmallKind::read || failed;
  const bool changes = !reads && (operation.kind != SmallKind::remove || modified != 0);
  const std::uint64_t revision = (state & 0xff) + (changes ? 1 : 0);
  if (operation.outcome != EventType::info) {
    if (!agrees(operation.revision, revision)) return refused;
    if (operation.kind == SmallKind::read && operation.result != held) return refused;
    if (operation.kind == SmallKind::read && !agrees(operation.mod_revision, modified)) return refused;
  }
  if (!changes) return state;
  const bool removes = operation.kind == SmallKind::remove;
  const std::uint64_t next = removes ? 0 : operation.kind == SmallKind::cas ? operation.second : operation.argument;
  const std::uint64_t others = state & ~(std::uint64_t{0xffff} << value_shift(operation)) & ~std::uint64_t{0xff};
  return others | revision | next << value_shift(operation) | (removes ? 0 : revision) << mod_revision_shift(operation);
}

class Drawing {
 public:
  Drawing(std::mt19937_64& random, ModelName model, std::uint64_t most_operations) : random_(random) {
    out_.model = model;
    const bool nil_matters = !appends(model) && !locks(model);
    if (nil_matters) out_.nil_reads_say_nothing = draw(4) == 0;
    if (model == ModelName::multi_register) out_.nil_reads_say_nothing = draw(8) == 0;
    out_.initial = draw(2);
    if (model == ModelName::multi_register) out_.initial |= out_.initial << 8;
    if (model == ModelName::kv_revisions) {
      out_.nil_reads_say_nothing = false;
      ++out_.initial;
    }
    out_.failed_cas = static_cast<FailedCas>(draw(3));
    out_.other_names = draw(2) == 0;
    unique_ = draw(2) == 0;
    values_ = 2 + draw(3);
    truthful_ = draw(2) == 0;
    operations_ = 2 + draw(most_operations - 1);
    clients_ = 2 + draw(5);
    state_ = out_.initial;
  }

  SmallHistory run() {
    std::vector<std::size_t> open(clients_, none);
    std::vector<Process> process(clients_);
    for (std::size_t i = 0; i < clients_; ++i) process[i] = static_cast<Process>(i);
    std::uint64_t busy = 0;
    while (out_.operations.size() < operations_ || (busy > 0 && draw(12) > 0)) {
      const auto client = static_cast<std::size_t>(draw(clients_));
      if (open[client] == none) {
        if (out_.operations.size() == operations_) continue;
        open[client] = call(process[client]);
        ++busy;
        continue;
      }
      if (truthful_ && !done_[open[client]] && draw(3) > 0) {
        take_effect(open[client]);
        continue;
      }
      complete(open[client]);
      if (out_.operations[open[client]].outcome == EventType::info) process[client] += static_cast<Process>(clients_);
      open[client] = none;
      --busy;
    }
    lie();
    return std::move(out_);
  }

 private:
  static constexpr std::size_t none = ~std::size_t{0};

  std::uint64_t draw(std::uint64_t below) { return (random_() >> 32) * below >> 32; }

  // A code that is written or appended. Some texts have two letters, but not so many that a state has more digits than
  // a word holds.
  std::uint64_t fresh() {
    if (unique_) return ++next_;
    const std::uint64_t code = 1 + draw(values_);
    if (out_.model != ModelName::kv_append || longer_ == 4 || draw(4) > 0) return code;
    ++longer_;
    return code << 4 | (1 + draw(values_));
  }

  // One that somebody may have seen.
  std::uint64_t old() {
    if (draw(6) == 0) return out_.initial & 0xff;
    if (!appends(out_.model)) return unique_ ? 1 + draw(next_ + 1) : draw(values_ + 1);
    std::uint64_t code = draw(3) == 0 ? 0 : out_.initial;
    for (std::uint64_t i = draw(3); i > 0; --i) {
      code = digits_appended(code, unique_ ? 1 + draw(next_ + 1) : 1 + draw(values_));
    }
    return code;
  }

  SmallKind kind() {
    const std::uint64_t share = draw(10);
    switch (out_.model) {
      case ModelName::mutex:
      case ModelName::owned_mutex:
        return share < 5 ? SmallKind::acquire : SmallKind::release;
      case ModelName::multi_register:
        return SmallKind::transaction;
      case ModelName::list_append:
        return share < 4 ? SmallKind::read : SmallKind::append;
      case ModelName::kv_append:
        return share < 4 ? SmallKind::read : share < 9 ? SmallKind::append : SmallKind::write;
      default:
        break;
    }
    if (share < 4) return SmallKind::read;
    if (share < 7 || out_.model == ModelName::register_) return SmallKind::write;
    return (out_.model == ModelName::kv || out_.model == ModelName::kv_revisions) && share == 7 ? SmallKind::remove
                                                                                                : SmallKind::cas;
  }

  std::size_t call(Process process) {
    SmallOperation operation{.kind = kind(), .process = process};
    if (out_.model == ModelName::kv_revisions) operation.at = static_cast<std::uint8_t>(draw(2));
    if (operation.kind == SmallKind::write || operation.kind == SmallKind::append) operation.argument = fresh();
    if (operation.kind == SmallKind::cas) {
      const bool revises = out_.model == ModelName::kv_revisions;
      const std::uint64_t held = revises ? byte_at(state_, value_shift(operation)) : state_;
      operation.argument = truthful_ && draw(2) == 0 ? held : old();
      operation.second = fresh();
    }
    if (locks(out_.model)) {
      operation.own_name = draw(2) == 0;
      operation.argument = truthful_ && state_ != 0 && draw(2) == 0 ? state_ : 1 + draw(4);
    }
    if (operation.kind == SmallKind::transaction) {
      for (std::uint64_t i = 1 + draw(2); i > 0; --i) {
        SmallAccess access{.writes = draw(2) == 0, .at = static_cast<std::uint8_t>(draw(2))};
        if (access.writes) access.code = 1 + (fresh() - 1) % 200;
        operation.accesses.push_back(access);
      }
    }
    out_.operations.push_back(std::move(operation));
    done_.push_back(false);
    out_.order.push_back(static_cast<std::uint8_t>(2 * (out_.operations.size() - 1)));
    return out_.operations.size() - 1;
  }

  void take_effect(std::size_t number) {
    SmallOperation& operation = out_.operations[number];
    done_[number] = true;
    operation.outcome = EventType::ok;
    operation.result = state_;
    std::uint64_t next = state_;
    for (SmallAccess& access : operation.accesses) {  // answered as the writes before it leave it
      const unsigned shift = 8U * access.at;
      if (!access.writes) access.code = next >> shift & 0xff;
      if (access.writes) next = (next & ~(std::uint64_t{0xff} << shift)) | access.code << shift;
    }
    if (out_.model == ModelName::kv_revisions) operation.result = byte_at(state_, value_shift(operation));
    next = small_step(out_, operation, state_);
    if (next == refused) {
      operation.outcome = EventType::fail;
      operation.mismatch = operation.kind == SmallKind::cas;
      next = state_;
    }
    state_ = next;
    if (out_.model == ModelName::kv_revisions) say_revisions(operation);
  }

  // Most answers say all, some leave something out.
  void say_revisions(SmallOperation& operation) {
    if (draw(8) > 0) operation.revision = static_cast<std::int64_t>(state_ & 0xff);
    if (operation.kind != SmallKind::read || draw(4) == 0) return;
    operation.mod_revision = static_cast<std::int64_t>(byte_at(state_, mod_revision_shift(operation)));
  }

  void distort_revisions(SmallOperation& operation) {
    const auto some = [this] { return static_cast<std::int64_t>(out_.initial + draw(out_.operations.size() + 1)); };
    if (draw(2) == 0) operation.revision = some();
    if (operation.kind == SmallKind::read && draw(2) == 0) operation.mod_revision = draw(3) == 0 ? 0 : some();
  }

  void complete(std::size_t number) {
    SmallOperation& operation = out_.operations[number];
    const std::uint64_t share = draw(10);
    if (!truthful_) {
      operation.outcome = share < 7 ? EventType::ok : share < 8 ? EventType::info : EventType::fail;
      operation.mismatch = operation.outcome == EventType::fail && draw(3) > 0;
      if (operation.kind == SmallKind::read) operation.result = old();
      if (out_.model == ModelName::kv_revisions) distort_revisions(operation);
      for (SmallAccess& access : operation.accesses) {
        if (!access.writes) access.code = old();
      }
    } else if (share == 0) {
      operation.outcome = EventType::info;
    } else if (!done_[number]) {
      operation.outcome = share < 5 ? EventType::info : EventType::fail;
      operation.mismatch = false;
    }
    out_.order.push_back(static_cast<std::uint8_t>(2 * number + 1));
  }

  void lie() {
    for (std::size_t i = 0; i < out_.operations.size(); ++i) {
      SmallOperation& operation = out_.operations[i];
      const auto completion = static_cast<std::uint8_t>(2 * i + 1);
      if (std::find(out_.order.begin(), out_.order.end(), completion) == out_.order.end()) {
        operation.outcome = EventType::info;
      }
    }
    if (!truthful_ || draw(2) == 0) return;
    SmallOperation& liar = out_.operations[draw(out_.operations.size())];
    if (out_.model == ModelName::kv_revisions) distort_revisions(liar);
    if (liar.kind == SmallKind::read && draw(2) == 0) liar.result = old();
    if (liar.kind == SmallKind::cas && liar.outcome != EventType::info) {
      liar.outcome = liar.outcome == EventType::ok ? EventType::fail : EventType::ok;
      liar.mismatch = true;
    }
    for (SmallAccess& access : liar.accesses) {
      if (!access.writes) access.code = old();
    }
  }

  std::mt19937_64& random_;
  SmallHistory out_;
  std::vector<bool> done_;
  std::uint64_t operations_ = 0;
  std::uint64_t clients_ = 0;
  std::uint64_t values_ = 0;
  std::uint64_t next_ = 1;
  std::uint64_t longer_ = 0;
  std::uint64_t state_ = 0;
  bool unique_ = false;
  bool truthful_ = false;
};

}  // namespace

std::uint64_t small_step(const SmallHistory& history, const SmallOperation& operation, std::uint64_t state) {
  if (history.model == ModelName::kv_revisions) return revise(operation, state);
  switch (operation.kind) {
    case SmallKind::read:
      if (operation.outcome != EventType::ok) return state;
      if (operation.result == 0 && history.nil_reads_say_nothing && history.initial != 0) return state;
      return operation.result == state ? state : refused;
    case SmallKind::write:
      return operation.argument;
    case SmallKind::remove:
      return 0;
    case SmallKind::cas:
      if (operation.outcome == EventType::fail) return operation.argument == state ? refused : state;
      return operation.argument == state ? operation.second : refused;
    case SmallKind::append:
      return digits_appended(state, operation.argument);
    case SmallKind::acquire:
      return state == 0 ? owner_of(history, operation) : refused;
    case SmallKind::release:
      return state == owner_of(history, operation) ? 0 : refused;
    case SmallKind::transaction:
      return transact(history, operation, state);
  }
  return refused;
}

SmallHistory random_small_history(std::mt19937_64& random, ModelName model, std::uint64_t most_operations) {
  return Drawing(random, model, most_operations).run();
}

SmallHistory without(const SmallHistory& history, std::size_t operation) {
  SmallHistory out = history;
  out.operations.erase(out.operations.begin() + static_cast<std::ptrdiff_t>(operation));
  std::erase_if(out.order, [&](std::uint8_t event) { return event / 2U == operation; });
  for (std::uint8_t& event : out.order) {
    if (event / 2U > operation) event = static_cast<std::uint8_t>(event - 2);
  }
  return out;
}

}  // namespace ordeal::checker
