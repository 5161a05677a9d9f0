// The variables of a target's YAML. Pure; any thread.
//
//   ${node} n1, ${id} 1, ${ip} 10.77.0.1       the node's name, number and address
//   ${data}, ${folder}                         its data folder, and the folder that holds it and its output
//   ${binary}                                  the target's program
//   ${first.node}, ${first.ip}                 of the first node of the cluster
//   ${nodes:{node}=http://{ip}:2380}           for every node of the cluster {node}, {id}, {ip} filled in, with commas
//   ${peers:...}                               the same for every other node
//   ${nodes lines:...}, ${peers words:...}     with line ends or blanks instead of commas; in a command a word that is
//                                              nothing but `words` becomes a word for each
//   ${members}                                 ${nodes:...} with the target's `member` as its format
//   ${member.node}, ${member.id}, ${member.ip} of the member that a request is about: its number as `members.list`
//                                              tells it, or, when it is added, a new one
//   ${here}                                    the folder of the file in which it stands; replaced when that is read

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/config/question.h"
#include "harness/config/reader.h"

namespace ordeal::harness {

// The member that a request is about, or one of the cluster.
struct MemberVariables {
  std::string node;
  std::string id;
  std::string ip;
  bool operator==(const MemberVariables&) const = default;
};

struct NodeVariables {
  std::string node;
  int id = 0;
  std::string ip;
  std::string data;
  std::string members;
  std::string binary;
  std::vector<MemberVariables> cluster{};  // the node itself too, in the order of their names
};

// What a template may name.
struct Allowed {
  std::vector<std::string_view> names;
  bool lists = false;  // ${nodes:...} and ${peers:...}
};
extern const Allowed of_node, of_no_node, of_node_and_member, of_member_template;

// A text whose variables are all allowed. Throws ConfigError.
std::string template_of(const Setting& setting, const Allowed& allowed);
// The words of a command; `example` shows some.
std::vector<std::string> words_of(const Setting& setting, std::string_view example);

// Replaces ${...}; what is unknown was refused by template_of() already (assertion here).
std::string substitute(std::string_view text, const NodeVariables& variables, const MemberVariables& member = {});
std::vector<std::string> substitute(const std::vector<std::string>& words, const NodeVariables& variables);
Question substitute(Question question, const NodeVariables& variables);

}  // namespace ordeal::harness
