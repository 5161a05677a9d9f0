// history.jsonl, read in pieces: from its begin, while a recorder may still be writing it, in memory that does not grow
// with it. One thread; the recorder may be another's, or another process'.

#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

#include "checker/event.h"
#include "checker/formats/json_lines.h"

namespace ordeal::harness {

class HistoryTail {
 public:
  // Throws std::system_error naming the file, here and when it cannot be read.
  explicit HistoryTail(std::filesystem::path file);
  ~HistoryTail();
  HistoryTail(const HistoryTail&) = delete;
  HistoryTail& operator=(const HistoryTail&) = delete;

  // The events of the next whole lines, of a few hundred KiB; empty: no further line has been finished yet. Valid until
  // the next call. Throws checker::FormatError for a line that is none of ours, naming it.
  const checker::History& next();

  // Once nobody writes any more and next() was empty: what it means that the last line was cut short, as a killed
  // writer leaves it; nullopt: the file ends with a whole line. A last event that only lacks its newline is in
  // `events`.
  struct Cut {
    checker::History events;
    std::optional<std::string> warning;
  };
  Cut last_line() const;

  void rewind();

 private:
  bool read_more();

  const std::filesystem::path file_;
  const int descriptor_;
  std::string text_;             // read, and not yet given
  std::size_t given_ = 0;        // of it: the lines of `events_`
  checker::BeforePiece before_;  // given
  checker::History events_;
};

}  // namespace ordeal::harness
