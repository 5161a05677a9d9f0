#include "harness/report/junit.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "harness/report/escape.h"
#include "harness/report/verdict_words.h"
#include "harness/report/witness_text.h"

namespace ordeal::harness {
namespace {

using checker::Finding;
using checker::Verdict;

constexpr std::size_t most_operations = 40;  // of a witness

bool is_failure(Verdict verdict) {
  return verdict == Verdict::invalid || verdict == Verdict::unavailable;
}
bool is_error(Verdict verdict) {
  return verdict == Verdict::unknown || verdict == Verdict::not_exercised;
}

// The findings, and one more where none of them carries the verdict of the whole.
std::vector<Finding> test_cases(const Results& results) {
  std::vector<Finding> cases = results.findings;
  const bool carried = std::any_of(cases.begin(), cases.end(),
                                   [&](const Finding& finding) { return finding.verdict == results.verdict; });
  if (!carried) {
    cases.push_back({.check = "verdict",
                     .verdict = results.verdict,
                     .summary = verdict_meaning(results.verdict),
                     .details = {},
                     .witness = {}});
  }
  return cases;
}

std::string explanation(const Finding& finding, const Results& results) {
  std::string text = finding.summary + "\n";
  for (const std::string& detail : finding.details) text += detail + "\n";
  if (finding.witness.has_value()) {
    text += "\n" + finding.witness->explanation + "\n\n";
    checker::History events = evidence(*finding.witness);
    keep_nearest(events, *finding.witness, most_operations);
    for (const PairedOperation& operation : pair_operations(events)) {
      text += (is_impossible(operation, *finding.witness) ? "✗ " : "  ") +
              operation_line(operation, has_times(events)) + "\n";
    }
    for (const std::string& state : finding.witness->last_states) text += "- " + state + "\n";
  }
  if (!results.repeat_command.empty()) text += "\nrepeat: " + results.repeat_command + "\n";
  return text;
}

std::string test_case(const Finding& finding, const Results& results, const std::string& suite, double seconds) {
  std::string body;
  if (finding.verdict == Verdict::valid) {
    body = fmt::format("    <system-out>{}</system-out>\n", escape_markup(finding.summary));
  } else {
    const char* element = is_failure(finding.verdict) ? "failure" : "error";
    body =
        fmt::format("    <{0} type=\"{1}\" message=\"{2}\">{3}</{0}>\n", element, checker::to_string(finding.verdict),
                    escape_markup(finding.summary), escape_markup(explanation(finding, results)));
  }
  return fmt::format("  <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\">\n{}  </testcase>\n",
                     escape_markup(suite), escape_markup(finding.check), seconds, body);
}

}  // namespace

std::string to_junit(const Results& results) {
  const std::vector<Finding> cases = test_cases(results);
  const auto count = [&](bool (*wanted)(Verdict)) {
    return std::count_if(cases.begin(), cases.end(), [&](const Finding& finding) { return wanted(finding.verdict); });
  };
  const std::string suite = "ordeal." + results.plan;
  const double seconds = std::chrono::duration<double>(results.ended).count();
  // CI servers add up the cases' times: the run's own goes to the first of them, since no check is timed by itself.
  std::string body;
  for (const Finding& finding : cases) body += test_case(finding, results, suite, body.empty() ? seconds : 0);
  // The attribute takes no offset and no Z.
  const std::string timestamp = results.started.substr(0, results.started.find_first_of(".Z+"));
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"0\" time=\"{:.3f}\" "
      "timestamp=\"{}\">\n"
      "  <properties>\n"
      "    <property name=\"target\" value=\"{}\"/>\n"
      "    <property name=\"seed\" value=\"{}\"/>\n"
      "    <property name=\"verdict\" value=\"{}\"/>\n"
      "    <property name=\"repeat\" value=\"{}\"/>\n"
      "  </properties>\n{}</testsuite>\n",
      escape_markup(suite), cases.size(), count(is_failure), count(is_error), seconds, escape_markup(timestamp),
      escape_markup(results.target), results.seed, checker::to_string(results.verdict),
      escape_markup(results.repeat_command), body);
}

}  // namespace ordeal::harness
