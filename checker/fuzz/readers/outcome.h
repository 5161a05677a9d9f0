// What reading a history gave, so that two ways of reading it can be compared.  Pure; any thread.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "checker/event.h"
#include "checker/formats/history_reader.h"
#include "checker/formats/history_stream.h"
#include "checker/formats/history_writer.h"

namespace ordeal::checker {

struct Outcome {
  History events;
  std::vector<std::string> warnings;
  std::string error;  // of the FormatError, and nothing else counts then
};

// By the bytes of the events, for which a number that is none equals itself.
bool same(const Outcome& one, const Outcome& other);

Outcome held(const HistoryFile& file);
Outcome all_events(HistoryStream& stream);

// What a check sees: events without time, node, other errors than "mismatch", and the nemesis.
Outcome compact_events(HistoryStream& stream);
Outcome reduced(Outcome outcome);

std::string written(const History& events, WrittenFormat format);

// `read()` gives an Outcome or throws FormatError.
template <typename Read>
Outcome outcome_of(const Read& read) {
  try {
    return read();
  } catch (const FormatError& error) {
    return {{}, {}, error.what()};
  }
}

// Kills the process, which is how a fuzzer is told that something is wrong.
inline void expect(bool holds) {
  if (!holds) __builtin_trap();
}

// Reads `text` as text and in pieces, writes it in every format, and reads that.
void expect_same_in_every_format(std::string_view text);

}  // namespace ordeal::checker
