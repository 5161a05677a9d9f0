// What a scenario compares: a small language of one line, and its decision from what was observed. Pure; any thread.
//
//   L.last_log_index > base           a field of the node's status; a number that a step noted
//   M.term >= term + 2                sums and differences; blanks stand around every sign
//   L.role == "follower"              text in quotes
//   F.metrics.raftd_elections_total   a metric of the node, summed over its labels
//   M == F                            the same node
//
// Names of nodes begin with a capital letter (a step binds them) or are n1, n2, ...; names of notes are small.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace ordeal::harness {

// The note that is always there: milliseconds since the run began.
inline constexpr std::string_view now_note = "now";

struct Operand {
  enum class Kind : std::uint8_t { number, text, note, node, status, metric };
  Kind kind = Kind::number;
  std::int64_t number = 0;
  std::string name{};   // of the note or node; the text
  std::string field{};  // of the status or the metrics
  bool operator==(const Operand&) const = default;
};

struct Term {
  bool minus = false;
  Operand operand;
  bool operator==(const Term&) const = default;
};

using Expression = std::vector<Term>;  // their sum; at least one

enum class Relation : std::uint8_t { equal, unequal, less, at_most, greater, at_least };

struct Condition {
  Expression left;
  Relation relation = Relation::equal;
  Expression right;
  std::string text;  // as it was written
  bool operator==(const Condition&) const = default;
};

// What is wrong with the text, and after a semicolon what would be right.
struct Mistake {
  std::string what;
};
std::variant<Expression, Mistake> parse_expression(std::string_view text);
std::variant<Condition, Mistake> parse_condition(std::string_view text);

// The names in it.
struct Mentioned {
  std::set<std::string> nodes, notes;
  std::set<std::string> asked;  // those of the nodes whose status or metrics are needed
  bool status = false, metrics = false;
};
void mention(const Expression& expression, Mentioned& mentioned);
void mention(const Condition& condition, Mentioned& mentioned);

using Quantity = std::variant<std::int64_t, std::string>;
std::string to_string(const Quantity& quantity);

// What a node said when it was asked.
struct NodeView {
  std::string silent{};  // why it did not answer; empty: it did
  std::map<std::string, Quantity> status{};
  std::map<std::string, std::int64_t> metrics{};
};

struct Known {
  std::map<std::string, std::string> nodes;  // "L" is "n2"; "n2" is "n2"
  std::map<std::string, Quantity> notes;
  std::map<std::string, NodeView> views;  // by node: "n2"
};

// What an expression or a condition came to.
struct Judged {
  std::optional<Quantity> value{};  // of an expression
  std::optional<bool> holds{};      // of a condition
  std::string seen{};               // "L.term = 3, term = 2"
  std::string silent{};             // why there is no answer now; a later one may come
  std::string lacking{};            // what the target does not tell at all
};
Judged evaluate(const Expression& expression, const Known& known);
Judged decide(const Condition& condition, const Known& known);
// All of them: the first that does not hold, or cannot be decided.
Judged decide(const std::vector<Condition>& conditions, const Known& known);

}  // namespace ordeal::harness
