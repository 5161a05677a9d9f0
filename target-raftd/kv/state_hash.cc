#include "target-raftd/kv/state_hash.h"

namespace raftd::kv {
namespace {

// A hash of our own, because std::hash differs between libraries: FNV-1a over the bytes, then the finishing steps of
// SplitMix64, so that every bit of the input reaches every bit of the exclusive or.
class Hash {
 public:
  void integer(std::uint64_t value) {
    for (int i = 0; i < 8; ++i) {
      byte(static_cast<unsigned char>(value >> (8 * i)));
    }
  }

  void bytes(std::string_view value) {
    integer(value.size());
    for (const char c : value) {
      byte(static_cast<unsigned char>(c));
    }
  }

  std::uint64_t finish() const {
    std::uint64_t h = state_;
    h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9;
    h = (h ^ (h >> 27)) * 0x94d049bb133111eb;
    return h ^ (h >> 31);
  }

 private:
  void byte(unsigned char value) { state_ = (state_ ^ value) * 0x100000001b3; }

  std::uint64_t state_ = 0xcbf29ce484222325;
};

enum Kind : std::uint64_t { key_kind = 1, session_kind = 2, numbers_kind = 3 };

}  // namespace

std::uint64_t hash_of(std::string_view key, const Value& value) {
  Hash hash;
  hash.integer(key_kind);
  hash.bytes(key);
  hash.bytes(value.value);
  hash.integer(value.created);
  hash.integer(value.modified);
  hash.integer(value.version);
  return hash.finish();
}

std::uint64_t hash_of(std::string_view name, const Session& session) {
  Hash hash;
  hash.integer(session_kind);
  hash.bytes(name);
  hash.integer(session.serial);
  hash.bytes(encode(session.result));
  hash.integer(session.used_index);
  return hash.finish();
}

std::uint64_t hash_of_numbers(std::uint64_t revision, std::uint64_t incarnation) {
  Hash hash;
  hash.integer(numbers_kind);
  hash.integer(revision);
  hash.integer(incarnation);
  return hash.finish();
}

}  // namespace raftd::kv
