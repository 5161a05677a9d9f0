// A store of keys whose every change has a number: its revision, as in etcd, ZooKeeper's zxid or Consul's index.
// Pure; any thread.
//
//   put v              -> {"revision": 7}     the store's revision after it: one more than before
//   delete             -> {"revision": 8}     one more if the key was there, else as it was
//   cas [v, w]         -> {"revision": 9}     as put, when the key holds v; a failed one may carry the revision, too
//   get                -> {"value": w, "mod_revision": 9, "revision": 12}
//                         what the key holds (nil: nothing), the revision of the change that put it there (0: nothing
//                         did), and the store's revision at that moment
// read and write are other names of get and put. What an answer leaves out is not held against anything. An answer to a
// change that is no map says nothing. The keys hang together, as they share the revision; so all of the store's clients
// must be in the history.

#pragma once

#include <cstdint>
#include <optional>

#include "checker/models/model.h"

namespace ordeal::checker {

// The state: [revision, {key: [value, mod_revision]}].
Value kv_revisions_initial(const Value& asked);  // nil or the first revision; nil stands for 1, etcd's
Effect kv_revisions_effect(const CompactOperation& operation, const Vocabulary& vocabulary);
std::optional<Value> kv_revisions_step(const Value& state, const FullEffect& effect);
std::string kv_revisions_state_text(const Value& state);

struct AnsweredRevisions {
  static constexpr std::int64_t unsaid = -1;

  std::int64_t revision = unsaid, mod_revision = unsaid;
  const Value* value = nullptr;  // into the answer; nullptr: unsaid
};
AnsweredRevisions answered_revisions(const Value& answer);

}  // namespace ordeal::checker
