#include "harness/clients/adapter.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cassert>
#include <deque>
#include <future>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "harness/clients/adapter_program.h"
#include "harness/cluster/printable.h"

namespace ordeal::harness {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using asio::posix::stream_descriptor;

constexpr auto wait_for_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t longest_line = 1024 * 1024;
constexpr int most_fruitless_lives = 5;
constexpr auto pause_before_restart = 200ms;
constexpr auto ends_within = 2s;  // once its standard input is closed

OwnedDescriptor open_log(const std::string& file) {
  OwnedDescriptor log(file.empty() ? ::memfd_create("adapter.log", MFD_CLOEXEC)
                                   : ::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (log.get() < 0) throw AdapterError(fmt::format("{}: {}", file, std::strerror(errno)));
  if (file.empty()) ::fcntl(log.get(), F_SETFL, O_APPEND);
  return log;
}

}  // namespace

// Everything without a remark is touched by the loop's thread only, once start() was called.
struct Adapter::State {
  struct Call {
    std::string line;
    asio::steady_timer* answered;  // cancelled when there is a reply
    bool written = false;          // some of it may have reached the adapter
    std::optional<AdapterReply> reply;
  };

  explicit State(AdapterSpec given)
      : spec(std::move(given)),
        name(fmt::format("adapter {}", fmt::join(spec.command, " "))),
        log(open_log(spec.log)) {}

  asio::awaitable<void> live();
  asio::awaitable<AdapterAbilities> introduce();
  asio::awaitable<std::string> read_line();
  asio::awaitable<void> read_answers();
  asio::awaitable<void> write_calls();
  asio::awaitable<AdapterReply> do_call(AdapterPlace place, const workloads::Operation& operation,
                                        Clock::time_point deadline);
  void launch();
  void take(const std::string& line);
  void lose_calls();
  void end_program();
  void note(const std::string& text);
  void complain(std::uint64_t& count, const std::string& what, const std::string& line);
  void fail(std::exception_ptr reason);

  const AdapterSpec spec;
  const std::string name;
  const OwnedDescriptor log;
  asio::io_context io{1};
  std::unique_ptr<AdapterProgram> program;
  stream_descriptor input{io}, output{io};
  std::string received;  // of its standard output, not yet a line
  bool serving = false, writing = false, stopping = false;
  std::optional<AdapterAbilities> abilities;  // of its first life
  std::uint64_t answers_in_this_life = 0;
  std::int64_t next_id = 1;
  std::unordered_map<std::int64_t, Call*> open;
  std::unordered_set<std::int64_t> overdue;  // written, given up, not yet answered
  std::deque<std::int64_t> unwritten;
  std::promise<AdapterAbilities> introduced;  // of the first life

  mutable std::mutex mutex;  // guards what follows
  std::uint64_t rubbish = 0, strange = 0, twice = 0, late = 0, restarts = 0;
  std::string first_complaint;
  std::exception_ptr failure;

  std::thread thread;  // of the thread that calls start() and the destructor
};

void Adapter::State::note(const std::string& text) {
  const std::string line = "--- ordeal: " + text + "\n";
  [[maybe_unused]] const ssize_t ignored = ::write(log.get(), line.data(), line.size());  // a full disk ends no run
}

void Adapter::State::complain(std::uint64_t& count, const std::string& what, const std::string& line) {
  const std::string text = fmt::format("{}: {}", what, printable(line, 200));
  const std::lock_guard lock(mutex);
  if (first_complaint.empty()) first_complaint = text;
  if (++count <= 100) note(text);
}

void Adapter::State::fail(std::exception_ptr reason) {
  const std::lock_guard lock(mutex);
  if (!failure) failure = std::move(reason);
}

void Adapter::State::launch() {
  note(fmt::format("starting {}", name));
  program = std::make_unique<AdapterProgram>(spec.command, log.get());
  input.assign(program->release_input());
  output.assign(program->release_output());
  input.non_blocking(true);
  received.clear();
  answers_in_this_life = 0;
}

// Throws boost::system::system_error at the end of its output.
asio::awaitable<std::string> Adapter::State::read_line() {
  const std::size_t size =
      co_await asio::async_read_until(output, asio::dynamic_buffer(received, longest_line), '\n', asio::use_awaitable);
  std::string line = received.substr(0, size - 1);
  received.erase(0, size);
  co_return line;
}

asio::awaitable<AdapterAbilities> Adapter::State::introduce() {
  const std::string hello = greeting();
  co_await asio::async_write(input, asio::buffer(hello), wait_for_result);  // a failure shows when it is read from
  asio::steady_timer patience(io, spec.introduced_within);
  bool impatient = false;
  patience.async_wait([&](const boost::system::error_code& error) {
    if (error) return;
    impatient = true;
    output.cancel();
  });
  std::string line;
  bool said = true;
  try {
    line = co_await read_line();
  } catch (const boost::system::system_error&) {
    said = false;
  }
  patience.cancel();
  if (said) {
    auto parsed = parse_abilities(line);
    if (auto* known = std::get_if<AdapterAbilities>(&parsed)) co_return std::move(*known);
    throw AdapterError(fmt::format("{}: its first line does not introduce it: {}: {}", name,
                                   std::get<std::string>(parsed), printable(line, 200)));
  }
  const std::string why = impatient ? fmt::format("did not introduce itself within {} ms after ordeal's greeting",
                                                  spec.introduced_within.count())
                                    : fmt::format("ended before it introduced itself ({})", program->end());
  throw AdapterError(
      fmt::format("{}: {}; see configs/targets/adapters/README.md{}", name, why, last_lines_of(log.get())));
}

// One life after the other, until it is stopped.
asio::awaitable<void> Adapter::State::live() {
  int fruitless_lives = 0;
  while (!stopping) {
    launch();
    AdapterAbilities known = co_await introduce();
    if (!abilities) {
      abilities = known;
      introduced.set_value(known);
    } else if (known != *abilities) {
      throw AdapterError(fmt::format("{}: started again, it introduces itself otherwise than before", name));
    }
    serving = true;
    if (!writing) asio::co_spawn(io, write_calls(), [](std::exception_ptr) {});
    co_await read_answers();
    serving = false;
    if (stopping) co_return;
    const std::string how = program->await_end(100ms) ? program->end() : "it closed its standard output";
    end_program();
    lose_calls();
    note(fmt::format("the adapter ended: {}", how));
    fruitless_lives = answers_in_this_life > 0 ? 0 : fruitless_lives + 1;
    if (fruitless_lives == most_fruitless_lives) {
      throw AdapterError(fmt::format("{}: ended {} times in a row without an answer, the last time so: {}{}", name,
                                     fruitless_lives, how, last_lines_of(log.get())));
    }
    {
      const std::lock_guard lock(mutex);
      ++restarts;
    }
    asio::steady_timer pause(io, pause_before_restart);
    co_await pause.async_wait(wait_for_result);
  }
}

// Returns when its output has ended, or is too much for one line.
asio::awaitable<void> Adapter::State::read_answers() {
  try {
    while (true) take(co_await read_line());
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::not_found) note(fmt::format("a line of more than {} bytes", longest_line));
  }
}

void Adapter::State::take(const std::string& line) {
  auto parsed = parse_answer(line);
  if (const auto* wrong = std::get_if<std::string>(&parsed)) {
    return complain(rubbish, fmt::format("a line that is no answer, {}", *wrong), line);
  }
  AdapterAnswer& answer = std::get<AdapterAnswer>(parsed);
  if (answer.id <= 0 || answer.id >= next_id) return complain(strange, "an answer that nobody asked for", line);
  ++answers_in_this_life;
  if (overdue.erase(answer.id) > 0) {
    const std::lock_guard lock(mutex);
    ++late;
    return;
  }
  const auto found = open.find(answer.id);
  if (found == open.end() || found->second->reply) return complain(twice, "a second answer to one call", line);
  if (!found->second->written) return complain(strange, "an answer that nobody asked for", line);
  found->second->reply = AdapterReply{AdapterReply::Reach::answered, std::move(answer)};
  found->second->answered->cancel();
}

// Of the calls that were written nobody knows what became of them; the others wait for the next life.
void Adapter::State::lose_calls() {
  for (const auto& [id, call] : open) {
    if (!call->written || call->reply) continue;
    call->reply = AdapterReply{AdapterReply::Reach::lost, {}};
    call->answered->cancel();
  }
  overdue.clear();
}

void Adapter::State::end_program() {
  boost::system::error_code ignored;
  input.close(ignored);
  output.close(ignored);
  program.reset();
}

asio::awaitable<void> Adapter::State::write_calls() {
  writing = true;
  while (serving && !unwritten.empty()) {
    std::string lines;
    for (const std::int64_t id : std::exchange(unwritten, {})) {
      const auto found = open.find(id);
      if (found == open.end()) continue;  // its time is over
      found->second->written = true;
      lines += found->second->line;
    }
    const auto [error, size] = co_await asio::async_write(input, asio::buffer(lines), wait_for_result);
    if (error) break;  // it has ended; whoever reads from it sees that
  }
  writing = false;
}

asio::awaitable<AdapterReply> Adapter::State::do_call(AdapterPlace place, const workloads::Operation& operation,
                                                      Clock::time_point deadline) {
  const std::int64_t id = next_id++;
  asio::steady_timer answered(io, deadline);
  Call call{.line = call_line(id, place, operation, deadline - Clock::now()), .answered = &answered, .reply = {}};
  open.emplace(id, &call);
  unwritten.push_back(id);
  if (serving && !writing) asio::co_spawn(io, write_calls(), [](std::exception_ptr) {});
  co_await answered.async_wait(wait_for_result);
  open.erase(id);
  if (call.reply) co_return std::move(*call.reply);
  if (!call.written) co_return AdapterReply{AdapterReply::Reach::unsent, {}};
  overdue.insert(id);
  co_return AdapterReply{AdapterReply::Reach::silent, {}};
}

Adapter::Adapter(AdapterSpec spec) : state_(std::make_unique<State>(std::move(spec))) {
  assert(!state_->spec.command.empty());
}

Adapter::~Adapter() {
  if (!state_->thread.joinable()) return;
  asio::post(state_->io, [state = state_.get()] {
    state->stopping = true;
    boost::system::error_code ignored;
    state->input.close(ignored);
    if (state->program && !state->program->await_end(ends_within)) state->note("it did not end by itself: killed");
    state->end_program();
    state->io.stop();
  });
  state_->thread.join();
}

AdapterAbilities Adapter::start() {
  State& state = *state_;
  assert(!state.thread.joinable());
  std::future<AdapterAbilities> introduced = state.introduced.get_future();
  state.thread = std::thread([&state] {
    sigset_t broken_pipe;  // writing to an adapter that has ended is an error, not a signal
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
    const auto work = asio::make_work_guard(state.io);
    asio::co_spawn(state.io, state.live(), [&state](std::exception_ptr reason) {
      if (!reason) return;
      state.end_program();
      state.lose_calls();
      if (!state.abilities) return state.introduced.set_exception(reason);
      state.fail(std::move(reason));
    });
    state.io.run();
  });
  return introduced.get();
}

asio::awaitable<AdapterReply> Adapter::call(AdapterPlace place, const workloads::Operation& operation,
                                            std::chrono::nanoseconds timeout) {
  const auto deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(timeout);
  co_return co_await asio::co_spawn(state_->io, state_->do_call(std::move(place), operation, deadline),
                                    asio::use_awaitable);
}

std::vector<std::string> Adapter::remarks() const {
  const State& state = *state_;
  const std::lock_guard lock(state.mutex);
  std::vector<std::string> remarks;
  if (state.restarts > 0) {
    remarks.push_back(fmt::format("{}: ended by itself and was started again, {} times", state.name, state.restarts));
  }
  const std::uint64_t mistakes = state.rubbish + state.strange + state.twice;
  if (mistakes > 0) {
    remarks.push_back(
        fmt::format("{}: {} lines were ignored: {} are no answers, {} answer what nobody asked, {} answer twice; "
                    "the first was {}",
                    state.name, mistakes, state.rubbish, state.strange, state.twice, state.first_complaint));
  }
  if (state.late > 0) remarks.push_back(fmt::format("{}: {} answers came too late", state.name, state.late));
  return remarks;
}

std::exception_ptr Adapter::failure() const {
  const std::lock_guard lock(state_->mutex);
  return state_->failure;
}

}  // namespace ordeal::harness
