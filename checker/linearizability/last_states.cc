#include <fmt/format.h>

#include <algorithm>

#include "checker/linearizability/witness.h"

namespace ordeal::checker {
namespace {

struct LastState {
  StateId state = 0;
  std::string how;  // what it took, or what is still to come
};

std::string still_to_come(const KeyHistory& key, const std::vector<PreparedOperation>& operations,
                          const SearchEnd& end) {
  std::vector<std::string> names;
  std::size_t more = 0;
  for (std::uint32_t i = 0; i < operations.size(); ++i) {
    if (!operations[i].optional() || operations[i].observes()) continue;
    if (std::find(end.used.begin(), end.used.end(), i) != end.used.end()) continue;
    if (names.size() == 2) {
      ++more;
    } else {
      names.push_back(describe(key.operations[operations[i].source]));
    }
  }
  if (names.empty()) return "";
  return fmt::format(" ({}{}{} may still take effect)", names[0],
                     names.size() < 2 ? "" : (more == 0 ? " and " : ", ") + names[1],
                     more == 0 ? "" : fmt::format(" and {} more", more));
}

std::optional<StateId> after(KeyHistory& key, StateId state, const PreparedOperation& operation) {
  const std::optional<Value> next = step(key.known_states[state], key.effects[operation.source]);
  return next ? std::optional(key.known_states.id_of(*next)) : std::nullopt;
}

}  // namespace

std::vector<std::string> last_states(KeyHistory& key, std::uint32_t position, std::size_t limit, Budget& budget) {
  const PreparedOperation& refused = key.prepared[returning_at(key, position)];
  std::vector<PreparedOperation> operations = prefix(key.prepared, position);
  std::erase_if(operations, [&](const PreparedOperation& operation) { return operation.source == refused.source; });
  const SearchResult result = search(key.problem(operations), budget, {.ends = limit, .exact_states = true});

  std::vector<LastState> states;
  const auto add = [&](StateId state, std::string how) {
    const bool known = std::any_of(states.begin(), states.end(), [&](const LastState& s) { return s.state == state; });
    if (!known && states.size() < limit) states.push_back({state, std::move(how)});
  };
  for (const SearchEnd& end : result.ends) add(end.state, still_to_come(key, operations, end));
  // What is open at the end may take effect there, too; the search leaves that out, as nobody looks.
  for (const SearchEnd& end : result.ends) {
    for (std::uint32_t i = 0; i < operations.size() && states.size() < limit; ++i) {
      if (!operations[i].optional() || std::find(end.used.begin(), end.used.end(), i) != end.used.end()) continue;
      const std::optional<StateId> next = after(key, end.state, operations[i]);
      if (next) add(*next, fmt::format(" (if {} took effect)", describe(key.operations[operations[i].source])));
    }
  }
  std::vector<std::string> sentences;
  for (const LastState& last : states) {
    sentences.push_back(fmt::format(
        "the {} could be {}{}; {}", key.model->noun, state_text(*key.model, key.known_states[last.state]), last.how,
        refusal(key.known_states[last.state], key.effects[refused.source], key.operations[refused.source])));
  }
  return sentences;
}

}  // namespace ordeal::checker
