#include "harness/scenario/condition.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace ordeal::harness {
namespace {

using Kind = Operand::Kind;

constexpr std::pair<std::string_view, Relation> relations[] = {
    {"==", Relation::equal},   {"!=", Relation::unequal}, {"<", Relation::less},
    {"<=", Relation::at_most}, {">", Relation::greater},  {">=", Relation::at_least},
};

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (c == ' ' && !quoted) {
      if (!word.empty()) words.push_back(std::move(word));
      word.clear();
    } else {
      word += c;
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

bool is_word(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

bool is_node(std::string_view name) {
  if (!is_word(name)) return false;
  if (name[0] >= 'A' && name[0] <= 'Z') return true;
  return name.size() > 1 && name[0] == 'n' && name.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

std::variant<Operand, Mistake> parse_operand(const std::string& word) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error == std::errc() && end == word.data() + word.size()) return Operand{.kind = Kind::number, .number = number};
  if (word.size() >= 2 && word.front() == '"' && word.back() == '"') {
    return Operand{.kind = Kind::text, .name = word.substr(1, word.size() - 2)};
  }
  const std::size_t dot = word.find('.');
  const std::string name = word.substr(0, dot);
  if (dot == std::string::npos) {
    if (is_node(word)) return Operand{.kind = Kind::node, .name = word};
    if (is_word(word)) return Operand{.kind = Kind::note, .name = word};
    return Mistake{fmt::format("\"{}\" is no operand; write L.term, a noted number, 3 or \"text\"", word)};
  }
  constexpr std::string_view metrics = "metrics.";
  std::string field = word.substr(dot + 1);
  const bool metric = field.starts_with(metrics);
  if (metric) field.erase(0, metrics.size());
  if (!is_node(name) || !is_word(field)) {
    return Mistake{fmt::format("\"{}\" is no field of a node; write L.term or L.metrics.NAME", word)};
  }
  return Operand{.kind = metric ? Kind::metric : Kind::status, .name = name, .field = field};
}

std::variant<Expression, Mistake> parse_words(const std::vector<std::string>& words) {
  Expression expression;
  bool minus = false;
  bool wants_operand = true;
  for (const std::string& word : words) {
    if (!wants_operand) {
      if (word != "+" && word != "-") {
        return Mistake{fmt::format("\"{}\" stands where a sign should; write + or - with blanks around it", word)};
      }
      minus = word == "-";
      wants_operand = true;
      continue;
    }
    auto operand = parse_operand(word);
    if (auto* mistake = std::get_if<Mistake>(&operand)) return std::move(*mistake);
    expression.push_back({.minus = minus, .operand = std::get<Operand>(std::move(operand))});
    wants_operand = false;
  }
  if (wants_operand) return Mistake{"something is missing; write such as L.term + 1"};
  return expression;
}

std::string written(const Operand& operand) {
  switch (operand.kind) {
    case Kind::number:
      return std::to_string(operand.number);
    case Kind::text:
      return "\"" + operand.name + "\"";
    case Kind::note:
    case Kind::node:
      return operand.name;
    case Kind::status:
      return operand.name + "." + operand.field;
    case Kind::metric:
      return operand.name + ".metrics." + operand.field;
  }
  return "";
}

void add_seen(Judged& judged, const std::string& seen) {
  if (judged.seen.find(seen) != std::string::npos) return;
  judged.seen += (judged.seen.empty() ? "" : ", ") + seen;
}

template <typename Fields>
std::optional<Quantity> look_up(const Operand& operand, const std::string& node, const NodeView& view,
                                const Fields& fields, Judged& judged) {
  if (!view.silent.empty()) {
    judged.silent = fmt::format("{} ({}) does not answer: {}", operand.name, node, view.silent);
    return std::nullopt;
  }
  const auto found = fields.find(operand.field);
  if (found == fields.end()) {
    judged.lacking = fmt::format("the target tells no {}", operand.field);
    return std::nullopt;
  }
  return Quantity(found->second);
}

std::optional<Quantity> value_of(const Operand& operand, const Known& known, Judged& judged) {
  switch (operand.kind) {
    case Kind::number:
      return operand.number;
    case Kind::text:
      return operand.name;
    case Kind::note:
      return known.notes.at(operand.name);
    case Kind::node:
      return known.nodes.at(operand.name);
    case Kind::status:
    case Kind::metric:
      break;
  }
  const std::string& node = known.nodes.at(operand.name);
  const NodeView& view = known.views.at(node);
  return operand.kind == Kind::status ? look_up(operand, node, view, view.status, judged)
                                      : look_up(operand, node, view, view.metrics, judged);
}

// nullopt: they are no two numbers.
std::optional<bool> compare(const Quantity& left, Relation relation, const Quantity& right) {
  if (relation == Relation::equal) return left == right;
  if (relation == Relation::unequal) return left != right;
  const auto* a = std::get_if<std::int64_t>(&left);
  const auto* b = std::get_if<std::int64_t>(&right);
  if (a == nullptr || b == nullptr) return std::nullopt;
  switch (relation) {
    case Relation::less:
      return *a < *b;
    case Relation::at_most:
      return *a <= *b;
    case Relation::greater:
      return *a > *b;
    default:
      return *a >= *b;
  }
}

}  // namespace

std::variant<Expression, Mistake> parse_expression(std::string_view text) {
  return parse_words(words_of(text));
}

std::variant<Condition, Mistake> parse_condition(std::string_view text) {
  const std::vector<std::string> words = words_of(text);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto* relation = std::ranges::find(relations, words[i], &std::pair<std::string_view, Relation>::first);
    if (relation == std::end(relations)) continue;
    const auto at = static_cast<std::ptrdiff_t>(i);
    auto left = parse_words({words.begin(), words.begin() + at});
    if (auto* mistake = std::get_if<Mistake>(&left)) return std::move(*mistake);
    auto right = parse_words({words.begin() + at + 1, words.end()});
    if (auto* mistake = std::get_if<Mistake>(&right)) return std::move(*mistake);
    return Condition{.left = std::get<Expression>(std::move(left)),
                     .relation = relation->second,
                     .right = std::get<Expression>(std::move(right)),
                     .text = std::string(text)};
  }
  return Mistake{fmt::format("\"{}\" compares nothing; write such as L.term > 3, with blanks around the sign", text)};
}

void mention(const Expression& expression, Mentioned& mentioned) {
  for (const Term& term : expression) {
    const Operand& operand = term.operand;
    if (operand.kind == Kind::note) mentioned.notes.insert(operand.name);
    if (operand.kind == Kind::node) mentioned.nodes.insert(operand.name);
    if (operand.kind != Kind::status && operand.kind != Kind::metric) continue;
    mentioned.nodes.insert(operand.name);
    mentioned.asked.insert(operand.name);
    (operand.kind == Kind::status ? mentioned.status : mentioned.metrics) = true;
  }
}

void mention(const Condition& condition, Mentioned& mentioned) {
  mention(condition.left, mentioned);
  mention(condition.right, mentioned);
}

std::string to_string(const Quantity& quantity) {
  if (const auto* number = std::get_if<std::int64_t>(&quantity)) return std::to_string(*number);
  return std::get<std::string>(quantity);
}

Judged evaluate(const Expression& expression, const Known& known) {
  Judged judged;
  std::int64_t sum = 0;
  for (const Term& term : expression) {
    const std::optional<Quantity> value = value_of(term.operand, known, judged);
    if (!value) return judged;
    const bool literal = term.operand.kind == Kind::number || term.operand.kind == Kind::text;
    if (!literal) add_seen(judged, fmt::format("{} = {}", written(term.operand), to_string(*value)));
    const auto* number = std::get_if<std::int64_t>(&*value);
    if (number == nullptr && expression.size() == 1) {
      judged.value = *value;
      return judged;
    }
    if (number == nullptr) {
      judged.lacking = fmt::format("{} is no number, it is {}", written(term.operand), to_string(*value));
      return judged;
    }
    sum += term.minus ? -*number : *number;
  }
  judged.value = sum;
  return judged;
}

Judged decide(const Condition& condition, const Known& known) {
  Judged judged = evaluate(condition.left, known);
  if (!judged.value) return judged;
  const Judged right = evaluate(condition.right, known);
  if (!right.seen.empty()) add_seen(judged, right.seen);
  judged.silent = right.silent;
  judged.lacking = right.lacking;
  if (right.value) {
    judged.holds = compare(*judged.value, condition.relation, *right.value);
    if (!judged.holds) judged.lacking = fmt::format("\"{}\" compares what is no number", condition.text);
  }
  judged.value.reset();
  return judged;
}

Judged decide(const std::vector<Condition>& conditions, const Known& known) {
  Judged all{.holds = true};
  for (const Condition& condition : conditions) {
    Judged one = decide(condition, known);
    if (!one.holds.value_or(false)) return one;
    if (!one.seen.empty()) add_seen(all, one.seen);
  }
  return all;
}

}  // namespace ordeal::harness
