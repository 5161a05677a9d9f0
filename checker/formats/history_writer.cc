#include "checker/formats/history_writer.h"

#include <string>

#include "checker/formats/binary_writer.h"
#include "checker/formats/edn_writer.h"
#include "checker/formats/json_lines.h"

namespace ordeal::checker {
namespace {

class LineWriter final : public HistoryWriter {
 public:
  using Line = std::string (*)(const Event&);
  LineWriter(ByteSink& sink, Line line) : sink_(sink), line_(line) {}

  void write(const Event& event) override {
    text_ += line_(event);
    text_ += '\n';
    constexpr std::size_t piece = std::size_t{64} << 10;
    if (text_.size() < piece) return;
    sink_.write(text_);
    text_.clear();
  }
  void finish() override {
    sink_.write(text_);
    text_.clear();
    sink_.finish();
  }

 private:
  ByteSink& sink_;
  Line line_;
  std::string text_;
};

}  // namespace

std::optional<WrittenFormat> written_format_named(std::string_view name) {
  if (name == "json-lines") return WrittenFormat::json_lines;
  if (name == "binary") return WrittenFormat::binary;
  if (name == "edn") return WrittenFormat::edn;
  return std::nullopt;
}

std::unique_ptr<HistoryWriter> make_history_writer(WrittenFormat format, ByteSink& sink, bool nil_reads_say_nothing) {
  switch (format) {
    case WrittenFormat::json_lines:
      return std::make_unique<LineWriter>(sink, write_json_line);
    case WrittenFormat::edn:
      return std::make_unique<LineWriter>(sink, write_edn_line);
    case WrittenFormat::binary:
      break;
  }
  return std::make_unique<BinaryWriter>(sink, nil_reads_say_nothing);
}

}  // namespace ordeal::checker
