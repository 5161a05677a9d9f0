// Judges while the run goes on, so that the end has less suspense and a violation ends the load early: registers, sets,
// counters and what the nodes say of themselves event by event. A register that cannot be judged so (a value was
// written twice) is searched when it has retired, or left to the judge at the end when it was too long to be kept. Owns
// one thread of low priority. The functions may be called from any thread.
//
// It reads the history from the file, behind the recorder, as fast as it can. However far it falls behind, what it
// holds does not grow: a piece of the file, the events of the keys that are not done (of too long a key: none of them),
// and what the checks of single events keep.
//
// Sound without knowing the future: a history that is not linearizable stays so, whatever follows. The verdict that
// counts is still the one at the end, over the whole history (judge.h); a disagreement would be a bug of ordeal.

#pragma once

#include <cstddef>
#include <exception>
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
  std::size_t most_events = 1'000'000;  // of keys that are not done, held at once
};

class OnlineCheck {
 public:
  OnlineCheck(const Recorder& recorder, OnlineOptions options);
  ~OnlineCheck();  // abandons what is not judged yet
  OnlineCheck(const OnlineCheck&) = delete;
  OnlineCheck& operator=(const OnlineCheck&) = delete;

  // Looks at what was recorded since the last call. These keys have no open operation and will get none.
  void look(std::vector<std::string> retired_keys);

  bool judges_operations() const;  // else only what the nodes say of themselves
  std::size_t checked() const;     // operations judged so far
  std::optional<checker::Finding> violation() const;
  // Why it judges no further: the file cannot be read. Null while all is well.
  std::exception_ptr failure() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ordeal::harness
