#include "target-raftd/kv/store.h"

#include <cassert>
#include <charconv>
#include <utility>

#include "target-raftd/kv/store_state.h"

namespace raftd::kv {
namespace {

std::optional<std::int64_t> as_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || stop != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

struct Holds {
  const Value* held;  // nullptr: absent

  bool operator()(const Compare::Holds& to) const { return held != nullptr && held->value == to.value; }
  bool operator()(const Compare::Absent&) const { return held == nullptr; }
  bool operator()(const Compare::Modified& to) const { return (held == nullptr ? 0 : held->modified) == to.revision; }
  bool operator()(const Compare::Version& to) const { return (held == nullptr ? 0 : held->version) == to.version; }
};

}  // namespace

void Store::State::write(std::uint64_t index, std::string_view key, std::string value) {
  Value next{.value = std::move(value), .created = index, .modified = index, .version = 1};
  if (const Value* held = keys.find(key)) {
    next.created = held->created;
    next.version = held->version + 1;
    hash ^= hash_of(key, *held);
  }
  hash ^= hash_of(key, next);
  keys.write(key, std::move(next));
  revision = index;
}

bool Store::State::erase(std::uint64_t index, std::string_view key) {
  const Value* held = keys.find(key);
  if (held == nullptr) {
    return false;
  }
  hash ^= hash_of(key, *held);
  keys.erase(key);
  revision = index;
  return true;
}

Result Store::State::perform(std::uint64_t index, Put put) {
  write(index, put.key, std::move(put.value));
  return {.code = Code::done, .index = index};
}

Result Store::State::perform(std::uint64_t index, Delete del) {
  erase(index, del.key);
  return {.code = Code::done, .index = index};
}

Result Store::State::perform(std::uint64_t index, CompareAndSet cas) {
  const Value* held = keys.find(cas.key);
  const bool equal = held == nullptr ? !cas.expected : cas.expected == held->value;
  if (!equal) {
    return {.code = Code::mismatch, .index = index, .actual = held ? std::optional(held->value) : std::nullopt};
  }
  write(index, cas.key, std::move(cas.value));
  return {.code = Code::done, .index = index};
}

Result Store::State::perform(std::uint64_t index, Add add) {
  const Value* held = keys.find(add.key);
  const std::optional<std::int64_t> number = held ? as_number(held->value) : std::optional<std::int64_t>(0);
  std::int64_t sum = 0;
  if (!number || __builtin_add_overflow(*number, add.delta, &sum)) {
    return {.code = Code::not_a_number, .index = index, .actual = held ? std::optional(held->value) : std::nullopt};
  }
  write(index, add.key, std::to_string(sum));
  return {.code = Code::done, .index = index, .sum = sum};
}

Result Store::State::perform(std::uint64_t index, Txn txn) {
  TxnResult answer{.succeeded = true, .operations = {}};
  for (const Compare& compare : txn.compares) {
    answer.succeeded = answer.succeeded && std::visit(Holds{keys.find(compare.key)}, compare.to);
  }
  for (Txn::Operation& operation : answer.succeeded ? txn.then : txn.otherwise) {
    answer.operations.emplace_back();
    if (auto* put = std::get_if<Put>(&operation)) {
      write(index, put->key, std::move(put->value));
    } else if (const auto* del = std::get_if<Delete>(&operation)) {
      erase(index, del->key);
    } else if (const Value* held = keys.find(std::get<Get>(operation).key)) {
      answer.operations.back() = *held;
    }
  }
  return {.code = Code::done, .index = index, .txn = std::move(answer)};
}

Result Store::State::perform(std::uint64_t index, Identify identify) {
  if (incarnation == 0) {
    incarnation = identify.incarnation;
  }
  if (incarnation != identify.incarnation) {
    return {.code = Code::mismatch, .index = index, .actual = std::to_string(incarnation)};
  }
  return {.code = Code::done, .index = index};
}

void Store::State::remember(std::string_view name, Session session) {
  const Session* known = sessions.find(name);
  if (known != nullptr) {
    hash ^= hash_of(name, *known);
    auto place = order_of_use.extract(known->used_index);
    place.key() = session.used_index;
    order_of_use.insert(std::move(place));
  } else {
    order_of_use.emplace(session.used_index, name);
  }
  hash ^= hash_of(name, session);
  sessions.write(name, std::move(session));
}

// A command of a session counts as its use, a retry too: the client is alive.
Result Store::State::perform_once(std::uint64_t index, SessionSerial id, Action action) {
  const Session* known = sessions.find(id.session);
  if (known == nullptr && id.serial != 1) {
    return {.code = Code::unknown_session, .index = index};
  }
  Session session = known == nullptr ? Session{} : *known;
  session.used_index = index;
  Result result;
  if (id.serial < session.serial) {
    result = {.code = Code::stale_serial, .index = index};
  } else if (id.serial == session.serial) {
    result = session.result;
  } else {
    session.serial = id.serial;
    result = session.result = std::visit([&](auto& one) { return perform(index, std::move(one)); }, action);
  }
  remember(id.session, std::move(session));
  return result;
}

// The least recently used sessions go. The order of use follows from the log alone, so all servers drop the same.
void Store::State::expire_sessions() {
  while (sessions.size() > limits.sessions) {
    const std::string& name = order_of_use.begin()->second;
    hash ^= hash_of(name, *sessions.find(name));
    sessions.erase(name);
    order_of_use.erase(order_of_use.begin());
  }
}

Store::Store(Limits limits) : state_(std::make_unique<State>()) {
  state_->limits = limits;
}
Store::Store(std::unique_ptr<State> state) : state_(std::move(state)) {}
Store::~Store() = default;
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;

Result Store::apply(std::uint64_t index, Command command) {
  assert(!command.session || !std::holds_alternative<Identify>(command.action));
  if (!command.session) {
    return std::visit([&](auto& one) { return state_->perform(index, std::move(one)); }, command.action);
  }
  Result result = state_->perform_once(index, std::move(*command.session), std::move(command.action));
  state_->expire_sessions();
  return result;
}

std::optional<Value> Store::get(std::string_view key) const {
  const Value* held = state_->keys.find(key);
  return held == nullptr ? std::nullopt : std::optional(*held);
}

std::size_t Store::size() const {
  return state_->keys.size();
}
std::size_t Store::session_count() const {
  return state_->sessions.size();
}
std::uint64_t Store::revision() const {
  return state_->revision;
}
std::uint64_t Store::incarnation() const {
  return state_->incarnation;
}
std::uint64_t Store::state_hash() const {
  return state_->whole_hash();
}

}  // namespace raftd::kv
