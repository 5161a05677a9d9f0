#include "harness/cluster/node_question.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <re2/re2.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/process/v2/process_handle.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstring>
#include <exception>

#include "harness/cluster/child_status.h"
#include "harness/cluster/cluster_error.h"
#include "harness/cluster/launch.h"
#include "harness/cluster/printable.h"

namespace ordeal::harness {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t longest_answer = 1024 * 1024;
constexpr milliseconds silence{100};  // after which a TCP answer is complete, when the connection stays open

// --- TCP

asio::awaitable<ProbeAnswer> ask_by_tcp(Question question, milliseconds within) {
  ProbeAnswer answer;
  const ProbeUrl to = parse_probe_url("http://" + question.address);
  boost::beast::tcp_stream stream(co_await asio::this_coro::executor);
  error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  const auto deadline = steady_clock::now() + within;
  stream.expires_at(deadline);
  co_await stream.async_connect(asio::ip::tcp::endpoint(asio::ip::make_address_v4(to.address), to.port), token);
  if (!error && !question.send.empty()) co_await asio::async_write(stream, asio::buffer(question.send), token);
  std::array<char, 4096> block{};
  while (!error && !question.send.empty() && answer.body.size() < longest_answer) {
    if (!answer.body.empty()) stream.expires_at(std::min(deadline, steady_clock::now() + silence));
    const std::size_t read = co_await stream.async_read_some(asio::buffer(block), token);
    answer.body.append(block.data(), read);
  }
  if (question.send.empty() ? !error : !answer.body.empty()) {
    answer.status = 200;
    co_return answer;
  }
  answer.refused = error == asio::error::connection_refused;
  answer.error = error == boost::beast::error::timeout ? fmt::format("no answer within {} ms", within.count())
                 : answer.refused                      ? "connection refused"
                 : error == asio::error::eof           ? "closed without an answer"
                                                       : error.message();
  co_return answer;
}

// --- commands

struct Started {
  pid_t pid = 0;
  int output = -1;  // to read from
};

Started start(const NodeQuestion& question) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) throw ClusterError(fmt::format("no pipe: {}", std::strerror(errno)));
  Launch program{.executable = question.executable,
                 .arguments = {question.question.command.begin() + 1, question.question.command.end()},
                 .working_folder = question.folder,
                 .output = {pipe[1], pipe[1]},
                 .node = question.node,
                 .environment = question.environment};
  try {
    const pid_t pid = launch(program);
    ::close(pipe[1]);
    return {.pid = pid, .output = pipe[0]};
  } catch (const ClusterError&) {
    ::close(pipe[0]);
    ::close(pipe[1]);
    throw;
  }
}

asio::awaitable<ProbeAnswer> ask_by_command(const NodeQuestion& question, milliseconds within) {
  const auto executor = co_await asio::this_coro::executor;
  ProbeAnswer answer;
  const Started started = start(question);
  boost::process::v2::process_handle process(executor, started.pid);
  asio::posix::stream_descriptor output(executor, started.output);
  asio::steady_timer timer(executor, within);
  bool late = false;
  timer.async_wait([&late, &output, pid = started.pid](const error_code& cancelled) {
    if (cancelled) return;
    late = true;
    ::kill(-pid, SIGKILL);  // launch() made it the leader of a session, and so of a process group
    output.cancel();
  });
  error_code error;
  std::array<char, 4096> block{};
  while (!error && !late) {
    const std::size_t read =
        co_await output.async_read_some(asio::buffer(block), asio::redirect_error(asio::use_awaitable, error));
    if (answer.body.size() < longest_answer) answer.body.append(block.data(), read);
  }
  const int status = co_await process.async_wait(asio::redirect_error(asio::use_awaitable, error));
  if (timer.cancel() == 0 && !late) {  // its handler runs once more, and refers to this frame
    co_await asio::post(executor, asio::use_awaitable);
  }
  if (late) {
    answer.error = fmt::format("did not end within {} ms", within.count());
  } else if (status != 0) {
    answer.error = describe_status(status);
  } else {
    answer.status = 200;
  }
  const std::size_t end = answer.body.find_last_not_of('\n') + 1;
  if (answer.status == 0 && end > 0)
    answer.error += ": " + printable(std::string_view(answer.body).substr(0, end), 400);
  co_return answer;
}

}  // namespace

void require_askable(const Question& question) {
  if (question.way == Question::Way::http) parse_probe_url(question.request.url);
  if (question.way == Question::Way::tcp) parse_probe_url("http://" + question.address);
}

asio::awaitable<ProbeAnswer> ask(NodeQuestion question, milliseconds within) {
  ProbeAnswer answer;
  try {
    switch (question.question.way) {
      case Question::Way::http: {
        ProbeUrl url = parse_probe_url(question.question.request.url);
        url.method = question.question.request.method;
        url.body = question.question.request.body;
        co_return co_await ask(std::move(url), within);
      }
      case Question::Way::tcp:
        co_return co_await ask_by_tcp(question.question, within);
      case Question::Way::command:
        co_return co_await ask_by_command(question, within);
    }
  } catch (const std::exception& failure) {
    answer.error = failure.what();
  }
  co_return answer;
}

ProbeAnswer ask_and_wait(const NodeQuestion& question, milliseconds within) {
  asio::io_context loop{1};
  ProbeAnswer answer;
  asio::co_spawn(loop, ask(question, within), [&](const std::exception_ptr& reason, ProbeAnswer got) {
    if (reason) std::rethrow_exception(reason);
    answer = std::move(got);
  });
  loop.run();
  return answer;
}

std::string why_not(const ProbeAnswer& answer, int status, const std::string& matches) {
  if (answer.status == 0) return answer.error;
  const bool as_wanted = status == 0 ? answer.status >= 200 && answer.status < 300 : answer.status == status;
  if (!as_wanted) {
    return fmt::format("answered {} instead of {}: {}", answer.status, status == 0 ? "2xx" : std::to_string(status),
                       printable(answer.body, 200));
  }
  if (!matches.empty() && !re2::RE2::PartialMatch(answer.body, re2::RE2(matches, re2::RE2::Quiet))) {
    return fmt::format("answered what does not match {}: {}", matches, printable(answer.body, 200));
  }
  return "";
}

std::string as_said(const Question& question) {
  switch (question.way) {
    case Question::Way::http:
      return fmt::format("{} {}", question.request.method, question.request.url);
    case Question::Way::tcp:
      return question.send.empty()
                 ? fmt::format("connecting to {}", question.address)
                 : fmt::format("sending \"{}\" to {}", printable(question.send, 40), question.address);
    case Question::Way::command:
      return fmt::format("{}", fmt::join(question.command, " "));
  }
  return "";
}

}  // namespace ordeal::harness
