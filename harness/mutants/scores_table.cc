#include "harness/mutants/scores_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/report/terminal_text.h"

namespace ordeal::harness {
namespace {

std::string seconds_text(double seconds) {
  return seconds < 10 ? fmt::format("{:.1f} s", seconds) : fmt::format("{:.0f} s", seconds);
}

std::string seconds_text(std::optional<double> seconds) {
  return seconds ? seconds_text(*seconds) : "-";
}

// A crash's last line may be long; the whole of it is in the JSON.
std::string shortened(const std::string& text) {
  return elided(printable(text), 80);
}

std::size_t longest_name(const Scores& scores) {
  std::size_t longest = 6;
  for (const MutantScore& score : scores.mutants) longest = std::max(longest, score.name.size());
  for (const ControlScore& score : scores.controls) longest = std::max(longest, score.name.size());
  return longest;
}

std::string tier_lines(const Scores& scores) {
  std::string lines;
  for (const Tier tier : {Tier::t1, Tier::t2, Tier::t3, Tier::t4}) {
    int total = 0, killed = 0, partly = 0, broken = 0;
    for (const MutantScore& score : scores.mutants) {
      if (score.tier != tier) continue;
      ++total;
      killed += score.status == MutantStatus::killed ? 1 : 0;
      partly += score.status == MutantStatus::survived && score.killed_seeds > 0 ? 1 : 0;
      broken += score.status == MutantStatus::broken ? 1 : 0;
    }
    if (total == 0) continue;
    lines += fmt::format("  {}  {} of {} killed ({:.0f} %)", to_string(tier), killed, total, 100.0 * killed / total);
    if (partly > 0) lines += fmt::format(", {} more by some seeds only", partly);
    if (broken > 0) lines += fmt::format(", {} broken", broken);
    lines += "\n";
  }
  return lines;
}

}  // namespace

std::string status_in_words(const MutantScore& score) {
  switch (score.status) {
    case MutantStatus::killed:
      return fmt::format("killed by {}, {} (at most {})", score.by, seconds_text(score.median_s),
                         seconds_text(score.max_s));
    case MutantStatus::broken:
      return "broken: " + shortened(score.detail);
    case MutantStatus::survived:
      break;
  }
  const double per_seed = score.seeds > 0 ? score.load_s / score.seeds : 0;
  if (score.killed_seeds == 0) return fmt::format("survived {} x {} of load", score.seeds, seconds_text(per_seed));
  return fmt::format("survived; {} of {} seeds killed it, by {}", score.killed_seeds, score.seeds, score.by);
}

std::string known_status(const Mutant& mutant, const Scores& scores) {
  for (const MutantScore& score : scores.mutants) {
    if (score.name == mutant.name) return status_in_words(score);
  }
  for (const ControlScore& score : scores.controls) {
    if (score.name == mutant.name) return fmt::format("{} in {} runs", score.status, score.runs);
  }
  return "not scored yet";
}

std::string scores_table(const Scores& scores) {
  const std::size_t width = longest_name(scores);
  std::string text;
  if (!scores.mutants.empty()) {
    text += fmt::format("{:<{}}  tier  status    seeds  median     max  runs  by\n", "mutant", width);
  }
  for (const MutantScore& score : scores.mutants) {
    text +=
        fmt::format("{:<{}}  {:<4}  {:<8}  {:>5}  {:>6}  {:>6}  {:>4}  {}\n", score.name, width, to_string(score.tier),
                    to_string(score.status), fmt::format("{}/{}", score.killed_seeds, score.seeds),
                    seconds_text(score.median_s), seconds_text(score.max_s), score.runs,
                    score.status == MutantStatus::broken || score.by.empty() ? shortened(score.detail) : score.by);
  }
  const std::string tiers = tier_lines(scores);
  if (!tiers.empty()) text += "\n" + tiers;
  if (!scores.controls.empty()) {
    text += fmt::format("\n{:<{}}  status           runs     load\n", "control", width);
  }
  for (const ControlScore& score : scores.controls) {
    text += fmt::format("{:<{}}  {:<15}  {:>4}  {:>7}  {}\n", score.name, width, score.status, score.runs,
                        seconds_text(score.load_s), shortened(score.detail));
  }
  return text;
}

}  // namespace ordeal::harness
