// JSON Lines in pieces: JsonUsualLines for lines like the ones before, JsonScanner for any that our recorder writes,
// the parser of json_lines.h for every other line.  Not thread-safe.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checker/formats/history_stream.h"
#include "checker/formats/json_scanner.h"
#include "checker/formats/json_usual_lines.h"
#include "checker/formats/piece_reader.h"

namespace ordeal::checker {

class JsonLinesStream final : public HistoryStream {
 public:
  // `bytes` must outlive it and be at their begin.
  JsonLinesStream(ByteSource& bytes, std::string file_name, std::size_t piece = PieceReader::usual_size);

  const std::string& format() const override;
  std::span<const CompactEvent> next() override;
  void rewind() override;
  const Vocabulary& vocabulary() const override { return vocabulary_; }
  Vocabulary& vocabulary() override { return vocabulary_; }
  void for_each(const std::function<bool(const Event&)>& visit) override;
  History fetch(const std::function<bool(const CompactEvent&)>& wanted, std::uint64_t last) override;
  std::vector<std::string> warnings() const override;

 private:
  std::size_t take_usual(std::span<CompactEvent> out);
  bool scan(CompactEvent& event);  // false: the next line is none for the scanner, or is not all here
  std::optional<Event> parse();    // the next line that is not blank; nothing at the end
  CompactEvent compacted(const Event& event);
  std::string_view next_line(bool& complete);
  Event parse_here(std::string_view line);  // throws FormatError

  std::string file_name_;
  PieceReader reader_;
  Vocabulary vocabulary_;
  JsonScanner scanner_{vocabulary_};
  JsonUsualLines usual_;
  std::vector<CompactEvent> batch_;
  std::uint64_t lines_ = 0, events_ = 0, next_index_ = 0;  // that were passed; for an event that has no index
  std::optional<std::string> cut_;                         // the warning; the file says it each time it is read
};

}  // namespace ordeal::checker
