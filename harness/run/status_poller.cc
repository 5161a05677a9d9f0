#include "harness/run/status_poller.h"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "checker/status/status_check.h"
#include "harness/clients/http_connection.h"

namespace ordeal::harness {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds interval{150};
constexpr std::chrono::milliseconds answer_within{1000};

// A node is asked and named by one coroutine.
struct Asked {
  Endpoint endpoint;
  HttpConnection connection;
  asio::steady_timer timer;

  Asked(const Endpoint& node, asio::io_context& io) : endpoint(node), connection(node.address, io), timer(io) {}
};

void add_text(checker::Map& map, const char* name, const boost::json::object& answer, const char* field) {
  const boost::json::value* value = answer.if_contains(field);
  if (value != nullptr && value->is_string()) map.emplace_back(name, std::string(value->get_string()));
}

void add_number(checker::Map& map, const char* name, const boost::json::object& answer, const char* field) {
  const boost::json::value* value = answer.if_contains(field);
  if (value == nullptr) return;
  if (value->is_int64()) map.emplace_back(name, value->get_int64());
  if (value->is_uint64()) map.emplace_back(name, static_cast<std::int64_t>(value->get_uint64()));
}

// Coroutines keep references to their arguments only.
asio::awaitable<void> ask_once(Asked& node, const HttpRequest& request, std::chrono::nanoseconds within,
                               const Recorder& clock, StatusAnswer& answer) {
  const HttpAnswer got = co_await node.connection.exchange(request, within);
  answer.time = clock.now();
  if (got.reach != Reach::answered) {
    answer.how = got.transport_error;
  } else if (got.status != 200) {
    answer.how = fmt::format("HTTP status {}", got.status);
  } else {
    answer.body = got.body;
  }
}

}  // namespace

std::vector<StatusAnswer> ask_status(const std::vector<Endpoint>& nodes, const std::string& path,
                                     std::chrono::nanoseconds within, const Recorder& clock) {
  asio::io_context io{1};
  const HttpRequest request{.method = HttpMethod::get, .target = path, .body = {}};
  std::vector<std::unique_ptr<Asked>> asked;
  std::vector<StatusAnswer> answers(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    answers[i].node = nodes[i].node;
    asked.push_back(std::make_unique<Asked>(nodes[i], io));
    asio::co_spawn(io, ask_once(*asked[i], request, within, clock, answers[i]), asio::detached);
  }
  io.run();
  return answers;
}

struct StatusPoller::State {
  State(std::string status_path, Recorder& written_to) : path(std::move(status_path)), recorder(written_to) {}

  asio::awaitable<void> ask_again_and_again(Asked& node) {
    const HttpRequest request{.method = HttpMethod::get, .target = path, .body = {}};
    while (!stopping) {
      node.timer.expires_after(interval);
      const std::int64_t life = life_of(node.endpoint.node);
      const HttpAnswer answer = co_await node.connection.exchange(request, answer_within);
      if (answer.reach == Reach::answered && answer.status == 200 && life == life_of(node.endpoint.node)) {
        if (auto event = status_event(node.endpoint.node, life, answer.body)) {
          keep(node.endpoint.node, recorder.record(std::move(*event)).time, answer.body);
        }
      }
      if (stopping) co_return;
      co_await node.timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
  }

  std::int64_t life_of(const std::string& node) {
    const std::lock_guard lock(mutex);
    return lives[node];
  }

  void keep(const std::string& node, std::chrono::nanoseconds time, const std::string& body) {
    const std::lock_guard lock(mutex);
    last[node] = {.node = node, .time = time, .body = body, .how = {}};
  }

  void begin_stop() {
    stopping = true;
    for (const auto& node : asked) node->timer.cancel();
  }

  const std::string path;
  Recorder& recorder;
  asio::io_context io{1};
  std::vector<std::unique_ptr<Asked>> asked;
  bool stopping = false;  // of the loop's thread

  std::mutex mutex;  // guards these three
  std::map<std::string, std::int64_t> lives;
  std::map<std::string, StatusAnswer> last;
  std::exception_ptr failure;

  std::thread thread;  // of the thread that calls start() and stop()
};

StatusPoller::StatusPoller(std::string path, Recorder& recorder)
    : state_(std::make_unique<State>(std::move(path), recorder)) {}

StatusPoller::~StatusPoller() {
  stop();
}

void StatusPoller::start(const std::vector<Endpoint>& nodes) {
  State& state = *state_;
  for (const Endpoint& node : nodes) state.asked.push_back(std::make_unique<Asked>(node, state.io));
  for (const auto& node : state.asked) {
    asio::co_spawn(state.io, state.ask_again_and_again(*node), [&state](std::exception_ptr reason) {
      const std::lock_guard lock(state.mutex);
      if (reason && !state.failure) state.failure = std::move(reason);
    });
  }
  state.thread = std::thread([&state] { state.io.run(); });
}

void StatusPoller::stop() {
  if (!state_->thread.joinable()) return;
  asio::post(state_->io, [state = state_.get()] { state->begin_stop(); });
  state_->thread.join();
}

void StatusPoller::node_ended(const std::string& node) {
  const std::lock_guard lock(state_->mutex);
  ++state_->lives[node];
  state_->last.erase(node);
}

std::optional<StatusAnswer> StatusPoller::last_answer(const std::string& node) const {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->last.find(node);
  return found == state_->last.end() ? std::nullopt : std::optional(found->second);
}

std::exception_ptr StatusPoller::failure() const {
  const std::lock_guard lock(state_->mutex);
  return state_->failure;
}

std::optional<checker::Event> status_event(const std::string& node, std::int64_t life, const std::string& body) {
  boost::system::error_code error;
  const boost::json::value answer = boost::json::parse(body, error);
  if (error || !answer.is_object()) return std::nullopt;
  const boost::json::object& fields = answer.get_object();
  checker::Map value{{"node", node}, {"life", life}};
  add_number(value, "server", fields, "id");
  add_text(value, "role", fields, "role");
  add_number(value, "term", fields, "term");
  add_number(value, "commit", fields, "commit_index");
  add_number(value, "applied", fields, "applied_index");
  add_text(value, "hash", fields, "state_hash");
  checker::Event event;
  event.process = checker::nemesis_process;
  event.type = checker::EventType::info;
  event.f = checker::status_observation;
  event.value = std::move(value);
  return event;
}

}  // namespace ordeal::harness
