#include "harness/cluster/target_control.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cassert>
#include <utility>

#include "harness/cluster/json_field.h"
#include "harness/cluster/node_question.h"
#include "harness/cluster/printable.h"

namespace ordeal::harness {
namespace {

namespace json = boost::json;

ProbeAnswer exchange(const RequestTemplate& request, const NodeVariables& asked, const MemberVariables& about,
                     std::chrono::milliseconds within) {
  NodeQuestion question;
  question.question.request = {.method = request.method,
                               .url = substitute(request.url, asked, about),
                               .body = substitute(request.body, asked, about)};
  require_askable(question.question);
  return ask_and_wait(question, within);
}

bool is_success(int status) {
  return status >= 200 && status < 300;
}

}  // namespace

nemesis::Reply TargetControl::send(const RequestTemplate& request, const nemesis::Node& asked,
                                   const nemesis::Member& about, Within within) const {
  const MemberVariables member{.node = about.node, .id = about.server, .ip = nodes_.address(about.node)};
  const ProbeAnswer answer = exchange(request, nodes_.variables(asked), member, within);
  if (answer.status == 0) return {.accepted = false, .said = answer.error};
  return {.accepted = is_success(answer.status),
          .said = fmt::format("{} {}", answer.status, printable(answer.body, 120))};
}

// A target that tells its members numbers them as it likes; one that does not is asked by the node's own number.
nemesis::Reply TargetControl::transfer(const nemesis::Node& leader, const nemesis::Node& to, Within within) {
  assert(target_.transfer);
  nemesis::Member successor{.node = to, .server = std::to_string(nodes_.variables(to).id), .voter = true};
  if (target_.members) {
    const auto listed = members(leader, within);
    if (!listed) return {.accepted = false, .said = "nothing when it was asked for the members"};
    for (const nemesis::Member& member : *listed) {
      if (member.node == to) successor = member;
    }
  }
  return send(*target_.transfer, leader, successor, within);
}

std::optional<nemesis::Members> TargetControl::members(const nemesis::Node& asked, Within within) {
  assert(target_.members);
  const MemberList& list = target_.members->list;
  const NodeVariables variables = nodes_.variables(asked);
  const ProbeAnswer answer = exchange(list.request, variables, {}, within);
  if (!is_success(answer.status)) return std::nullopt;
  std::map<std::string, nemesis::Node> node_by_text;
  for (const nemesis::Node& node : nodes_.all_nodes()) {
    const MemberVariables member{
        .node = node, .id = std::to_string(nodes_.variables(node).id), .ip = nodes_.address(node)};
    node_by_text.emplace(substitute(list.equals, variables, member), node);
  }
  return members_in(answer.body, list, node_by_text);
}

std::optional<nemesis::Members> members_in(std::string_view answer, const MemberList& list,
                                           const std::map<std::string, nemesis::Node>& node_by_text) {
  boost::system::error_code error;
  const json::value parsed = json::parse(json::string_view(answer.data(), answer.size()), error);
  if (error) return std::nullopt;
  const json::value* items = field_of(parsed, list.items);
  if (items == nullptr || !items->is_array()) return std::nullopt;
  nemesis::Members members;
  for (const json::value& item : items->get_array()) {
    if (!item.is_object()) return std::nullopt;
    const auto node = node_by_text.find(as_text(field_of(item, list.field)));
    if (node == node_by_text.end()) continue;
    const bool learner =
        !list.learner_field.empty() && as_text(field_of(item, list.learner_field)) == list.learner_equals;
    members.push_back({.node = node->second, .server = as_text(field_of(item, list.id)), .voter = !learner});
  }
  return members;
}

nemesis::Reply TargetControl::add(const nemesis::Node& asked, const nemesis::Node& node, Within within) {
  assert(target_.members);
  const int number = nodes_.new_number();
  {
    const std::lock_guard lock(mutex_);
    announced_[node] = number;
  }
  return send(target_.members->add, asked, {.node = node, .server = std::to_string(number), .voter = false}, within);
}

nemesis::Reply TargetControl::promote(const nemesis::Node& asked, const nemesis::Member& member, Within within) {
  assert(target_.members);
  if (!target_.members->promote) return {.accepted = false, .said = "nothing, since the target cannot promote"};
  return send(*target_.members->promote, asked, member, within);
}

nemesis::Reply TargetControl::remove(const nemesis::Node& asked, const nemesis::Member& member, Within within) {
  assert(target_.members);
  if (target_.members->removed_ends) nodes_.expect_exit(member.node);  // it may end before the answer is here
  return send(target_.members->remove, asked, member, within);
}

nemesis::Nodes TargetControl::spares() const {
  return nodes_.spares();
}

void TargetControl::start_anew(const nemesis::Node& node, const nemesis::Nodes& beside) {
  int number = 0;
  {
    const std::lock_guard lock(mutex_);
    assert(announced_.contains(node));
    number = announced_.at(node);
  }
  nodes_.start_anew(node, number, beside);
}

void TargetControl::retire(const nemesis::Node& node) {
  nodes_.retire(node);
}

}  // namespace ordeal::harness
