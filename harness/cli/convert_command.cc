// `ordeal convert FROM TO`: a history in another format, or compressed.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "checker/formats/history_stream.h"
#include "checker/formats/history_writer.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/subcommands.h"
#include "harness/config/config_error.h"
#include "harness/history/open_bytes.h"
#include "harness/history/open_sink.h"

namespace ordeal::harness {
namespace {

using checker::Event;
using checker::WrittenFormat;

struct Flags {
  std::string from, to;
  std::string format;  // empty: by the name of `to`
};

// By --to, else by the name's end, below .gz or .zst.
WrittenFormat format_of(const Flags& flags) {
  if (!flags.format.empty()) return *checker::written_format_named(flags.format);
  std::filesystem::path name(flags.to);
  if (name.extension() == ".gz" || name.extension() == ".zst") name.replace_extension();
  if (name.extension() == ".jsonl") return WrittenFormat::json_lines;
  if (name.extension() == ".ordh") return WrittenFormat::binary;
  if (name.extension() == ".edn") return WrittenFormat::edn;
  throw ConfigError(fmt::format("{}: its name does not say the format; add --to json-lines, binary or edn", flags.to));
}

void refuse_same_file(const Flags& flags) {
  std::error_code ignored;
  if (flags.to != "-" && std::filesystem::equivalent(flags.from, flags.to, ignored)) {
    throw ConfigError(fmt::format("{}: would be overwritten while it is read; name another file", flags.to));
  }
}

int convert(const Flags& flags) {
  const WrittenFormat format = format_of(flags);
  refuse_same_file(flags);
  const auto bytes = open_bytes(flags.from);
  const auto history = checker::open_history(*bytes, shown_name(flags.from));
  const auto sink = open_sink(flags.to);
  const auto writer = checker::make_history_writer(format, *sink, history->nil_reads_say_nothing());
  std::size_t events = 0, reads_of_nil = 0;
  history->for_each([&](const Event& event) {
    writer->write(event);
    ++events;
    if (event.type == checker::EventType::ok && event.f == "read" && event.value.is_nil()) ++reads_of_nil;
    return true;
  });
  writer->finish();
  for (const std::string& warning : history->warnings()) fmt::print(stderr, "ordeal: warning: {}\n", warning);
  if (format == WrittenFormat::json_lines && history->nil_reads_say_nothing() && reads_of_nil > 0) {
    fmt::print(
        stderr,
        "ordeal: warning: {}: {} reads of nil say nothing in {}, but are values in JSON Lines; convert to binary "
        "to keep their meaning\n",
        shown_name(flags.from), reads_of_nil, history->format());
  }
  fmt::print(stderr, "{} events from {}\n", events, history->format());
  return static_cast<int>(ExitCode::valid);
}

}  // namespace

Action declare_convert(CLI::App& app) {
  auto flags = std::make_shared<Flags>();
  app.add_option("FROM", flags->from, "a history in any format that is read, also gzip or zstd; - is standard input")
      ->required();
  app.add_option("TO", flags->to, "the file to write; .gz or .zst at its end compresses it; - is standard output")
      ->required();
  app.add_option("--to", flags->format, "its format; else by its name: .jsonl, .ordh (binary) or .edn")
      ->check(CLI::IsMember({"json-lines", "binary", "edn"}));
  app.footer(
      "Example: ordeal convert store/latest/history.jsonl history.ordh.zst\n"
      "         zcat history.jsonl.gz | ordeal convert - - --to edn > history.edn\n"
      "Binary is read fastest. EDN is a map a line, as Knossos and Elle read it: a key becomes Jepsen's tuple [key "
      "value].\n"
      "Exit code: 0 written, 254 usage or broken input, 255 failure.");
  return [flags] { return convert(*flags); };
}

}  // namespace ordeal::harness
