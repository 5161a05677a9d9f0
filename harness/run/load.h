// The load: clients that do what a generator draws, as fast as answers come or at a given rate, each operation
// recorded.
//
// Load owns one thread with one loop; on it run every client, as a coroutine, and the generator. Nobody else may touch
// the generator between start() and the end of stop(). start() and stop() belong to one thread; the rest may be called
// from any.
//
//   client:  take a slot of the rate -> generator.next() -> record the call -> ask the node -> record the return
//            -> generator.returned() -> after info: a new process number; after a failure: a short pause

#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "checker/event.h"
#include "harness/config/target.h"
#include "harness/run/recorder.h"
#include "workloads/workload.h"

namespace ordeal::harness {

struct Endpoint {
  std::string node;     // "n1"
  std::string address;  // "10.77.0.1:8100"
  bool operator==(const Endpoint&) const = default;
};

struct LoadOptions {
  int clients = 10;
  double rate = 0;                                             // operations a second over all clients; 0: no limit
  std::chrono::nanoseconds timeout = std::chrono::seconds(2);  // of one request
  std::string read_mode = "linearizable";
  std::vector<Endpoint> endpoints;  // client i talks to endpoint i modulo their number; to the
                                    // others only to retry what is safe to repeat
  ClientSpec client{};
  checker::Process first_process = 0;  // clients start with this number and the next ones
};

struct LoadCounts {
  std::uint64_t ok = 0, fail = 0, info = 0;  // operations that returned so
  std::uint64_t open = 0;                    // calls without a return yet
  bool operator==(const LoadCounts&) const = default;
};

class Load {
 public:
  // The generator and the recorder must outlive it. Throws std::invalid_argument when an address is none.
  Load(LoadOptions options, workloads::Generator& generator, Recorder& recorder);
  ~Load();  // stops
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  void start();

  // As stop(), but returns at once. Any thread.
  void begin_stop();

  // No new operation begins; returns when the open ones have returned, which each does within the time that
  // Client::invoke (harness/clients/client.h) promises. May be called twice, and after a failure.
  void stop();

  LoadCounts counts() const;

  // Keys that get no further operation of this load and have none open, since the last call.
  std::vector<std::string> take_retired_keys();

  // The smallest process number that was never used. It grows until stop() has returned.
  checker::Process next_process() const;

  // Why the load stopped by itself (the recorder's disk is full, ...); null while all is well.
  std::exception_ptr failure() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ordeal::harness
