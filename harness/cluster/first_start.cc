#include "harness/cluster/first_start.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

#include "harness/cluster/cluster_error.h"

namespace ordeal::harness {

namespace {

void write(const NodeFile& file, const NodeDescription& node, const NodeVariables& variables) {
  const std::filesystem::path path = node.folder / substitute(file.path, variables);
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << substitute(file.text, variables);
  out.close();
  if (error || !out) {
    throw ClusterError(fmt::format("{}: {}: cannot be written: {}", node.sandbox.name, path.native(),
                                   error ? error.message() : std::strerror(errno)));
  }
}

}  // namespace

void prepare_start(const Target& target, const NodeDescription& node, const NodeVariables& variables, bool first) {
  for (const NodeFile& file : target.files) {
    if (first || file.each_start) write(file, node, variables);
  }
  if (!first) return;
  for (const SetupStep& step : target.setup) {
    if (step.when != SetupStep::When::before_start) continue;
    const NodeQuestion question = question_to(target, step.question, node, variables);
    const ProbeAnswer answer = ask_and_wait(question, std::chrono::ceil<std::chrono::milliseconds>(step.within));
    const std::string why = why_not(answer, step.status, substitute(step.matches, variables));
    if (why.empty()) continue;
    throw ClusterError(fmt::format("{}: cannot be started: the command before its start failed: {}: {}",
                                   node.sandbox.name, as_said(question.question), why));
  }
}

NodeQuestion question_to(const Target& target, const Question& question, const NodeDescription& node,
                         const NodeVariables& variables) {
  NodeQuestion asked{.question = substitute(question, variables),
                     .executable = {},
                     .node = node.sandbox,
                     .folder = node.folder,
                     .environment = environment_of(target, variables)};
  require_askable(asked.question);
  if (question.way == Question::Way::command) {
    asked.executable = find_executable(target, asked.question.command.front(), variables.binary);
  }
  return asked;
}

}  // namespace ordeal::harness
