// One running adapter: a program that does operations on the target for ordeal, many at a time. It owns a thread, which
// alone touches the program; every function may be called from any thread.
//
//   call() -> a line to its standard input; a line from its standard output -> the answer of the call with that id
//
// What is wrong with it stays with it. A line that is no answer, an id that nobody asked for, a second answer: ignored,
// counted, and written into its log. A late answer is ignored as well, and no mistake. When it ends, its calls end as
// `lost` (who calls decides what that means), and it is started again. Only when it does not introduce itself, or ends
// again and again without having answered anything, the run cannot go on: failure().

#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/clients/adapter_protocol.h"

namespace ordeal::harness {

struct AdapterSpec {
  std::vector<std::string> command;  // at least the program
  std::string log;                   // file that its standard error is appended to; empty: kept in memory only
  std::chrono::milliseconds introduced_within = std::chrono::seconds(10);
};

// How a call ended.
struct AdapterReply {
  enum class Reach : std::uint8_t {
    unsent,    // no byte of it was written: certainly nothing happened
    silent,    // written, and no answer came in time
    lost,      // written, and the adapter ended before it answered
    answered,  //
  };
  Reach reach = Reach::unsent;
  AdapterAnswer answer{};  // when answered
};

class Adapter {
 public:
  explicit Adapter(AdapterSpec spec);
  ~Adapter();  // ends the program: closes its standard input, kills it when that does not help. No call may be open
  Adapter(const Adapter&) = delete;
  Adapter& operator=(const Adapter&) = delete;

  // Starts it and waits for what it says of itself. Once. Throws AdapterError: "adapter python3 x.py: ...".
  AdapterAbilities start();

  // Ends after `timeout` at the latest. `operation` must live until then. Resumes on the caller's executor.
  boost::asio::awaitable<AdapterReply> call(AdapterPlace place, const workloads::Operation& operation,
                                            std::chrono::nanoseconds timeout);

  // What a person should know of its behaviour so far, one sentence each; empty: nothing.
  std::vector<std::string> remarks() const;
  std::exception_ptr failure() const;  // an AdapterError; null: it serves, or is about to

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ordeal::harness
