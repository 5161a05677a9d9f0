// A history as EDN, one map a line, as Jepsen's tools (Knossos, Elle) take it.  Pure; any thread.
//
//   {:index 12, :time 1250034100, :process 3, :type :invoke, :f :write, :value ["7" 41], :independent true, :node "n2"}
//
// The value of an event with a key is Jepsen's independent tuple [key value], and :independent says so to our own
// reader: in EDN it cannot be told from a list of two. Fields without a value are left out, but :value is always there.
// A transaction ("txn") keeps its micro-operations, their functions as keywords: [[:r "x" nil] [:w "y" 2]]. A number
// that is not finite becomes nil.

#pragma once

#include <string>

#include "checker/event.h"

namespace ordeal::checker {

std::string write_edn_line(const Event& event);  // without the newline

}  // namespace ordeal::checker
