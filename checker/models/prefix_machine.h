// States of strings or lists that grow at their ends, without keeping them.  One thread at a time.
//
// A state that no read of the key begins with can never lead to a read that is accepted, whatever is appended; so all
// those are one state. Every other one is the begin of some read, and stands as (the first read, in lexicographic
// order, that begins with it; its length). With n reads a step takes O(log n) comparisons of what is appended, and a
// state a few words, however long it is.

#pragma once

#include <memory>

#include "checker/models/machine.h"

namespace ordeal::checker {

std::unique_ptr<Machine> prefix_machine(const MachineMaterials& materials);  // of kv-append or list-append

}  // namespace ordeal::checker
