// How many operations a second can the load record? Against a stub in the same program, so that the clients, the loop
// and the recorder are what is measured; beside it the same clients on a bare loop, without generator and recorder.
//
//   load-bench [seconds=5] [clients=16] [folder=.]

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "harness/clients/client.h"
#include "harness/run/load.h"
#include "harness/run/recorder.h"
#include "harness/run/testing/register_stub.h"
#include "workloads/workload.h"

namespace ordeal::harness {
namespace {

using Clock = std::chrono::steady_clock;

struct Measure {
  std::chrono::seconds duration{5};
  int clients = 16;
  std::filesystem::path folder = ".";
};

double per_second(std::uint64_t operations, Clock::time_point began) {
  return static_cast<double>(operations) / std::chrono::duration<double>(Clock::now() - began).count();
}

double recorded(const Measure& measure) {
  RegisterStub stub;
  std::filesystem::path file = measure.folder / "load-bench-history.jsonl";
  std::filesystem::remove(file);
  double rate = 0;
  {
    Recorder recorder(file);
    auto generator = workloads::make_register_generator({}, 1);
    LoadOptions options;
    options.clients = measure.clients;
    options.endpoints = {{"n1", stub.address()}};
    Load load(options, *generator, recorder);
    Clock::time_point began = Clock::now();
    load.start();
    std::this_thread::sleep_for(measure.duration);
    load.stop();
    LoadCounts counts = load.counts();
    rate = per_second(counts.ok + counts.fail + counts.info, began);
    fmt::print("recorded   {:>9.0f} operations/s  (ok {}, fail {}, info {}; {} MB of history)\n", rate, counts.ok,
               counts.fail, counts.info, std::filesystem::file_size(file) >> 20);
  }
  std::filesystem::remove(file);
  return rate;
}

boost::asio::awaitable<void> ask_until(Client& client, const workloads::Operation& operation, Clock::time_point end,
                                       std::uint64_t& operations) {
  while (Clock::now() < end) {
    Outcome outcome = co_await client.invoke(operation, std::chrono::seconds(2));
    if (outcome.type == checker::EventType::ok) ++operations;
  }
}

double bare(const Measure& measure) {
  RegisterStub stub;
  boost::asio::io_context io(1);
  std::vector<std::unique_ptr<Client>> clients;
  const workloads::Operation operation{"write", "1", 41};
  std::uint64_t operations = 0;
  Clock::time_point began = Clock::now();
  for (int i = 0; i < measure.clients; ++i) {
    clients.push_back(make_client({.address = stub.address()}, io));
    boost::asio::co_spawn(io, ask_until(*clients.back(), operation, began + measure.duration, operations),
                          boost::asio::detached);
  }
  io.run();
  double rate = per_second(operations, began);
  fmt::print("bare       {:>9.0f} operations/s\n", rate);
  return rate;
}

}  // namespace
}  // namespace ordeal::harness

int main(int argc, char** argv) {
  ordeal::harness::Measure measure;
  if (argc > 1) measure.duration = std::chrono::seconds(std::max(1, std::atoi(argv[1])));
  if (argc > 2) measure.clients = std::max(1, std::atoi(argv[2]));
  if (argc > 3) measure.folder = argv[3];
  try {
    std::vector<double> ratios;
    for (int round = 0; round < 3; ++round) {  // in turns, so that a busy machine hurts both
      const double with_recording = ordeal::harness::recorded(measure);
      ratios.push_back(with_recording / ordeal::harness::bare(measure));
    }
    std::sort(ratios.begin(), ratios.end());
    fmt::print("recorded / bare, median of {}: {:.2f}\n", ratios.size(), ratios[ratios.size() / 2]);
  } catch (const std::exception& error) {
    fmt::print(stderr, "load-bench: error: {}\n", error.what());
    return 1;
  }
}
