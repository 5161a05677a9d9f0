// The bytes of a snapshot, little-endian. Keys stand in ascending order, sessions in their order of use, so that equal
// states give equal bytes.
//
//   version u8 = 1 | revision u64 | incarnation u64
//   | keys: count u64, each: key, value (length u32, bytes each) | created u64 | modified u64 | version u64
//   | sessions: count u64, each: name (length u32, bytes) | used index u64 | serial u64 | result (length u32, bytes)
//   | state hash u64
//
// The state hash is computed anew when the state is restored, and must come out the same.

#include <algorithm>
#include <vector>

#include "target-raftd/kv/bytes.h"
#include "target-raftd/kv/store_state.h"

namespace raftd::kv {
namespace {

constexpr std::uint8_t version = 1;

template <typename Value>
struct Named {
  std::string_view name;
  const Value* value;
};

template <typename Value, typename View>
std::vector<Named<Value>> all_of(const View& view) {
  std::vector<Named<Value>> all;
  for (const auto& shard : view) {
    if (!shard) {
      continue;
    }
    for (const auto& [name, value] : *shard) {
      all.push_back({name, value.get()});
    }
  }
  return all;
}

void write_keys(Writer& out, const Keys::View& view) {
  auto keys = all_of<Value>(view);
  std::ranges::sort(keys, {}, [](const auto& one) { return one.name; });
  out.u64(keys.size());
  for (const auto& [key, value] : keys) {
    out.bytes(key);
    out.bytes(value->value);
    out.u64(value->created);
    out.u64(value->modified);
    out.u64(value->version);
  }
}

void write_sessions(Writer& out, const Sessions::View& view) {
  auto sessions = all_of<Session>(view);
  std::ranges::sort(sessions, {}, [](const auto& one) { return one.value->used_index; });
  out.u64(sessions.size());
  for (const auto& [name, session] : sessions) {
    out.bytes(name);
    out.u64(session->used_index);
    out.u64(session->serial);
    out.bytes(encode(session->result));
  }
}

// The fields of braces are read in the order in which they stand.
bool read_keys(Reader& in, Keys& keys, std::uint64_t revision, std::uint64_t& hash) {
  std::string last;
  const std::uint64_t count = in.u64();
  for (std::uint64_t n = 0; n < count && in.ok(); ++n) {
    std::string key = in.bytes();
    Value value{in.bytes(), in.u64(), in.u64(), in.u64()};
    in.require(n == 0 || last < key);
    in.require(value.created <= value.modified && value.modified <= revision && value.version > 0);
    if (!in.ok()) break;
    hash ^= hash_of(key, value);
    keys.write(key, std::move(value));
    last = std::move(key);
  }
  return in.ok();
}

}  // namespace

Frozen::Frozen(std::shared_ptr<const State> state) : state_(std::move(state)) {}

std::uint64_t Frozen::state_hash() const {
  return state_->hash;
}

Frozen Store::freeze() {
  return Frozen(std::make_shared<const Frozen::State>(Frozen::State{.keys = state_->keys.freeze(),
                                                                    .sessions = state_->sessions.freeze(),
                                                                    .revision = state_->revision,
                                                                    .incarnation = state_->incarnation,
                                                                    .hash = state_->whole_hash()}));
}

std::string encode(const Frozen& frozen) {
  const Frozen::State& state = *frozen.state_;
  Writer out;
  out.u8(version);
  out.u64(state.revision);
  out.u64(state.incarnation);
  write_keys(out, state.keys);
  write_sessions(out, state.sessions);
  out.u64(state.hash);
  return out.take();
}

std::optional<Store> Store::restore(std::string_view bytes, Limits limits) {
  auto state = std::make_unique<State>();
  state->limits = limits;
  Reader in(bytes);
  in.require(in.u8() == version);
  state->revision = in.u64();
  state->incarnation = in.u64();
  if (!read_keys(in, state->keys, state->revision, state->hash)) return std::nullopt;
  std::uint64_t last_use = 0;
  for (std::uint64_t left = in.u64(); left > 0 && in.ok(); --left) {
    const std::string name = in.bytes();
    Session session{.used_index = in.u64()};
    session.serial = in.u64();
    std::optional<Result> result = decode_result(in.take(in.u32()));
    in.require(result && session.used_index > last_use && session.serial > 0 && !state->sessions.find(name));
    if (!in.ok()) return std::nullopt;
    last_use = session.used_index;
    session.result = std::move(*result);
    state->remember(name, std::move(session));
  }
  in.require(in.u64() == state->whole_hash());
  if (!in.at_end()) return std::nullopt;
  return Store(std::move(state));
}

}  // namespace raftd::kv
