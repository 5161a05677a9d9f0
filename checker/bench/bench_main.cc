// ordeal-checker-bench: what a verdict costs, for each engine, on recorded and generated histories.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "checker/bench/engines.h"
#include "checker/formats/json_lines.h"
#include "checker/testing/generator.h"

namespace ordeal::checker {
namespace {

const std::vector<std::string> quick_classes = {"u1k10_1e4", "u100k50_1e5", "c1k10_1e4", "d1k5_1e4", "d1k5_1e4_bad"};
const std::vector<std::string> all_classes = {
    "u1k10_1e4",        "u1k10_1e4_bad",     "u1k10_1e4_i10", "u1k50_1e4",     "u100k50_1e6",
    "u100k50_1e6_i10",  "u100k50_1e6_bad",   "c1k10_1e4",     "c1k10_1e4_bad", "c1k50_1e4",
    "c100k50_1e6",      "d1k10_1e4",         "d1k10_1e4_bad", "d1k10_1e4_i1",  "d1k10_1e4_i10",
    "d1k10_1e4_i1_bad", "d1k10_1e4_i10_bad", "d1k20_1e4",     "d1k20_1e4_bad", "d1k50_1e4"};

struct Flags {
  std::vector<std::string> classes;
  std::vector<std::string> engines;
  std::string histories;
  std::string only;
  std::vector<std::uint64_t> seeds = {1};
  std::vector<std::string> write;
  std::size_t repeats = 5;
  int limit = 60;
  bool quick = false;
  bool json = false;
  bool no_recorded = false;
};

struct Row {
  std::string history, engine;
  std::string expected;
  std::uint64_t operations = 0;
  Measured measured;
};

std::uint64_t operations_of(const Input& input) {
  const std::unique_ptr<EventSource> source = input.open();
  std::uint64_t calls = 0;
  for (auto batch = source->next(); !batch.empty(); batch = source->next()) {
    for (const CompactEvent& event : batch) calls += event.type == EventType::invoke ? 1 : 0;
  }
  return calls;
}

bool is_wrong(const Row& row) {
  return !row.expected.empty() && (row.measured.verdict == "valid" || row.measured.verdict == "invalid") &&
         row.measured.verdict != row.expected;
}

void print_row(const Row& row, bool json) {
  const Measured& m = row.measured;
  const auto per_operation = [&row](double total) {
    return total / static_cast<double>(std::max<std::uint64_t>(row.operations, 1));
  };
  if (json) {
    fmt::print(R"({{"history":"{}","engine":"{}","operations":{},"verdict":"{}","expected":"{}","ns":{:.0f},)"
               R"("instructions":{},"peak_bytes":{}}})"
               "\n",
               row.history, row.engine, row.operations, m.verdict, row.expected, m.ns,
               m.instructions ? std::to_string(*m.instructions) : "null", m.peak_bytes);
  } else {
    fmt::print("{:<28} {:<10} {:>9} {:<8} {:>12.3f} {:>10.1f} {:>10} {:>10.1f}{}\n", row.history, row.engine,
               row.operations, m.verdict, m.ns / 1e6, per_operation(m.ns),
               m.instructions ? fmt::format("{:.0f}", per_operation(static_cast<double>(*m.instructions))) : "-",
               static_cast<double>(m.peak_bytes) / 1048576.0, is_wrong(row) ? "  WRONG" : "");
  }
  std::cout.flush();
}

void print_means(const std::vector<Row>& rows) {
  for (const BenchEngine& engine : bench_engines()) {
    double logarithms = 0, worst = 0;
    std::size_t count = 0;
    for (const Row& row : rows) {
      if (row.engine != engine.name || row.measured.ns <= 0 || row.measured.verdict == "-") continue;
      logarithms += std::log(row.measured.ns);
      worst = std::max(worst, row.measured.ns);
      ++count;
    }
    if (count > 0) {
      fmt::print("{}: {} histories, geometric mean {:.3f} us, worst {:.3f} ms\n", engine.name, count,
                 std::exp(logarithms / static_cast<double>(count)) / 1e3, worst / 1e6);
    }
  }
}

bool wanted(const std::vector<std::string>& names, std::string_view name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<Input> inputs_of(const Flags& flags) {
  std::vector<Input> inputs;
  if (!flags.no_recorded && flags.classes.empty()) {
    const char* variable = std::getenv("ORDEAL_HISTORIES");
    const std::filesystem::path folder = !flags.histories.empty() ? flags.histories
                                         : variable != nullptr    ? variable
                                                                  : "../shared/histories";
    if (std::filesystem::exists(folder / "expected.tsv")) {
      inputs = recorded_inputs(folder);
    } else {
      std::cerr << "no recorded histories in " << folder << "; name their folder with --histories\n";
    }
  }
  const std::vector<std::string>& classes = !flags.classes.empty() ? flags.classes
                                            : flags.quick          ? quick_classes
                                                                   : all_classes;
  for (const std::string& name : classes) {
    for (const std::uint64_t seed : flags.seeds) {
      inputs.push_back(generated_input(name, seed));
      if (flags.seeds.size() > 1) inputs.back().name += "#" + std::to_string(seed);
    }
  }
  std::erase_if(inputs, [&flags](const Input& input) { return input.name.find(flags.only) == std::string::npos; });
  return inputs;
}

int write_history(const Flags& flags) {
  const std::optional<GeneratorOptions> options = generator_class(flags.write[0]);
  if (!options) throw std::invalid_argument("\"" + flags.write[0] + "\" is no class of histories (see --help)");
  GeneratedSource source(*options, flags.seeds.front());
  std::ofstream out(flags.write[1], std::ios::binary);
  for (auto batch = source.next(); !batch.empty(); batch = source.next()) {
    for (const CompactEvent& event : batch) out << write_json_line(full_event(event, source.vocabulary())) << '\n';
  }
  out.close();
  if (!out) throw std::runtime_error(flags.write[1] + ": cannot be written; is there space, and may you write there?");
  if (const auto planted = source.planted_event()) std::cerr << "impossible at event " << *planted << "\n";
  return 0;
}

int run(const Flags& flags) {
  if (!flags.write.empty()) return write_history(flags);
  if (!flags.json) {
    fmt::print("{:<28} {:<10} {:>9} {:<8} {:>12} {:>10} {:>10} {:>10}\n", "history", "engine", "ops", "verdict", "ms",
               "ns/op", "instr/op", "peak MiB");
  }
  const Effort effort{.repeats = flags.repeats, .limit = std::chrono::seconds(flags.limit)};
  std::vector<Row> rows;
  for (const Input& input : inputs_of(flags)) {
    const std::uint64_t operations = operations_of(input);
    for (const BenchEngine& engine : bench_engines()) {
      if (!wanted(flags.engines, engine.name)) continue;
      rows.push_back({.history = input.name,
                      .engine = std::string(engine.name),
                      .expected = input.expected,
                      .operations = operations,
                      .measured = measure(engine.prepare(input), effort)});
      print_row(rows.back(), flags.json);
    }
  }
  if (!flags.json) print_means(rows);
  return std::any_of(rows.begin(), rows.end(), is_wrong) ? 1 : 0;
}

}  // namespace
}  // namespace ordeal::checker

int main(int argc, char** argv) {
  using namespace ordeal::checker;
  CLI::App app{
      "Measures the engines of the checker on recorded and generated histories.\n"
      "Classes: u (unique values), c (unique, 20 % cas), d (5 values, 20 % cas); keys k processes; vN values;\n"
      "operations; iN: N percent of writes and cas end as info; bad, lost, swapped: one lie in the middle.\n"
      "  ordeal-checker-bench --class d1k10_1e4_i10_bad --seed 1 2 3 --engine check\n"
      "  ordeal-checker-bench --write u100k50_1e6 history.jsonl --seed 7"};
  Flags flags;
  std::string names;
  for (const BenchEngine& engine : bench_engines()) names += fmt::format("\n  {}: {}", engine.name, engine.what);
  app.add_option("--class", flags.classes, "only these classes, and no recorded histories");
  app.add_option("--engine", flags.engines, "only these engines:" + names);
  app.add_option("--seed", flags.seeds, "of the generated histories")->capture_default_str();
  app.add_option("--histories", flags.histories, "recorded histories with expected.tsv; else $ORDEAL_HISTORIES");
  app.add_option("--only", flags.only, "histories whose name contains this");
  app.add_option("--repeats", flags.repeats, "the fastest of so many runs counts")->capture_default_str();
  app.add_option("--limit", flags.limit, "seconds for all runs of one engine on one history")->capture_default_str();
  app.add_option("--write", flags.write, "CLASS FILE: write a generated history as JSON Lines")->expected(2);
  app.add_flag("--quick", flags.quick, "few and small classes");
  app.add_flag("--json", flags.json, "one JSON object a line");
  app.add_flag("--no-recorded", flags.no_recorded, "generated histories only");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(flags);
  } catch (const std::exception& error) {
    std::cerr << "ordeal-checker-bench: " << error.what() << "\n";
    return 2;
  }
}
