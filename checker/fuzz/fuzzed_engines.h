// The engines that are held against the twin: a table. Adding one is a function and a line in fuzzed_engines.cc.
// One thread at a time.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "checker/fuzz/small_history.h"
#include "checker/linearizability/compact_problem.h"
#include "checker/linearizability/search_workspace.h"

namespace ordeal::checker {

// A history of one object in every form that an engine may want; made once and refilled.
class FuzzedHistory {
 public:
  void fill(const SmallHistory& history);
  // Numbered from 0, without a key, with atoms that are integers or nil.
  void fill(std::span<const CompactEvent> events, const LinearizableOptions& options);

  const Model& model() const { return *model_; }
  const LinearizableOptions& options() const { return options_; }
  std::span<const CompactEvent> events() const { return events_; }
  Vocabulary& words() { return words_; }
  const KeyOperations& operations() const { return operations_; }
  Atom initial() const { return initial_; }
  KeyProblem& problem() { return *problem_; }
  SearchWorkspace& workspace() { return workspace_; }

 private:
  void collect();

  const Model* model_ = nullptr;
  LinearizableOptions options_;
  Vocabulary words_;
  std::vector<CompactEvent> events_;
  KeyOperations operations_;
  Atom initial_;
  std::optional<KeyProblem> problem_;
  SearchWorkspace workspace_;
};

struct FuzzedAnswer {
  enum class Answer : std::uint8_t { valid, invalid, silent };  // silent: it cannot tell, or it is not for such ones

  Answer answer = Answer::silent;
  std::optional<std::uint64_t> failing = {};  // with invalid, where the engine says it: the position of the event
};

struct FuzzedEngine {
  std::string_view name;
  bool may_be_silent = false;
  std::uint32_t one_in = 1;  // slow ones judge only some of the histories
  FuzzedAnswer (*judge)(FuzzedHistory& history) = nullptr;
};

std::span<const FuzzedEngine> fuzzed_engines();

}  // namespace ordeal::checker
