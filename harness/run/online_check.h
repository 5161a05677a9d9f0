// Judges while the run goes on, so that the end has less suspense and a violation ends the load early: linearizability
// of the keys that are done; sets, counters and what the nodes say of themselves event by event. Owns one thread of low
// priority. The functions may be called from any thread.
//
// Sound without knowing the future: a history that is not linearizable stays so, whatever follows. The verdict that
// counts is still the one at the end, over the whole history (judge.h); a disagreement would be a bug of ordeal.

#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "checker/linearizable.h"
#include "harness/run/recorder.h"

namespace ordeal::harness {

struct OnlineOptions {
  std::vector<std::string> checks;  // of a plan; those that need the end of the run are none of ours
  // Its time limit holds for each key by itself; a key that hits it waits for the judge at the end.
  checker::LinearizableOptions linearizable;
};

class OnlineCheck {
 public:
  OnlineCheck(const Recorder& recorder, OnlineOptions options);
  ~OnlineCheck();  // abandons what is not judged yet
  OnlineCheck(const OnlineCheck&) = delete;
  OnlineCheck& operator=(const OnlineCheck&) = delete;

  // Looks at what was recorded since the last call. These keys have no open operation and will get none.
  void look(std::vector<std::string> retired_keys);

  std::size_t checked() const;  // operations judged so far
  std::optional<checker::Finding> violation() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ordeal::harness
