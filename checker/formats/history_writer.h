// Writes a history, event by event, in any of the formats that we write.  Not thread-safe; pure.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "checker/event.h"
#include "checker/formats/byte_source.h"

namespace ordeal::checker {

enum class WrittenFormat : std::uint8_t {
  json_lines,  // json_lines.h
  binary,      // binary_format.h
  edn,         // edn_writer.h
};
std::optional<WrittenFormat> written_format_named(std::string_view name);  // "json-lines", "binary", "edn"

class HistoryWriter {
 public:
  virtual ~HistoryWriter() = default;
  virtual void write(const Event& event) = 0;
  virtual void finish() = 0;  // after the last event; finishes the sink too
};

// `sink` must outlive it. `nil_reads_say_nothing` is kept by the binary format; EDN means it, JSON Lines cannot say it.
std::unique_ptr<HistoryWriter> make_history_writer(WrittenFormat format, ByteSink& sink, bool nil_reads_say_nothing);

}  // namespace ordeal::checker
