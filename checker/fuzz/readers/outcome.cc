#include "checker/fuzz/readers/outcome.h"

#include <utility>

#include "checker/formats/byte_source.h"
#include "checker/fuzz/readers/counted_memory.h"

namespace ordeal::checker {
namespace {

Outcome in_full(std::string_view text) {
  return outcome_of([&] {
    TextBytes bytes(text);
    return all_events(*open_history(bytes, "h"));
  });
}

void expect_survives(Outcome outcome, WrittenFormat format) {
  for (std::uint64_t index = 0; Event & event : outcome.events) event.index = index++;  // EDN does not keep others
  const std::string once = written(outcome.events, format);
  const Outcome back = in_full(once);
  expect(back.error.empty());
  const Outcome again = in_full(written(back.events, format));
  expect(same(back, again));  // the first may differ from what was given: bytes that are no UTF-8 become U+FFFD
}

}  // namespace

std::string written(const History& events, WrittenFormat format) {
  TextSink sink;
  const auto writer = make_history_writer(format, sink, false);
  for (const Event& event : events) writer->write(event);
  writer->finish();
  return std::move(sink.text);
}

bool same(const Outcome& one, const Outcome& other) {
  return one.error == other.error &&
         (!one.error.empty() || (one.warnings == other.warnings && one.events.size() == other.events.size() &&
                                 (one.events == other.events || written(one.events, WrittenFormat::binary) ==
                                                                    written(other.events, WrittenFormat::binary))));
}

Outcome held(const HistoryFile& file) {
  return {file.events, file.warnings, ""};
}

Outcome all_events(HistoryStream& stream) {
  Outcome out;
  stream.for_each([&](const Event& event) {
    out.events.push_back(event);
    return true;
  });
  out.warnings = stream.warnings();
  return out;
}

Outcome compact_events(HistoryStream& stream) {
  Outcome out;
  for (auto batch = stream.next(); !batch.empty(); batch = stream.next()) {
    const Vocabulary& words = stream.vocabulary();
    for (const CompactEvent& event : batch) {
      const Value value = words.value(event.value);
      out.events.push_back({.index = event.index,
                            .process = event.process,
                            .type = event.type,
                            .f = words.verb_name(event.f),
                            .key = words.key_name(event.key),
                            .value = event.second.is_absent() ? value : Value(List{value, words.value(event.second)}),
                            .error = event.mismatch ? "mismatch" : ""});
    }
  }
  out.warnings = stream.warnings();
  return out;
}

Outcome reduced(Outcome outcome) {
  std::erase_if(outcome.events, [](const Event& event) { return event.process == nemesis_process; });
  for (Event& event : outcome.events) {
    event.time = {};
    event.node.clear();
    if (event.error != "mismatch") event.error.clear();
  }
  return outcome;
}

void expect_same_in_every_format(std::string_view text) {
  if (text.starts_with("\x89ORDH\r\n")) return;  // the binary twin, which read_history does not read
  const CountedMemory memory;
  const Outcome whole = outcome_of([&] { return held(read_history(text, "h")); });
  expect(same(in_full(text), whole));
  const Outcome seen = outcome_of([&] {
    TextBytes bytes(text);
    const auto stream = open_history(bytes, "h");
    const Outcome once = compact_events(*stream);
    stream->rewind();
    expect(same(compact_events(*stream), once));
    return once;
  });
  expect(same(seen, reduced(whole)));
  expect_modest(memory, text.size());
  if (!whole.error.empty()) return;
  for (const WrittenFormat format : {WrittenFormat::json_lines, WrittenFormat::binary, WrittenFormat::edn}) {
    expect_survives(whole, format);
  }
}

}  // namespace ordeal::checker
