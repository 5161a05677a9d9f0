// The first look at the appends, puts and reads of one key, before append_order.h gets anything ready.
// Pure; any thread.
//
// Where nothing overlaps there is one order, and one pass along it decides. Else most appends take effect about in the
// order of their calls, so a text is taken apart by trying those that were called first, and nothing need be sorted or
// indexed by its value:
//
//   appends, by call:  "a" "b" "c" "d"           trying "a"
//   a read:            "bacd"                    trying "a", "b": it is "b";  "a";  "c";  "d"
//
// That guesses which operation a piece came from, as it guesses which put a read began with: the one called last that
// fits. When the blocks it found can be ordered (the theorem is in append_order.h), that is a proof all the same. When
// they cannot, or after some looks for each operation, it says nothing.

#pragma once

#include "checker/linearizability/order_result.h"

namespace ordeal::checker {

// For kv-append; of lists it says nothing.
OrderResult append_first_look(const OrderQuestion& question);

}  // namespace ordeal::checker
