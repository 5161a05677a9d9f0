// `ordeal check HISTORY`: judges a bare history, from a file or standard input.

#include "harness/cli/check_history.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <csignal>
#include <limits>

#include "checker/formats/history_reader.h"
#include "checker/formats/history_stream.h"
#include "checker/linearizability/orders.h"
#include "checker/models/guess.h"
#include "harness/check/machine.h"
#include "harness/cli/exit_code.h"
#include "harness/config/config_error.h"
#include "harness/history/open_bytes.h"
#include "harness/report/history_digest.h"
#include "harness/report/results_json.h"
#include "harness/report/summary.h"
#include "harness/report/witness_json.h"
#include "harness/report/witness_timeline.h"
#include "harness/run/run_folder.h"

namespace ordeal::harness {
namespace {

// Counting operations by kind takes longer than judging them: of larger histories it is left out.
constexpr std::size_t most_counted_operations = 100'000;

std::atomic<std::int64_t> interrupted_at{0};  // nanoseconds of the monotonic clock; 0: not yet

// The first interrupt ends the check with what is known; another one ends the program. Those that come at once are one:
// timeout(1), and whoever else signals a process and its group, sends two.
void on_interrupt(int) {
  constexpr std::int64_t at_once = 500'000'000;
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  const std::int64_t now = std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
  std::int64_t first = 0;
  if (!interrupted_at.compare_exchange_strong(first, now) && now - first > at_once) {
    ::signal(SIGINT, SIG_DFL);
    ::raise(SIGINT);
  }
}

void end_on_interrupt() {
  struct sigaction action = {};
  action.sa_handler = on_interrupt;
  ::sigaction(SIGINT, &action, nullptr);
}

// What is assumed about a history, and why.
struct Assumed {
  checker::LinearizableOptions options;
  std::string initial;
  std::string why;  // empty: it was said
};

Assumed assumed(const CheckFlags& flags, checker::HistoryStream& history) {
  Assumed out;
  checker::LinearizableOptions& options = out.options;
  lend_machine(options);  // first, as also what the guess takes counts
  if (flags.model == "auto") {
    const checker::ModelGuess guess = checker::guess_model(history);
    if (!guess.model) {
      throw ConfigError(fmt::format("{}: no model knows these operations: {}; name one with --model ({})",
                                    shown_name(flags.path), guess.why, fmt::join(checker::model_names(), ", ")));
    }
    options.model = *guess.model;
    options.initial = guess.initial;
    out.why = guess.why;
  } else {
    options.model = *checker::model_named(flags.model);
  }
  if (!flags.initial.empty()) options.initial = checker::parse_value(flags.initial);
  options.failed_cas = flags.failed_cas == "observes"  ? checker::FailedCas::observes
                       : flags.failed_cas == "ignored" ? checker::FailedCas::ignored
                                                       : checker::FailedCas::by_error;
  options.nil_reads_say_nothing = history.nil_reads_say_nothing();
  options.time_limit =
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(flags.time_limit));
  options.memory_limit = flags.memory_limit << 20;
  options.cancelled = [] { return interrupted_at.load() != 0; };
  out.initial = checker::to_string(options.initial);
  return out;
}

using Orders = std::vector<checker::ObjectOrder>;

void print_json(const CheckFlags& flags, const Assumed& assumed, const checker::LinearizableResult& result,
                const Orders& orders) {
  boost::json::object object{{"verdict", checker::to_string(result.finding.verdict)},
                             {"model", checker::to_string(assumed.options.model)},
                             {"initial", assumed.initial},
                             {"operations", result.operations},
                             {"keys", result.keys},
                             {"summary", result.finding.summary}};
  if (!assumed.why.empty()) object["assumed"] = assumed.why;
  boost::json::object engines;
  for (const auto& [engine, keys] : result.engines) engines[engine] = keys;
  object["engines"] = engines;
  if (const auto& witness = result.finding.witness) object["witness"] = witness_json(*witness);
  if (flags.explain && result.finding.verdict == checker::Verdict::valid) object["orders"] = orders_json(orders);
  fmt::print("{}\n", boost::json::serialize(object));
}

// The summary of a run that had nothing but a history.
void print_text(const Assumed& assumed, checker::HistoryStream& history, const checker::LinearizableResult& result) {
  Results results;
  results.verdict = result.finding.verdict;
  results.findings = {result.finding};
  // When a limit ended the check, this would go beyond it.
  if (result.operations <= most_counted_operations && results.verdict != checker::Verdict::unknown) {
    HistoryDigest digest;
    history.for_each([&](const checker::Event& event) {
      digest.observe(event);
      return true;
    });
    digest.count_into(results);
  }
  fmt::print("{}read as     {}; {} operations on {} {}\nmodel       {}, initially {}{}{}\n",
             to_summary(results, "", ::isatty(STDOUT_FILENO) != 0), history.format(), result.operations, result.keys,
             result.keys == 1 ? "object" : "objects", checker::to_string(assumed.options.model), assumed.initial,
             assumed.why.empty() ? "" : "; assumed: ", assumed.why);
}

// Writes the picture of a violation where it was asked for.
void draw(const CheckFlags& flags, const std::optional<checker::Witness>& witness) {
  if (flags.svg.empty()) return;
  if (!witness) {
    fmt::print(stderr, "ordeal: {} was not written: there is no violation to draw\n", flags.svg);
    return;
  }
  write_file(flags.svg, witness_svg(*witness));
}

Orders orders_of(checker::HistoryStream& history, const checker::LinearizableOptions& options) {
  const checker::History events =
      history.fetch([](const checker::CompactEvent&) { return true; }, std::numeric_limits<std::uint64_t>::max());
  return checker::orders_of(events, options);
}

}  // namespace

int check_history(const CheckFlags& flags) {
  const std::unique_ptr<checker::ByteSource> bytes = open_bytes(flags.path);
  const std::unique_ptr<checker::HistoryStream> history = checker::open_history(*bytes, shown_name(flags.path));
  end_on_interrupt();
  const Assumed assumptions = assumed(flags, *history);
  const checker::LinearizableResult result = checker::check_linearizable(*history, assumptions.options);
  for (const std::string& warning : history->warnings()) fmt::print(stderr, "ordeal: warning: {}\n", warning);
  const bool valid = result.finding.verdict == checker::Verdict::valid;
  const Orders orders = flags.explain && valid ? orders_of(*history, assumptions.options) : Orders();
  if (flags.json) {
    print_json(flags, assumptions, result, orders);
  } else {
    print_text(assumptions, *history, result);
    fmt::print("{}", orders_text(orders));
  }
  draw(flags, result.finding.witness);
  return static_cast<int>(exit_code_of(result.finding.verdict));
}

}  // namespace ordeal::harness
