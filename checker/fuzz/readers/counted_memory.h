// How much memory a piece of work held at most.  For one thread; only in the fuzzers, whose operator new it replaces.

#pragma once

#include <cstddef>

namespace ordeal::checker {

class CountedMemory {
 public:
  CountedMemory();           // from now on
  std::size_t most() const;  // bytes at once, beyond those of the begin
 private:
  std::size_t at_begin_;
};

// Kills the process when reading `input` bytes held more than a reader may: its buffers and words, and so much for
// each byte as the densest text asks for (two bytes of "1," are a Value, in a vector that has just grown).
void expect_modest(const CountedMemory& memory, std::size_t input);

}  // namespace ordeal::checker
