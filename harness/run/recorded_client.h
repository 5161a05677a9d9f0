// A client whose operations are all in the history: the call before its first byte leaves, the return after the last
// one arrived. Used only by the thread that runs its io_context.

#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "checker/event.h"
#include "harness/clients/client.h"
#include "harness/run/recorder.h"

namespace ordeal::harness {

class RecordedClient {
 public:
  RecordedClient(std::string node, std::unique_ptr<Client> client, Recorder& recorder);

  // Gives the return as it was recorded. Throws what the recorder throws. `operation` must live until then.
  boost::asio::awaitable<checker::Event> invoke(checker::Process process, const workloads::Operation& operation,
                                                std::chrono::nanoseconds timeout);

 private:
  std::string node_;
  std::unique_ptr<Client> client_;
  Recorder& recorder_;
};

// Did the node refuse or fail to serve? Whoever asks it again pauses first: a dead node answers at once, and would fill
// the history with a million failures otherwise. A cas that did not match was served.
bool was_not_served(const checker::Event& completion);
inline constexpr std::chrono::milliseconds pause_when_not_served{30};

}  // namespace ordeal::harness
