#include "harness/config/members_section.h"

#include "harness/config/question_section.h"

namespace ordeal::harness {
namespace {

MemberList member_list_of(const Setting& setting) {
  const Section section(setting, {"http", "method", "body", "items", "id", "node", "learner"});
  MemberList list;
  list.request = request_of(section, "GET", of_node_and_member);
  list.items = text_of(section.require("items", "write the field of the answer that lists the members"));
  list.id = text_of(section.require("id", "write the field of a member that holds its number"));
  const Section node(section.require("node",
                                     "write which field of a member says which node it is, such as "
                                     "{field: address, equals: \"${member.ip}:7100\"}"),
                     {"field", "equals"});
  list.field = text_of(node.require("field", "write the field of a member that says which node it is"));
  list.equals =
      template_of(node.require("equals", "write what that field holds, such as ${member.ip}:7100"), of_node_and_member);
  if (const auto found = section.find("learner")) {
    const Section learner(*found, {"field", "equals"});
    list.learner_field = text_of(learner.require("field", "write the field of a member that says that it only learns"));
    list.learner_equals = text_of(learner.require("equals", "write what that field holds in a learner, such as true"));
  }
  return list;
}

}  // namespace

RequestTemplate request_of(const Setting& setting) {
  return request_of(Section(setting, {"http", "method", "body"}), "POST", of_node_and_member);
}

MemberRequests members_of(const Setting& setting) {
  const Section section(setting, {"list", "add", "promote", "remove", "removed", "join"});
  MemberRequests members;
  members.list = member_list_of(section.require("list", "write how to ask a node who the members are"));
  members.add = request_of(section.require("add", "write the request that adds a server"));
  members.remove = request_of(section.require("remove", "write the request that removes a server"));
  if (const auto promote = section.find("promote")) members.promote = request_of(*promote);
  if (const auto removed = section.find("removed")) {
    members.removed_ends = one_of(*removed, "what a removed server does", {"runs", "ends"}) == "ends";
  }
  if (const auto join = section.find("join")) members.join = words_of(*join, "[--join]");
  return members;
}

}  // namespace ordeal::harness
