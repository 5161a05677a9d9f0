// Does an adapter keep to the protocol? Tried against the adapter alone, at nodes that refuse, are silent, close, or
// talk nonsense: no target is needed. To be called in a sandbox, where the loopback is ours and everything dies with
// the harness. One thread.

#pragma once

#include <functional>
#include <string>
#include <vector>

namespace ordeal::harness {

struct AdapterTrial {
  std::string promise;  // what the adapter shall do, as a sentence
  std::string broken;   // how it did not; empty: it kept the promise
};

// Tries one promise after the other, each with a new process, and tells each result at once. When it does not even
// introduce itself nothing else is tried. Throws AdapterError when the program cannot be started.
std::vector<AdapterTrial> check_adapter(const std::vector<std::string>& command,
                                        const std::function<void(const AdapterTrial&)>& tell);

}  // namespace ordeal::harness
