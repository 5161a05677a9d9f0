// What the streaming check of registers says of a key, and what bounds it.  Plain values; any thread.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "checker/atom.h"
#include "checker/vocabulary.h"

namespace ordeal::checker {

// One key's contradiction, in the numbers of the history.
struct StreamViolation {
  enum class Kind : std::uint8_t {
    never_written,  // `value` was read, or expected by a cas, and nobody wrote it
    overwritten,    // the same, but it had been replaced for good before the operation was called
    two_values,     // operations on `value` and on `other` must each precede the other
    chain,          // `value` was read after a cas had replaced it
    two_cas,        // two cas took effect that both expect `value`
    cas_cycle,      // cas that each wait for another one's value
    failed_cas,     // it says that the value was not `value`, which nothing can have replaced
  };
  Kind kind = Kind::never_written;
  KeyId key = no_key;
  std::uint64_t event = 0;  // Event::index of the completion with which the shortest failing prefix ends
  std::uint64_t call = 0;   // and of its call
  Atom value = {}, other = Atom::absent();
  std::vector<std::uint64_t> events = {};  // of calls or completions of the operations that contradict each other
};

struct UndecidedKey {
  KeyId key = no_key;
  std::string reason;
};

struct StreamLimits {
  // After so many writes to a key at the least, its values that nobody can read any more are looked for. Of no
  // influence on the verdict.
  std::uint32_t forget_after = 12;
  // A key with more values that were seen and may still be read is undecided, as each event might cost a look at all of
  // them.
  std::uint32_t most_live = 4096;
  // What is open is looked at so often (Pairing). Of no influence on the verdict.
  std::uint64_t events_between_horizons = 0;
};

}  // namespace ordeal::checker
