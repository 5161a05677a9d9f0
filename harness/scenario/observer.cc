#include "harness/scenario/observer.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <cmath>

#include "harness/cluster/leader_poller.h"
#include "harness/cluster/probe.h"
#include "harness/run/status_poller.h"

namespace ordeal::harness {
namespace {

using namespace std::chrono_literals;

constexpr auto answer_within = 500ms;

boost::asio::awaitable<void> ask_into(NodeQuestion question, ProbeAnswer& answer) {
  answer = co_await ask(std::move(question), answer_within);
}

}  // namespace

std::map<std::string, NodeView> Observer::look(const std::set<std::string>& nodes, bool status, bool metrics) const {
  std::vector<Endpoint> endpoints;
  std::map<std::string, NodeView> views;
  for (const std::string& node : nodes) endpoints.push_back({.node = node, .address = cluster_.endpoint(node)});
  const auto ask_for = [&](const std::string& path, auto take) {
    for (const StatusAnswer& answer : ask_status(endpoints, path, answer_within, clock_)) {
      NodeView& view = views[answer.node];
      if (answer.body.empty()) view.silent = answer.how.empty() ? "an empty answer" : answer.how;
      if (!answer.body.empty()) take(answer.body, view);
    }
  };
  if (status) {
    ask_for(target_.status_path, [](const std::string& body, NodeView& view) {
      if (auto fields = status_fields(body)) view.status = std::move(*fields);
    });
  }
  if (metrics) {
    ask_for(target_.metrics_path, [](const std::string& body, NodeView& view) { view.metrics = metric_sums(body); });
  }
  return views;
}

std::optional<std::string> Observer::leader(const std::set<std::string>& except) const {
  boost::asio::io_context io{1};
  std::map<std::string, ProbeAnswer> answers;
  for (const std::string& node : cluster_.nodes()) {
    if (except.contains(node) || cluster_.processes(node).empty()) continue;
    NodeQuestion question = cluster_.question(node, target_.leader->question);
    boost::asio::co_spawn(io, ask_into(std::move(question), answers[node]), boost::asio::detached);
  }
  io.run();
  std::optional<std::string> leader;
  std::uint64_t largest = 0;
  for (const auto& [node, answer] : answers) {
    LeaderProbe probe = *target_.leader;
    probe.equals = substitute(probe.equals, cluster_.variables(node));
    probe.matches = substitute(probe.matches, cluster_.variables(node));
    const auto term = claimed_term(probe, answer.body);
    if (!term || (leader && *term <= largest)) continue;
    leader = node;
    largest = *term;
  }
  return leader;
}

std::optional<std::map<std::string, Quantity>> status_fields(std::string_view body) {
  boost::system::error_code error;
  const boost::json::value answer = boost::json::parse(boost::json::string_view(body.data(), body.size()), error);
  if (error || !answer.is_object()) return std::nullopt;
  std::map<std::string, Quantity> fields;
  for (const auto& field : answer.get_object()) {
    const boost::json::value& value = field.value();
    if (value.is_object() || value.is_array()) continue;
    Quantity& quantity = fields[std::string(field.key())];
    if (value.is_string()) {
      quantity = std::string(value.get_string());
    } else if (value.is_int64()) {
      quantity = value.get_int64();
    } else {
      quantity = boost::json::serialize(value);
    }
  }
  return fields;
}

std::map<std::string, std::int64_t> metric_sums(std::string_view body) {
  std::map<std::string, double> sums;
  while (!body.empty()) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    const std::string_view line = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    const std::size_t name_end = line.find_first_of("{ ");
    const std::size_t labels_end = line.rfind('}');
    if (line.empty() || line[0] == '#' || name_end == std::string_view::npos) continue;
    std::string_view value = line.substr(labels_end == std::string_view::npos ? name_end : labels_end + 1);
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    double number = 0;
    if (std::from_chars(value.data(), value.data() + value.size(), number).ec != std::errc()) continue;
    if (std::isfinite(number)) sums[std::string(line.substr(0, name_end))] += number;
  }
  std::map<std::string, std::int64_t> metrics;
  for (const auto& [name, sum] : sums) metrics[name] = static_cast<std::int64_t>(std::floor(sum));
  return metrics;
}

}  // namespace ordeal::harness
