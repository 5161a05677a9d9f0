// What the store answers to a command, and its encoding between servers and in snapshots. Plain values; any thread.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace raftd::kv {

// What a key holds. A revision is the index in the log of the command that made it.
struct Value {
  std::string value;
  std::uint64_t created = 0;   // revision since when the key exists without a break
  std::uint64_t modified = 0;  // revision of the last write
  std::uint64_t version = 0;   // writes since `created`, that one included: from 1
  bool operator==(const Value&) const = default;
};

enum class Code : std::uint8_t {
  done,             // applied; for a Delete also when the key was absent; for a Txn whichever branch was taken
  mismatch,         // a CompareAndSet or Identify was evaluated and found another value; nothing changed
  stale_serial,     // a later serial of that session was applied already; this one was not applied now
  unknown_session,  // serial > 1 of a session that is not (or no longer) known; not applied
  not_a_number,     // Add: the key holds no decimal 64-bit integer, or the sum would be none; nothing changed
};

struct TxnResult {
  bool succeeded = false;                        // every compare held, so `then` was taken
  std::vector<std::optional<Value>> operations;  // of the branch taken, one each: what a Get saw; nullopt: it was
                                                 // absent, or the operation was no Get
  bool operator==(const TxnResult&) const = default;
};

struct Result {
  Code code = Code::done;
  std::uint64_t index = 0;                           // at which the command was applied first; its revision
  std::optional<std::string> actual = std::nullopt;  // mismatch, not_a_number: what the key held (nullopt: absent)
  std::optional<std::int64_t> sum = std::nullopt;    // Add, done: what the key holds now
  std::optional<TxnResult> txn = std::nullopt;       // Txn, done
  bool operator==(const Result&) const = default;
};

// decode_result() answers nullopt for anything that encode() did not make.
std::string encode(const Result& result);
std::optional<Result> decode_result(std::string_view bytes);

}  // namespace raftd::kv
