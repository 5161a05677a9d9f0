// Histories of two to eight operations on one object, drawn at random for every model: what all engines are held
// against brute force on.  Pure; any thread.
//
// A state is a number here (`code`), with a meaning of its own for each model, so that the twin shares nothing with the
// models, values and effects of the checker:
//   registers       0: nil, else the integer code - 1
//   locks           0: free, else the owner (an integer) + 1
//   appends         the letters or elements, 1 to 15, as the hexadecimal digits: 0x12 is "ab" or [1, 2]
//   multi-register  of x in the lower byte and of y in the next one, each as a register's
//   kv-revisions    bytes: the revision; x, its mod_revision; y, its mod_revision

#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "checker/compact_event.h"
#include "checker/linearizable.h"

namespace ordeal::checker {

enum class SmallKind : std::uint8_t { read, write, cas, remove, append, acquire, release, transaction };

struct SmallAccess {
  bool writes = false;
  std::uint8_t at = 0;  // 0: x, 1: y
  std::uint64_t code = 0;
};

struct SmallOperation {
  static constexpr std::int64_t unsaid = -1;

  SmallKind kind = SmallKind::read;
  Process process = 0;
  EventType outcome = EventType::info;
  bool mismatch = false;
  bool own_name = false;       // of a lock: the owner is not said, so it is the process
  std::uint64_t argument = 0;  // the code that is written, appended or expected; a lock's owner
  std::uint64_t second = 0;    // the code that a cas makes
  std::uint64_t result = 0;    // the code that an ok read saw
  std::uint8_t at = 0;         // of a store with revisions: 0: x, 1: y
  std::int64_t revision = unsaid, mod_revision = unsaid;  // its answer
  std::vector<SmallAccess> accesses = {};                 // of a transaction; of reads the answer
};

struct SmallHistory {
  ModelName model = ModelName::cas_register;
  std::uint64_t initial = 0;
  FailedCas failed_cas = FailedCas::by_error;
  bool nil_reads_say_nothing = false;
  bool other_names = false;  // get and put instead of read and write, or the other way round, where a model knows both
  std::vector<SmallOperation> operations = {};
  std::vector<std::uint8_t> order = {};  // of the events: 2 * operation, + 1 for its completion
};

// Half of them are nonsense; half are what clients of a correct object see, half of these with one lie.
SmallHistory random_small_history(std::mt19937_64& random, ModelName model, std::uint64_t most_operations = 8);

// What the object does, for the generator and for the twin: the next state, or `refused`.
inline constexpr std::uint64_t refused = ~std::uint64_t{0};
std::uint64_t small_step(const SmallHistory& history, const SmallOperation& operation, std::uint64_t state);

// Without one operation; the others stay in their places.
SmallHistory without(const SmallHistory& history, std::size_t operation);

LinearizableOptions options_of(const SmallHistory& history);
void append_compact(const SmallHistory& history, Vocabulary& words, std::vector<CompactEvent>& events);
std::string json_lines(const SmallHistory& history);
std::string check_options(const SmallHistory& history);  // for `ordeal check`

}  // namespace ordeal::checker
