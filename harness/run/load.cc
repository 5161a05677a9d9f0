#include "harness/run/load.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cassert>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "harness/run/recorded_client.h"

namespace ordeal::harness {
namespace {

namespace asio = boost::asio;
using checker::Event;
using checker::EventType;
using checker::Process;
using Clock = std::chrono::steady_clock;

// Slots of the rate that all clients missed by at most this long are made up for; older ones are lost, so that a stall
// is not followed by a burst.
constexpr std::chrono::milliseconds slot_credit{20};

}  // namespace

// Everything without a remark is touched by the loop's thread only, once start() was called.
struct Load::State {
  State(LoadOptions given, workloads::Generator& drawn_from, Recorder& written_to);

  asio::awaitable<void> run_client(std::size_t slot, Process process);
  asio::awaitable<void> take_slot(asio::steady_timer& timer);
  void begin_operation(const std::string& key);
  void end_operation(const Event& completion);
  void collect_retired_keys(const std::string& returned_key);
  void begin_stop();
  void fail(std::exception_ptr reason);

  const LoadOptions options;
  workloads::Generator& generator;
  Recorder& recorder;

  asio::io_context io{1};
  std::vector<RecordedClient> clients;
  std::vector<asio::steady_timer> timers;  // what a client waits for when it waits for no answer
  bool stopping = false;
  Clock::time_point next_slot;
  std::unordered_map<std::string, std::uint64_t> open_by_key;
  std::unordered_set<std::string> retired_but_open;

  std::atomic<Process> next_process;
  std::atomic<std::uint64_t> ok{0}, failed{0}, info{0}, open{0};

  mutable std::mutex mutex;  // guards these two
  std::vector<std::string> retired_keys;
  std::exception_ptr failure;

  std::thread thread;  // of the thread that calls start() and stop()
};

Load::State::State(LoadOptions given, workloads::Generator& drawn_from, Recorder& written_to)
    : options(std::move(given)),
      generator(drawn_from),
      recorder(written_to),
      next_process(options.first_process + options.clients) {
  assert(options.clients > 0 && !options.endpoints.empty());
  for (std::size_t i = 0; i < static_cast<std::size_t>(options.clients); ++i) {
    const Endpoint& endpoint = options.endpoints[i % options.endpoints.size()];
    ClientOptions client{
        .client = options.client, .node = endpoint.node, .address = endpoint.address, .read_mode = options.read_mode};
    for (std::size_t j = 1; j < options.endpoints.size(); ++j) {
      client.retry_at.push_back(options.endpoints[(i + j) % options.endpoints.size()].address);
    }
    clients.emplace_back(endpoint.node, make_client(client, io), recorder);
    timers.emplace_back(io);
  }
}

asio::awaitable<void> Load::State::run_client(std::size_t slot, Process process) {
  asio::steady_timer& timer = timers[slot];
  while (true) {
    co_await take_slot(timer);
    if (stopping) co_return;
    workloads::Operation operation = generator.next(process);
    begin_operation(operation.key);
    Event completion = co_await clients[slot].invoke(process, operation, options.timeout);
    end_operation(completion);
    if (completion.type == EventType::info) process = next_process++;
    if (was_not_served(completion) && !stopping) {
      timer.expires_after(pause_when_not_served);
      co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
  }
}

asio::awaitable<void> Load::State::take_slot(asio::steady_timer& timer) {
  if (options.rate <= 0) co_return;
  Clock::time_point now = Clock::now();
  Clock::time_point slot = std::max(next_slot, now - slot_credit);
  next_slot = slot + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / options.rate));
  if (slot <= now || stopping) co_return;
  timer.expires_at(slot);
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

void Load::State::begin_operation(const std::string& key) {
  ++open_by_key[key];
  ++open;
}

void Load::State::end_operation(const Event& completion) {
  if (completion.type == EventType::ok) ++ok;
  if (completion.type == EventType::fail) ++failed;
  if (completion.type == EventType::info) ++info;
  --open;
  generator.returned(completion);
  collect_retired_keys(*completion.key);
}

void Load::State::collect_retired_keys(const std::string& returned_key) {
  for (std::string& key : generator.take_retired_keys()) retired_but_open.insert(std::move(key));
  auto count = open_by_key.find(returned_key);
  if (--count->second == 0) open_by_key.erase(count);
  if (retired_but_open.empty()) return;
  for (auto key = retired_but_open.begin(); key != retired_but_open.end();) {
    if (open_by_key.contains(*key)) {
      ++key;
      continue;
    }
    std::lock_guard lock(mutex);
    retired_keys.push_back(*key);
    key = retired_but_open.erase(key);
  }
}

void Load::State::begin_stop() {
  stopping = true;
  for (asio::steady_timer& timer : timers) timer.cancel();
}

void Load::State::fail(std::exception_ptr reason) {
  {
    std::lock_guard lock(mutex);
    if (!failure) failure = std::move(reason);
  }
  begin_stop();
}

Load::Load(LoadOptions options, workloads::Generator& generator, Recorder& recorder)
    : state_(std::make_unique<State>(std::move(options), generator, recorder)) {}

Load::~Load() {
  stop();
}

void Load::start() {
  State& state = *state_;
  assert(!state.thread.joinable());
  state.next_slot = Clock::now();
  for (std::size_t i = 0; i < state.clients.size(); ++i) {
    asio::co_spawn(state.io, state.run_client(i, state.options.first_process + static_cast<Process>(i)),
                   [&state](std::exception_ptr reason) {
                     if (reason) state.fail(std::move(reason));
                   });
  }
  state.thread = std::thread([&state] { state.io.run(); });
}

void Load::begin_stop() {
  asio::post(state_->io, [state = state_.get()] { state->begin_stop(); });
}

void Load::stop() {
  if (!state_->thread.joinable()) return;
  begin_stop();
  state_->thread.join();
}

LoadCounts Load::counts() const {
  return {state_->ok, state_->failed, state_->info, state_->open};
}

std::vector<std::string> Load::take_retired_keys() {
  std::lock_guard lock(state_->mutex);
  return std::exchange(state_->retired_keys, {});
}

Process Load::next_process() const {
  return state_->next_process;
}

std::exception_ptr Load::failure() const {
  std::lock_guard lock(state_->mutex);
  return state_->failure;
}

}  // namespace ordeal::harness
