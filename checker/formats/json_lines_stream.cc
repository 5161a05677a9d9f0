#include "checker/formats/json_lines_stream.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "checker/formats/json_lines.h"

namespace ordeal::checker {
namespace {

constexpr std::size_t largest_batch = 1024;
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

}  // namespace

JsonLinesStream::JsonLinesStream(ByteSource& bytes, std::string file_name, std::size_t piece)
    : file_name_(std::move(file_name)), reader_(bytes, piece), batch_(largest_batch) {}

const std::string& JsonLinesStream::format() const {
  static const std::string name = "JSON Lines";
  return name;
}

void JsonLinesStream::rewind() {
  reader_.rewind();
  lines_ = events_ = next_index_ = 0;
}

bool JsonLinesStream::scan(CompactEvent& event) {
  const char* const begin = reader_.available().data();
  const char* const end = scanner_.scan(begin, event);
  if (end == nullptr) return false;
  reader_.consume(static_cast<std::size_t>(end - begin));
  ++lines_;
  ++events_;
  next_index_ = event.index + 1;
  return true;
}

// As many of the next lines as are usual.
std::size_t JsonLinesStream::take_usual(std::span<CompactEvent> out) {
  const char* const begin = reader_.available().data();
  const char* end = begin;
  const std::size_t taken = usual_.take(end, out);
  if (taken == 0) return 0;
  reader_.consume(static_cast<std::size_t>(end - begin));
  lines_ += taken;
  events_ += taken;
  next_index_ = out[taken - 1].index + 1;
  return taken;
}

// Without its newline; it is not consumed yet.
std::string_view JsonLinesStream::next_line(bool& complete) {
  std::size_t searched = 0;
  while (true) {
    const std::string_view text = reader_.available();
    const std::size_t newline = text.find('\n', searched);
    complete = newline != std::string_view::npos;
    if (complete) return text.substr(0, newline);
    searched = text.size();
    if (!reader_.more()) return reader_.available();
  }
}

Event JsonLinesStream::parse_here(std::string_view line) {
  Cursor cursor(line, file_name_, lines_);
  cursor.take_while([](char c) { return c == ' ' || c == '\t' || c == '\r'; });
  return parse_json_line(cursor, next_index_);
}

std::optional<Event> JsonLinesStream::parse() {
  while (true) {
    const bool at_begin = reader_.offset() == 0;
    bool complete = true;
    std::string_view line = next_line(complete);
    const std::size_t size = line.size() + (complete ? 1 : 0);
    if (size == 0) return std::nullopt;
    if (at_begin && line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
    std::optional<Event> event;
    try {
      if (line.find_first_not_of(" \t\r") != std::string_view::npos) event = parse_here(line);
    } catch (const FormatError& error) {
      if (complete) throw;
      cut_ = cut_line_warning(error, lines_ + 1, events_);
    }
    reader_.consume(size);
    ++lines_;
    if (!event) continue;
    ++events_;
    next_index_ = event->index + 1;
    return event;
  }
}

CompactEvent JsonLinesStream::compacted(const Event& event) {
  try {
    return compact(event, vocabulary_);
  } catch (const std::length_error& error) {
    throw FormatError(fmt::format("{}:{}:1: {}", file_name_, lines_, error.what()));
  }
}

std::span<const CompactEvent> JsonLinesStream::next() {
  std::size_t size = 0;
  while (size < largest_batch) {
    size += take_usual(std::span(batch_).subspan(size));
    if (size == largest_batch) break;
    const char* const line = reader_.available().data();
    if (scan(batch_[size])) {
      usual_.learn(line, batch_[size++]);
      continue;
    }
    const std::optional<Event> event = parse();
    if (!event) break;
    if (event->process != nemesis_process) batch_[size++] = compacted(*event);
  }
  return {batch_.data(), size};
}

void JsonLinesStream::for_each(const std::function<bool(const Event&)>& visit) {
  rewind();
  for (auto event = parse(); event && visit(*event); event = parse()) {
  }
  rewind();
}

// Only the lines that are wanted go through the parser.
History JsonLinesStream::fetch(const std::function<bool(const CompactEvent&)>& wanted, std::uint64_t last) {
  History out;
  rewind();
  while (true) {
    const std::string_view before = reader_.available();
    CompactEvent event;
    if (scan(event)) {
      if (event.index > last) break;
      if (!wanted(event)) continue;
      --lines_;  // where the line stands, should it be broken: it is not
      out.push_back(parse_here(before.substr(0, before.find('\n'))));
      ++lines_;
    } else {
      std::optional<Event> full = parse();
      if (!full || full->index > last) break;
      if (full->process != nemesis_process && wanted(compacted(*full))) out.push_back(std::move(*full));
    }
  }
  rewind();
  return out;
}

std::vector<std::string> JsonLinesStream::warnings() const {
  if (cut_) return {*cut_};
  return {};
}

}  // namespace ordeal::checker
