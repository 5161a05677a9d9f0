#include "harness/cluster/leader_poller.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

namespace ordeal::harness {

namespace {

constexpr std::chrono::milliseconds kInterval{150};
constexpr std::chrono::milliseconds kAnswerWithin{300};

// leader, "leader", true, 7: what a person would write into the target's YAML.
std::string as_text(const boost::json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : boost::json::serialize(value);
}

// nullptr: there is none.
const boost::json::value* field_in(const boost::json::value& answer, const std::string& name) {
  if (!name.starts_with('/')) return answer.get_object().if_contains(name);
  boost::system::error_code missing;
  return answer.find_pointer(name, missing);
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
  boost::system::error_code error;
  const boost::json::value answer = boost::json::parse(body, error);
  if (error || !answer.is_object()) return std::nullopt;
  const boost::json::value* field = field_in(answer, probe.field);
  if (field == nullptr) return std::nullopt;
  if (probe.equals_field.empty()) {
    if (as_text(*field) != probe.equals) return std::nullopt;
  } else {
    const boost::json::value* other = field_in(answer, probe.equals_field);
    if (other == nullptr || *field != *other) return std::nullopt;
  }
  std::uint64_t term = 0;
  if (const boost::json::value* value = field_in(answer, probe.term_field)) {
    const std::string text = as_text(*value);  // some systems write large numbers as strings
    std::from_chars(text.data(), text.data() + text.size(), term);
  }
  return term;
}

void LeaderPoller::follow(boost::asio::io_context& loop, const nemesis::Node& node, const ProbeUrl& url) {
  boost::asio::co_spawn(loop, ask_forever(node, url), boost::asio::detached);
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

boost::asio::awaitable<void> LeaderPoller::ask_forever(nemesis::Node node, ProbeUrl url) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  while (true) {
    timer.expires_after(kInterval);
    const int life = life_of(node);
    const ProbeAnswer answer = co_await ask(url, kAnswerWithin);
    judge(node, life, answer);
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
void LeaderPoller::judge(const nemesis::Node& node, int asked_in_life, const ProbeAnswer& answer) {
  const std::optional<std::uint64_t> term = answer.status == 200 ? claimed_term(probe_, answer.body) : std::nullopt;
  const std::lock_guard lock(mutex_);
  if (lives_[node] != asked_in_life) return;
  if (term)
    claims_.heard(node, *term, std::chrono::steady_clock::now());
  else if (answer.status != 0 || answer.refused)
    claims_.withdraw(node);
}

}  // namespace ordeal::harness
