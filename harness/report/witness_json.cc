#include "harness/report/witness_json.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>

#include "checker/formats/json_lines.h"
#include "harness/report/escape.h"
#include "harness/report/quantities.h"
#include "harness/report/terminal_text.h"

namespace ordeal::harness {
namespace {

namespace json = boost::json;

json::value text(const std::string& words) {
  return json::value(valid_utf8(words));
}

json::value key_value(const std::optional<std::string>& key) {
  return key.has_value() ? text(*key) : json::value(nullptr);
}

json::value event_value(const checker::Event& event) {
  return json::parse(valid_utf8(checker::write_json_line(event)));
}

json::array indices(const std::vector<std::uint64_t>& events) {
  return json::array(events.begin(), events.end());
}

json::value blocks_value(const std::optional<checker::Contradiction>& blocks) {
  if (!blocks.has_value()) return nullptr;
  return json::object{{"values", {text(blocks->one), text(blocks->other)}},
                      {"operations", indices(blocks->operations)},
                      {"sentence", text(blocks->sentence)}};
}

constexpr std::size_t most_objects_in_text = 200;

}  // namespace

json::object witness_json(const checker::Witness& witness) {
  json::array states, operations;
  for (const checker::LastState& state : witness.states) {
    states.push_back(
        json::object{{"state", text(state.state)}, {"pending", text(state.pending)}, {"why_not", text(state.why_not)}});
  }
  for (const checker::Event& event : witness.operations) operations.push_back(event_value(event));
  return {
      {"key", key_value(witness.key)},
      {"culprit", witness.completion.index},
      {"prefix", json::object{{"last_event", witness.completion.index}, {"operations", witness.prefix_operations}}},
      {"operation", json::object{{"call", event_value(witness.call)}, {"completion", event_value(witness.completion)}}},
      {"explanation", text(witness.explanation)},
      {"last_configurations", std::move(states)},
      {"operations", std::move(operations)},
      {"operations_in_all", witness.operations_in_all},
      {"begins", text(witness.begins)},
      {"order", indices(witness.order)},
      {"blocks", blocks_value(witness.blocks)},
      {"confirmed", witness.confirmed.has_value() ? json::value(*witness.confirmed) : json::value(nullptr)}};
}

json::array orders_json(const std::vector<checker::ObjectOrder>& orders) {
  json::array array;
  for (const checker::ObjectOrder& order : orders) {
    array.push_back(json::object{{"key", key_value(order.key)},
                                 {"operations", order.operations},
                                 {"verified", order.verified},
                                 {"order", indices(order.calls)}});
  }
  return array;
}

std::string orders_text(const std::vector<checker::ObjectOrder>& orders) {
  std::string out;
  for (std::size_t at = 0; at < std::min(orders.size(), most_objects_in_text); ++at) {
    const checker::ObjectOrder& order = orders[at];
    const std::string name = order.key.has_value() ? "key " + elided(printable(*order.key), 40) : "the history";
    if (!order.verified) {
      out += fmt::format("{}: no order of its {} was found within the bounds; the verdict does not rest on one\n", name,
                         counted(order.operations, "operation"));
    } else if (order.words.empty()) {
      out +=
          fmt::format("{}: {} in an order that was verified by replay{}\n", name,
                      counted(order.calls.size(), "operation"), order.calls.empty() ? "" : " (all of it with --json)");
    } else {
      out += fmt::format("{}: could have happened in this order, which was verified by replay\n", name);
      for (std::size_t i = 0; i < order.words.size(); ++i) {
        out +=
            fmt::format("  {}  {}\n", right_aligned(std::to_string(i + 1), 3), elided(printable(order.words[i]), 110));
      }
    }
  }
  if (orders.size() > most_objects_in_text) {
    out += fmt::format("and {} more\n", counted(orders.size() - most_objects_in_text, "object"));
  }
  return out;
}

}  // namespace ordeal::harness
