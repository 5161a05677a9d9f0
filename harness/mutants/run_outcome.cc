#include "harness/mutants/run_outcome.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <stdexcept>

#include "harness/cli/exit_code.h"
#include "harness/cluster/child_status.h"
#include "harness/config/config_error.h"
#include "harness/report/results_json.h"
#include "harness/run/run_events.h"
#include "harness/run/run_folder.h"

namespace ordeal::harness {
namespace {

namespace fs = std::filesystem;

// The error that it printed, or else the last line.
std::string last_words(const fs::path& output) {
  constexpr std::string_view mark = "ordeal: error: ";
  std::string text = fs::exists(output) ? read_file(output) : std::string();
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const std::size_t error = text.rfind(mark);
  if (error != std::string::npos) return text.substr(error + mark.size(), text.find('\n', error) - error - mark.size());
  return text.substr(text.rfind('\n') + 1);
}

bool under_load(const fs::path& history) {
  return read_file(history).find(fmt::format("\"{}\"", stage::load_began)) != std::string::npos;
}

RunOutcome outcome_without_results(const EndedRun& run, const fs::path& history) {
  const std::string words = last_words(run.output);
  RunOutcome outcome;
  if (!WIFEXITED(run.wait_status) || under_load(history)) {
    outcome.end = RunEnd::failed;
    outcome.detail = fmt::format("ordeal itself ended with {}: {}", describe_status(run.wait_status), words);
  } else {
    outcome.end = RunEnd::broken;
    outcome.verdict = checker::Verdict::unavailable;
    outcome.detail = "it formed no cluster: " + words;
  }
  return outcome;
}

}  // namespace

RunOutcome outcome_of(const EndedRun& run) {
  const RunFolder folder(run.store / "latest");
  const int code = WIFEXITED(run.wait_status) ? WEXITSTATUS(run.wait_status) : -1;
  if (code == static_cast<int>(ExitCode::usage)) throw ConfigError(last_words(run.output));
  if (!fs::exists(folder.history())) throw std::runtime_error(last_words(run.output));
  const bool judged = code >= 0 && code <= static_cast<int>(ExitCode::inconclusive);
  if (!judged || !fs::exists(folder.results())) return outcome_without_results(run, folder.history());
  return outcome_of(results_from_json(read_file(folder.results()), folder.results().string()));
}

}  // namespace ordeal::harness
