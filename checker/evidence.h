// The events that prove a violation, picked out of the history that holds them. Pure; any thread.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "checker/event.h"
#include "checker/verdict.h"

namespace ordeal::checker {

// What an online check keeps of an operation: where its two events stand.
struct OperationPlace {
  static constexpr std::uint64_t nowhere = UINT64_MAX;

  std::uint64_t call = nowhere;        // index of the call
  std::uint64_t completion = nowhere;  // index of the return; nowhere: none yet
  bool operator==(const OperationPlace&) const = default;
};

// A witness made of the events of `operations`, in the order of the history; `culprit` is the one that cannot be.
Witness witness_of(const History& history, const std::optional<std::string>& key, OperationPlace culprit,
                   std::vector<OperationPlace> operations, std::string explanation);

}  // namespace ordeal::checker
