// A conversation with an adapter, line by line, on the calling thread: for its conformance test.

#pragma once

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "harness/clients/adapter_program.h"
#include "harness/clients/adapter_protocol.h"

namespace ordeal::harness {

// What an adapter did and must not; what() is a sentence about it.
class BrokenPromise : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class AdapterDialogue {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // Starts the adapter and hears its introduction. Throws AdapterError, BrokenPromise.
  explicit AdapterDialogue(const std::vector<std::string>& command);

  const AdapterAbilities& abilities() const { return abilities_; }
  // Throws BrokenPromise when it has ended, or does not read for five seconds.
  void write(std::string_view lines);
  // The next line; nullopt: none until then. Throws BrokenPromise when it has ended.
  std::optional<std::string> read(Time until);
  // The next answer. Throws BrokenPromise also for a line that is none.
  std::optional<AdapterAnswer> answer(Time until);
  // Closes its standard input. Whether it ends within the time.
  bool ends_within(std::chrono::milliseconds within);

 private:
  [[noreturn]] void ended();

  OwnedDescriptor errors_;  // a file in memory
  AdapterProgram program_;
  OwnedDescriptor input_, output_;
  std::string received_;
  AdapterAbilities abilities_;
};

}  // namespace ordeal::harness
