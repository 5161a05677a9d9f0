#include "harness/cluster/leader_poller.h"

#include <re2/re2.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/parse.hpp>
#include <charconv>

#include "harness/cluster/json_field.h"

namespace ordeal::harness {

namespace {

constexpr std::chrono::milliseconds kInterval{150};
constexpr std::chrono::milliseconds kHurriedInterval{10};
constexpr std::chrono::milliseconds kAnswerWithin{300};

// A command is a process each time, and may take a while.
constexpr std::chrono::milliseconds kCommandWithin{800};

std::uint64_t number_in(const std::string& text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::optional<std::uint64_t> matched_term(const std::string& pattern, const std::string& body) {
  const re2::RE2 expression(pattern, re2::RE2::Quiet);
  if (expression.NumberOfCapturingGroups() < 1) {
    return re2::RE2::PartialMatch(body, expression) ? std::optional<std::uint64_t>(0) : std::nullopt;
  }
  std::string term;
  if (!re2::RE2::PartialMatch(body, expression, &term)) return std::nullopt;
  return number_in(term);
}

}  // namespace

std::optional<nemesis::Node> LeaderClaims::leader(Time now) const {
  const std::pair<const nemesis::Node, Claim>* best = nullptr;
  for (const auto& entry : claims_) {
    const Claim& claim = entry.second;
    if (now - claim.at > kBelievedFor) continue;
    if (best == nullptr || std::pair(claim.term, claim.at) > std::pair(best->second.term, best->second.at))
      best = &entry;
  }
  return best == nullptr ? std::nullopt : std::optional(best->first);
}

std::optional<std::uint64_t> claimed_term(const LeaderProbe& probe, const std::string& body) {
  if (!probe.matches.empty()) return matched_term(probe.matches, body);
  boost::system::error_code error;
  const boost::json::value answer = boost::json::parse(body, error);
  if (error) return std::nullopt;
  const boost::json::value* field = field_of(answer, probe.field);
  const boost::json::value* same = probe.equals_field.empty() ? nullptr : field_of(answer, probe.equals_field);
  if (field == nullptr || (same == nullptr && !probe.equals_field.empty())) return std::nullopt;
  if (as_text(field) != (same != nullptr ? as_text(same) : probe.equals)) return std::nullopt;
  return number_in(as_text(field_of(answer, probe.term_field)));  // some systems write large numbers as strings
}

void LeaderPoller::follow(boost::asio::io_context& loop, const nemesis::Node& node, const NodeQuestion& question,
                          const LeaderProbe& probe) {
  boost::asio::co_spawn(loop, ask_forever(node, question, probe), boost::asio::detached);
}

std::optional<nemesis::Node> LeaderPoller::leader() const {
  const std::lock_guard lock(mutex_);
  return claims_.leader(std::chrono::steady_clock::now());
}

void LeaderPoller::forget(const nemesis::Node& node) {
  const std::lock_guard lock(mutex_);
  claims_.withdraw(node);
  ++lives_[node];
}

boost::asio::awaitable<void> LeaderPoller::ask_forever(nemesis::Node node, NodeQuestion question, LeaderProbe probe) {
  const auto within = question.question.way == Question::Way::command ? kCommandWithin : kAnswerWithin;
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  while (true) {
    timer.expires_after(hurried_ > 0 ? kHurriedInterval : kInterval);
    const int life = life_of(node);
    const ProbeAnswer answer = co_await ask(question, within);
    judge(node, probe, life, answer);
    boost::system::error_code ignored;
    co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
  }
}

int LeaderPoller::life_of(const nemesis::Node& node) const {
  const std::lock_guard lock(mutex_);
  const auto found = lives_.find(node);
  return found == lives_.end() ? 0 : found->second;
}

// A silent node may be slow or paused and lead nevertheless; its claim ages.
void LeaderPoller::judge(const nemesis::Node& node, const LeaderProbe& probe, int asked_in_life,
                         const ProbeAnswer& answer) {
  const std::optional<std::uint64_t> term = answer.status == 200 ? claimed_term(probe, answer.body) : std::nullopt;
  const std::lock_guard lock(mutex_);
  if (lives_[node] != asked_in_life) return;
  if (term)
    claims_.heard(node, *term, std::chrono::steady_clock::now());
  else if (answer.status != 0 || answer.refused)
    claims_.withdraw(node);
}

}  // namespace ordeal::harness
