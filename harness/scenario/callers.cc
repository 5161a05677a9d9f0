#include "harness/scenario/callers.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <cassert>
#include <future>
#include <map>
#include <set>
#include <thread>
#include <tuple>

#include "harness/run/recorded_client.h"

namespace ordeal::harness {
namespace {

namespace asio = boost::asio;
using checker::Event;
using checker::EventType;
using checker::Process;

// A client's connections: to one node, in one read mode, for numbers of one length, with the nodes for retries.
using ConnectionKey = std::tuple<std::string, std::string, std::string, std::uint64_t, std::vector<std::string>>;

}  // namespace

struct Callers::State {
  struct Underway {
    std::string by;
    std::future<Event> completion;
  };

  State(ClientSpec how, Recorder& written_to) : spec(std::move(how)), recorder(written_to) {}

  std::unique_ptr<Client> connect(const Call& call, const Endpoint& at, const std::vector<Endpoint>& retry_at) {
    ClientOptions options{
        .client = spec, .node = at.node, .address = at.address, .read_mode = call.read_mode, .value_bytes = call.bytes};
    for (const Endpoint& other : retry_at) options.retry_at.push_back(other.address);
    return make_client(options, io);
  }

  // Arguments are copies: the coroutine outlives the step.
  asio::awaitable<Event> recorded(Process process, Call call, Endpoint at, std::vector<Endpoint> retry_at) {
    ConnectionKey key{call.by, at.node, call.read_mode, call.bytes, call.retry_at};
    auto found = clients.find(key);
    if (found == clients.end()) {
      found = clients.emplace(key, RecordedClient(at.node, connect(call, at, retry_at), recorder)).first;
    }
    const workloads::Operation operation{.f = call.f, .key = call.key, .value = call.value};
    co_return co_await found->second.invoke(process, operation, call.timeout);
  }

  asio::awaitable<Event> unrecorded(Call call, Endpoint at) {
    const std::unique_ptr<Client> client = connect(call, at, {});
    const workloads::Operation operation{.f = call.f, .key = call.key, .value = call.value};
    Outcome outcome = co_await client->invoke(operation, call.timeout);
    Event event;
    event.type = outcome.type;
    event.f = call.f;
    event.value = std::move(outcome.value);
    event.error = std::move(outcome.error);
    co_return event;
  }

  const ClientSpec spec;
  Recorder& recorder;
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  std::map<ConnectionKey, RecordedClient> clients;  // of the loop's thread

  std::map<std::string, Process> processes;
  Process next_process = 0;
  std::set<std::string> keys;
  std::map<std::string, Underway> underway;
  std::thread thread;
};

Callers::Callers(const ClientSpec& client, Recorder& recorder) : state_(std::make_unique<State>(client, recorder)) {
  state_->thread = std::thread([state = state_.get()] { state->io.run(); });
}

Callers::~Callers() {
  state_->work.reset();
  state_->thread.join();
}

void Callers::send(const std::string& as, const Call& call, const Endpoint& at, const std::vector<Endpoint>& retry_at) {
  State& state = *state_;
  assert(!state.underway.contains(as));
  std::future<Event> completion;
  if (call.read_mode == "local") {
    completion = asio::co_spawn(state.io, state.unrecorded(call, at), asio::use_future);
  } else {
    const auto [process, is_new] = state.processes.emplace(call.by, state.next_process);
    if (is_new) ++state.next_process;
    state.keys.insert(call.key);
    completion = asio::co_spawn(state.io, state.recorded(process->second, call, at, retry_at), asio::use_future);
  }
  state.underway.emplace(as, State::Underway{.by = call.by, .completion = std::move(completion)});
}

Event Callers::answer(const std::string& as) {
  State& state = *state_;
  const auto found = state.underway.find(as);
  assert(found != state.underway.end());
  State::Underway call = std::move(found->second);
  state.underway.erase(found);
  Event completion = call.completion.get();
  if (completion.type == EventType::info) state.processes.erase(call.by);  // its number is never used again
  return completion;
}

void Callers::await_all() {
  while (!state_->underway.empty()) answer(state_->underway.begin()->first);
}

std::vector<std::string> Callers::keys() const {
  return {state_->keys.begin(), state_->keys.end()};
}

Process Callers::next_process() const {
  return state_->next_process;
}

}  // namespace ordeal::harness
