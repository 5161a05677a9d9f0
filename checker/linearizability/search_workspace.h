// Memory for searches, kept from one to the next.  One thread at a time.

#pragma once

#include "checker/linearizability/frontier.h"
#include "checker/linearizability/outline.h"

namespace ordeal::checker {

struct SearchWorkspace {
  Outline outline;
  FrontierMemory frontier;
};

}  // namespace ordeal::checker
