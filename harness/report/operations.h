// A history as operations: each call with its return. Pure; any thread.
//
// Reports must be able to show any history, also one that the checker refuses; so nothing here throws. A return without
// a call stands alone, and a call whose process calls again before it returned stays open.

#pragma once

#include <string>
#include <vector>

#include "checker/event.h"

namespace ordeal::harness {

struct PairedOperation {                       // points into the history
  const checker::Event* call = nullptr;        // at least one of the two is there
  const checker::Event* completion = nullptr;  // nullptr: it never returned

  const checker::Event& first() const { return call != nullptr ? *call : *completion; }
  // The outcome; an operation that never returned is info.
  checker::EventType outcome() const { return completion != nullptr ? completion->type : checker::EventType::info; }
};

// In the order of the calls. The nemesis' events are left out.
std::vector<PairedOperation> pair_operations(const checker::History& history);

std::string value_text(const checker::Value& value);         // "41", "nil", "[1, 2]", "\"a b\""; long ones are cut
std::string call_text(const PairedOperation& operation);     // "read", "write 41", "cas 1 to 2"
std::string outcome_text(const PairedOperation& operation);  // "ok", "41" (of a read), "fail: timeout", "no return"
std::string process_text(checker::Process process);          // "process 3", "nemesis"

}  // namespace ordeal::harness
