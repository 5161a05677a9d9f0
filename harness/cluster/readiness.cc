#include "harness/cluster/readiness.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>

namespace ordeal::harness {

namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;

class Readiness {
 public:
  Readiness(const std::vector<NodeProbes>& nodes, int status, std::chrono::nanoseconds within,
            const std::function<std::optional<std::string>(const nemesis::Node&)>& how_it_ended)
      : nodes_(nodes), status_(status), within_(within), how_it_ended_(how_it_ended) {}

  std::vector<Unready> run() {
    for (const NodeProbes& node : nodes_) {
      said_[node.node] = "not asked yet";
      asio::co_spawn(loop_, ask_until_ready(node), asio::detached);
    }
    loop_.run();
    return unready();
  }

 private:
  asio::awaitable<void> ask_until_ready(const NodeProbes& node) {
    constexpr std::chrono::milliseconds kAnswerWithin{1000}, kPause{20};
    asio::steady_timer timer(co_await asio::this_coro::executor);
    while (!how_it_ended_(node.node)) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - steady_clock::now());
      if (left.count() <= 0) co_return;
      const ProbeAnswer answer = co_await ask(node.ready, std::min(kAnswerWithin, left));
      const std::string why = why_not(answer, status_, node.ready_matches);
      if (why.empty()) {
        said_.erase(node.node);
        co_return;
      }
      said_[node.node] = why;
      timer.expires_after(kPause);
      boost::system::error_code ignored;
      co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    loop_.stop();
  }

  // Whether a node that was ready has ended meanwhile counts too: another program may have answered in its place.
  std::vector<Unready> unready() const {
    std::vector<Unready> all;
    for (const NodeProbes& node : nodes_)
      if (const auto how = how_it_ended_(node.node))
        all.push_back({node.node, fmt::format("ended before all nodes were ready: {}", *how)});
    if (!all.empty()) return all;
    for (const NodeProbes& node : nodes_)
      if (const auto said = said_.find(node.node); said != said_.end())
        all.push_back(
            {node.node, fmt::format("not ready after {:g} s: {}: {}", std::chrono::duration<double>(within_).count(),
                                    as_said(node.ready.question), said->second)});
    return all;
  }

  const std::vector<NodeProbes>& nodes_;
  const int status_;
  const std::chrono::nanoseconds within_;
  const std::function<std::optional<std::string>(const nemesis::Node&)>& how_it_ended_;
  const steady_clock::time_point deadline_ = steady_clock::now() + within_;
  std::map<nemesis::Node, std::string> said_;  // by the nodes that are not ready
  asio::io_context loop_{1};
};

}  // namespace

std::vector<Unready> await_readiness(
    const std::vector<NodeProbes>& nodes, int status, std::chrono::nanoseconds within,
    const std::function<std::optional<std::string>(const nemesis::Node&)>& how_it_ended) {
  return Readiness(nodes, status, within, how_it_ended).run();
}

asio::awaitable<void> ask_until_ready(NodeProbes node, int status, std::function<bool()> lives,
                                      std::function<void()> ready) {
  constexpr std::chrono::milliseconds answer_within{1000};
  const bool command = node.ready.question.way == Question::Way::command;
  asio::steady_timer timer(co_await asio::this_coro::executor);
  while (lives()) {
    const ProbeAnswer answer = co_await ask(node.ready, answer_within);
    if (why_not(answer, status, node.ready_matches).empty()) {
      ready();
      co_return;
    }
    timer.expires_after(std::chrono::milliseconds(command ? 20 : 2));
    boost::system::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

}  // namespace ordeal::harness
