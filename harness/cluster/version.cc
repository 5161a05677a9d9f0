#include "harness/cluster/version.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <re2/re2.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>

#include "harness/cluster/cluster_error.h"
#include "harness/cluster/node_description.h"
#include "harness/cluster/printable.h"
#include "harness/config/config_error.h"

namespace ordeal::harness {

namespace {

constexpr std::chrono::seconds answers_within{20};  // a virtual machine of Java may take a while to start

// The first part, as a number, which it takes away. A missing one is 0.
std::uint64_t take_part(std::string_view& version) {
  const std::string_view part = version.substr(0, version.find('.'));
  version.remove_prefix(std::min(part.size() + 1, version.size()));
  std::uint64_t number = 0;
  std::from_chars(part.data(), part.data() + part.size(), number);
  return number;
}

}  // namespace

bool is_older(std::string_view version, std::string_view than) {
  while (!version.empty() || !than.empty()) {
    const std::uint64_t one = take_part(version), other = take_part(than);
    if (one != other) return one < other;
  }
  return false;
}

void require_version(const Target& target, const std::filesystem::path& binary) {
  if (!target.version) return;
  const NodeVariables variables{.node = {}, .ip = {}, .data = {}, .members = {}, .binary = binary};
  NodeQuestion question;
  question.question = {.way = Question::Way::command, .command = substitute(target.version->command, variables)};
  question.executable = find_executable(target, question.question.command.front(), binary);
  question.node.network_namespace = -1;
  question.folder = "/";
  const ProbeAnswer answer = ask_and_wait(question, answers_within);
  const auto refuse = [&](const std::string& what) {
    throw ConfigError(fmt::format("target {}: {}; {}", target.name, what,
                                  target.install_hint.empty() ? "install a newer one" : target.install_hint));
  };
  const std::string asked = fmt::format("{}", fmt::join(question.question.command, " "));
  if (answer.status == 0) refuse(fmt::format("{}: {}", asked, answer.error));
  std::string version;
  if (!re2::RE2::PartialMatch(answer.body, re2::RE2(target.version->pattern, re2::RE2::Quiet), &version)) {
    refuse(fmt::format("`{}` tells no version that matches {}: {}", asked, target.version->pattern,
                       printable(answer.body, 200)));
  }
  if (is_older(version, target.version->at_least)) {
    refuse(fmt::format("version {} is installed, and its file wants {} or newer", version, target.version->at_least));
  }
}

}  // namespace ordeal::harness
