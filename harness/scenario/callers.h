// The clients of a scenario: each does one operation at a time and keeps its connections. Owns one thread with one
// loop, on which all of them run. The functions belong to one thread.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "checker/event.h"
#include "harness/config/target.h"
#include "harness/run/load.h"
#include "harness/run/recorder.h"
#include "harness/scenario/scenario.h"

namespace ordeal::harness {

class Callers {
 public:
  Callers(const ClientSpec& client, Recorder& recorder);
  ~Callers();  // waits for what is under way
  Callers(const Callers&) = delete;
  Callers& operator=(const Callers&) = delete;

  // Begins an operation. `at` and `retry_at` are the nodes that its names are bound to. A local read is not recorded:
  // it may be old by contract, so it is nothing to judge.
  void send(const std::string& as, const Call& call, const Endpoint& at, const std::vector<Endpoint>& retry_at);
  // Its return, which comes within the time that Client::invoke promises. Throws what the recorder throws.
  checker::Event answer(const std::string& as);
  void await_all();  // whatever is under way

  std::vector<std::string> keys() const;  // that were used
  checker::Process next_process() const;  // the first that was never used

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ordeal::harness
