// raftd: reads the flags, starts one node and its HTTP server on one loop, and runs until a signal or a failing disk.

#include <sys/resource.h>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <exception>

#include "target-raftd/daemon/flags.h"
#include "target-raftd/daemon/http_server.h"
#include "target-raftd/daemon/node.h"

namespace raftd::daemon {
namespace {

void set_up_log(const Flags& flags) {
  auto logger = spdlog::stderr_logger_st("raftd");
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %v");
  logger->set_level(spdlog::level::from_str(flags.log_level));
  logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
}

// How many clients may be connected: half of the descriptors that this process may open, so that a flood of clients
// never takes the ones that the log and the other servers need.
std::size_t most_connections() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return std::min<std::size_t>(HttpServer::Limits().connections, limit.rlim_cur / 2);
}

HttpServer::Respond measured(RequestMetrics& metrics, std::string_view route, HttpServer::Respond respond) {
  return [&metrics, route, respond = std::move(respond),
          start = std::chrono::steady_clock::now()](const HttpResponse& response) {
    metrics.answered(route, response, std::chrono::steady_clock::now() - start);
    respond(response);
  };
}

void handle(Node& node, RequestMetrics& metrics, const HttpRequest& request, HttpServer::Respond bare_respond) {
  const Call call = parse_call(request);
  HttpServer::Respond respond = measured(metrics, route_of(call), std::move(bare_respond));
  if (const auto* write = std::get_if<WriteCall>(&call)) {
    node.write(write->command, [respond = std::move(respond)](const Answer& result) {
      const auto* failure = std::get_if<Failure>(&result);
      respond(failure != nullptr ? answer(*failure) : answer(std::get<kv::Result>(result)));
    });
  } else if (const auto* read = std::get_if<ReadCall>(&call)) {
    if (read->level == ReadLevel::local) return respond(answer(*read, node.read_local(read->key)));
    node.read(read->key, read->level, [read = *read, respond = std::move(respond)](const Answer& result) {
      const auto* failure = std::get_if<Failure>(&result);
      respond(failure != nullptr ? answer(*failure) : answer(read, std::get<Value>(result)));
    });
  } else if (const auto* change = std::get_if<ChangeCall>(&call)) {
    node.change(change->change, std::move(respond));
  } else if (const auto* transfer = std::get_if<TransferCall>(&call)) {
    node.transfer(transfer->to, std::move(respond));
  } else if (std::holds_alternative<StatusCall>(call)) {
    respond(answer(node.status()));
  } else if (std::holds_alternative<MetricsCall>(call)) {
    respond(answer(node.metrics(), metrics));
  } else {
    respond(std::get<HttpResponse>(call));
  }
}

int run(const Flags& flags) {
  boost::asio::io_context loop(1);
  int exit_code = 0;
  Node node(loop, flags, [&](const std::string& why) {
    spdlog::critical("exit: the disk failed: {}", why);
    exit_code = 1;
    loop.stop();
  });
  RequestMetrics metrics;
  HttpServer::Limits limits;
  limits.connections = most_connections();
  HttpServer http(loop, flags.client_address, limits, [&](const HttpRequest& request, HttpServer::Respond respond) {
    handle(node, metrics, request, std::move(respond));
  });
  boost::asio::signal_set signals(loop, SIGTERM, SIGINT);
  signals.async_wait([&](const boost::system::error_code& error, int signal) {
    if (error) return;
    spdlog::info("exit: {}", signal == SIGTERM ? "SIGTERM" : "SIGINT");
    loop.stop();
  });
  spdlog::info("raftd {} is server {} of {}; servers on {}, clients on {}", RAFTD_VERSION, flags.id,
               flags.cluster.size(), net::to_string(flags.cluster.at(flags.id)), net::to_string(flags.client_address));
  loop.run();
  return exit_code;
}

}  // namespace
}  // namespace raftd::daemon

int main(int count, char** arguments) {
  using namespace raftd::daemon;
  const auto flags = parse_flags(count, arguments);
  if (const auto* exit_now = std::get_if<ExitNow>(&flags)) {
    std::fputs(exit_now->text.c_str(), exit_now->code == 0 ? stdout : stderr);
    return exit_now->code;
  }
  try {
    set_up_log(std::get<Flags>(flags));
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);  // A file that may not grow fails its write, with a message, like a full disk.
    return run(std::get<Flags>(flags));
  } catch (const std::exception& error) {
    spdlog::critical("exit: {}", error.what());
    return 1;
  }
}
