// The evidence of a violation, and the order of what is valid, for programs. Pure; any thread.
//
//   {"key": "7",                                     null where the history has no keys
//    "culprit": 9,                                   index of the event where the history became impossible
//    "prefix": {"last_event": 9, "operations": 5},   the shortest impossible one
//    "operation": {"call": EVENT, "completion": EVENT},
//    "explanation": "Process 2 read 1 ...",
//    "last_configurations": [{"state": "the register could be 2", "pending": "process 7's write of 4 may still take
//                             effect", "why_not": "reading 1 is refused: it holds 2"}],   at most 5
//    "operations": [EVENT, ...],                     of those that contradict each other, in history order
//    "operations_in_all": 3,                         more than there are in `operations` when only the last are shown
//    "begins": "",                                   where they begin, if not with the initial state
//    "order": [0, 2],                                calls of all but the culprit, in an order that would be right
//    "blocks": {"values": ["1", "2"], "operations": [0, 2, 4], "sentence": "1 was there before 2: ..."},   or null
//    "confirmed": true}                              by algorithms that share nothing with the engines; null: not asked
//
// EVENT is an event as a line of history.jsonl has it. Fields may be added; none changes its meaning.

#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <vector>

#include "checker/linearizability/orders.h"
#include "checker/verdict.h"

namespace ordeal::harness {

boost::json::object witness_json(const checker::Witness& witness);

// [{"key": "7", "operations": 3, "verified": true, "order": [0, 2, 4]}]: calls, in the order in which they take effect;
// empty and not verified where none was found.
boost::json::array orders_json(const std::vector<checker::ObjectOrder>& orders);

// The same as lines for a terminal: each operation of small objects, one line for a large one.
std::string orders_text(const std::vector<checker::ObjectOrder>& orders);

}  // namespace ordeal::harness
