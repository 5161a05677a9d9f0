#include "harness/run/recovery.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cassert>
#include <exception>

#include "harness/run/recorded_client.h"

namespace ordeal::harness {
namespace {

namespace asio = boost::asio;
using checker::Event;
using checker::EventType;
using checker::Process;
using Clock = std::chrono::steady_clock;

constexpr int attempts_at_a_final_read = 4;
constexpr std::size_t final_readers_per_node = 4;

RecordedClient client_of(const AskOptions& options, const Endpoint& endpoint, asio::io_context& io,
                         Recorder& recorder) {
  const ClientOptions client{
      .client = options.client, .node = endpoint.node, .address = endpoint.address, .read_mode = options.read_mode};
  return {endpoint.node, make_client(client, io), recorder};
}

asio::awaitable<void> pause(asio::steady_timer& timer) {
  timer.expires_after(pause_when_not_served);
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

// Starts tasks on one loop and runs them to their end. When one throws, the others still end in their own time (each
// request has a deadline), and the first exception is thrown on.
class Tasks {
 public:
  asio::io_context& io() { return io_; }

  void add(asio::awaitable<void> task) {
    asio::co_spawn(io_, std::move(task), [this](std::exception_ptr reason) {
      if (reason && !failure_) failure_ = std::move(reason);
    });
  }

  void run() {
    io_.run();
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  asio::io_context io_{1};
  std::exception_ptr failure_;
};

struct Bound {
  Clock::time_point began;
  std::chrono::nanoseconds within;
  std::chrono::nanoseconds timeout;  // of one request

  std::chrono::nanoseconds passed() const { return Clock::now() - began; }
};

// The last read may have had only a moment left: that it ran out of time says less than what the node answered before.
bool was_cut_short(const Event& completion, bool had_less_than_its_timeout) {
  return had_less_than_its_timeout && (completion.error == "timeout" || completion.error == "connect-timeout");
}

asio::awaitable<void> read_until_served(RecordedClient& client, Process process, const workloads::Operation& read,
                                        Bound bound, NodeRecovery& recovery) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  while (bound.passed() < bound.within) {
    std::chrono::nanoseconds remaining = bound.within - bound.passed();
    Event completion = co_await client.invoke(process, read, std::min(bound.timeout, remaining));
    ++recovery.attempts;
    if (completion.type == EventType::ok) {
      recovery.after = bound.passed();
      co_return;
    }
    if (!was_cut_short(completion, remaining < bound.timeout) || recovery.last_error.empty()) {
      recovery.last_error = completion.error;
    }
    co_await pause(timer);
  }
}

// The reads that are still to be done, shared by the readers of one loop.
struct Worklist {
  const std::vector<workloads::Operation>& reads;
  const std::function<void(std::size_t done)>& progress;
  std::size_t next = 0;
};

// One reader: a client for every node, of which it begins with its own and goes on to the next when a read fails.
struct FinalReader {
  std::vector<RecordedClient> clients;
  std::size_t at = 0;
  Process process = 0;
  std::chrono::nanoseconds timeout{0};
};

asio::awaitable<bool> read_once(FinalReader& reader, const workloads::Operation& read) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (int attempt = 0; attempt < attempts_at_a_final_read; ++attempt) {
    Event completion = co_await reader.clients[reader.at].invoke(reader.process, read, reader.timeout);
    if (completion.type == EventType::ok) co_return true;
    reader.at = (reader.at + 1) % reader.clients.size();
    co_await pause(timer);
  }
  co_return false;
}

asio::awaitable<void> read_worklist(FinalReader& reader, Worklist& worklist,
                                    std::vector<workloads::Operation>& undone) {
  while (worklist.next < worklist.reads.size()) {
    if (worklist.progress) worklist.progress(worklist.next);
    const workloads::Operation& read = worklist.reads[worklist.next++];
    bool was_read = co_await read_once(reader, read);
    if (!was_read) undone.push_back(read);
  }
}

}  // namespace

bool RecoveryReport::recovered() const {
  return std::all_of(nodes.begin(), nodes.end(), [](const NodeRecovery& node) { return node.after.has_value(); });
}

RecoveryReport await_recovery(const AskOptions& options, const workloads::Operation& read,
                              std::chrono::nanoseconds within, Recorder& recorder) {
  RecoveryReport report;
  report.next_process = options.first_process;
  Tasks tasks;
  std::vector<RecordedClient> clients;
  for (const Endpoint& endpoint : options.endpoints) {
    clients.push_back(client_of(options, endpoint, tasks.io(), recorder));
    report.nodes.push_back({endpoint.node, std::nullopt, 0, ""});
  }
  Bound bound{Clock::now(), within, options.timeout};
  for (std::size_t i = 0; i < clients.size(); ++i) {
    tasks.add(read_until_served(clients[i], report.next_process++, read, bound, report.nodes[i]));
  }
  tasks.run();
  return report;
}

FinalReads final_reads(const AskOptions& options, const std::vector<workloads::Operation>& reads, Recorder& recorder,
                       const std::function<void(std::size_t done)>& progress) {
  assert(!options.endpoints.empty());
  FinalReads result;
  result.next_process = options.first_process;
  Tasks tasks;
  Worklist worklist{reads, progress};
  std::vector<FinalReader> readers(std::min(reads.size(), options.endpoints.size() * final_readers_per_node));
  for (FinalReader& reader : readers) {
    for (const Endpoint& endpoint : options.endpoints) {
      reader.clients.push_back(client_of(options, endpoint, tasks.io(), recorder));
    }
    reader.at = static_cast<std::size_t>(&reader - readers.data()) % options.endpoints.size();
    reader.process = result.next_process++;
    reader.timeout = options.timeout;
    tasks.add(read_worklist(reader, worklist, result.undone));
  }
  tasks.run();
  return result;
}

}  // namespace ordeal::harness
