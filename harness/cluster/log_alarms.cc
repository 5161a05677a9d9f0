// Each log is read in blocks. A line is searched when it is complete, or in pieces when it is longer than a block; two
// pieces overlap by the longest alarm less one byte, so that an alarm on the seam is found:
//
//   alarm "panic:", pieces of one line "....pan" + "ic: nil"  ->  the second is searched as "..pan" "ic: nil"

#include "harness/cluster/log_alarms.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string_view>

#include "harness/cluster/node_log.h"
#include "harness/cluster/printable.h"

namespace ordeal::harness {

namespace {

constexpr std::size_t kBlock = 64 * 1024;
constexpr std::size_t kLongestMatch = 4096;  // of a pattern on the seam of two pieces

bool in_path(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("/._-+~%@").find(c) != std::string_view::npos;
}

// Whether [begin, end) is part of a path: of a run of letters that paths are made of, with a slash among them. Looks no
// further than a path can reach, since a line may be megabytes of junk.
bool within_path(std::string_view text, std::size_t begin, std::size_t end) {
  if (!std::ranges::all_of(text.substr(begin, end - begin), in_path)) return false;
  constexpr std::size_t longest = 4096;
  const std::size_t first = begin - std::min(begin, longest);
  const std::size_t last = std::min(text.size(), end + longest);
  while (begin > first && in_path(text[begin - 1])) --begin;
  while (end < last && in_path(text[end])) ++end;
  return text.substr(begin, end - begin).find('/') != std::string_view::npos;
}

// A folder may be called anything: "recovered from /store/wal-corrupt/n1" is no alarm for "corrupt".
std::size_t find_outside_paths(std::string_view text, const std::string& alarm) {
  const bool names_path = alarm.find('/') != std::string::npos;
  std::size_t at = text.find(alarm);
  while (at != std::string_view::npos && !names_path && within_path(text, at, at + alarm.size())) {
    at = text.find(alarm, at + 1);
  }
  return at;
}

// Feeds on the bytes of one log and remembers its alarms.
class Scanner {
 public:
  Scanner(const std::vector<std::string>& alarms, const std::vector<std::string>& patterns, std::size_t at_most)
      : at_most_(at_most), overlap_(patterns.empty() ? 0 : kLongestMatch) {
    for (const std::string& pattern : patterns) {
      patterns_.push_back(std::make_unique<re2::RE2>(pattern, re2::RE2::Quiet));
    }
    for (const std::string& alarm : alarms)
      if (!alarm.empty()) alarms_.push_back(alarm);
    for (const std::string& alarm : alarms_) overlap_ = std::max(overlap_, alarm.size() - 1);
  }

  bool wants_more() const { return !(alarms_.empty() && patterns_.empty()) && found_.size() < at_most_; }

  void feed(std::string_view bytes) {
    while (!bytes.empty() && wants_more()) {
      const std::size_t newline = bytes.find('\n');
      pending_.append(bytes.substr(0, newline));
      if (newline == std::string_view::npos) break;
      end_line();
      bytes.remove_prefix(newline + 1);
    }
    if (pending_.size() > kBlock) {
      search(pending_, true);
      pending_.erase(0, pending_.size() - overlap_);
      in_pieces_ = true;
    }
  }

  void end_line() {
    if (wants_more()) search(pending_, false);
    pending_.clear();
    in_pieces_ = false;
    line_found_ = false;
    ++line_;
  }

  std::vector<LogAlarm> take() { return std::move(found_); }

 private:
  void search(std::string_view piece, bool continues) {
    if (line_found_ || (!in_pieces_ && piece.starts_with(kHarnessMark))) return;
    std::size_t first = std::string_view::npos;
    for (const std::string& alarm : alarms_) first = std::min(first, find_outside_paths(piece, alarm));
    for (const auto& pattern : patterns_) first = std::min(first, find_pattern(piece, *pattern));
    if (first == std::string_view::npos) return;
    line_found_ = true;
    constexpr std::size_t kBefore = 100;
    const std::size_t begin = first > kBefore ? first - kBefore : 0;
    const bool cut = begin > 0 || in_pieces_;
    std::string text = (cut ? "..." : "") + printable(piece.substr(begin));
    if (continues && !text.ends_with("...")) text += "...";
    found_.push_back({.node = {}, .file = {}, .line = line_, .text = std::move(text)});
  }

  // What continues a line does not begin with ^.
  std::size_t find_pattern(std::string_view piece, const re2::RE2& pattern) const {
    re2::StringPiece match;
    const re2::StringPiece text(piece.data(), piece.size());
    const std::size_t from = in_pieces_ && !piece.empty() ? 1 : 0;
    if (!pattern.Match(text, from, text.size(), re2::RE2::UNANCHORED, &match, 1)) return std::string_view::npos;
    return static_cast<std::size_t>(match.data() - text.data());
  }

  std::vector<std::string> alarms_;
  std::vector<std::unique_ptr<re2::RE2>> patterns_;
  std::size_t at_most_;
  std::size_t overlap_;
  std::string pending_;
  std::size_t line_ = 1;
  bool in_pieces_ = false;   // `pending_` continues a line whose beginning was searched
  bool line_found_ = false;  // one alarm a line
  std::vector<LogAlarm> found_;
};

std::vector<LogAlarm> scan_file(const std::filesystem::path& file, Scanner scanner) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error(fmt::format("{}: cannot be read: {}", file.native(), std::strerror(errno)));
  std::vector<char> block(kBlock);
  while (scanner.wants_more() && in) {
    in.read(block.data(), static_cast<std::streamsize>(block.size()));
    scanner.feed({block.data(), static_cast<std::size_t>(in.gcount())});
  }
  if (in.bad()) throw std::runtime_error(fmt::format("{}: cannot be read to its end", file.native()));
  scanner.end_line();
  return scanner.take();
}

// n2 before n10.
bool in_order_of_number(const std::string& a, const std::string& b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

std::vector<std::string> node_names(const std::filesystem::path& nodes) {
  std::vector<std::string> names;
  if (std::filesystem::is_directory(nodes))
    for (const auto& entry : std::filesystem::directory_iterator(nodes)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end(), in_order_of_number);
  return names;
}

}  // namespace

std::vector<LogAlarm> scan_logs(const std::filesystem::path& run_folder, const std::vector<std::string>& alarms,
                                std::size_t per_node, const std::vector<std::string>& patterns) {
  std::vector<LogAlarm> all;
  for (const std::string& node : node_names(run_folder / "nodes")) {
    std::size_t left = per_node;
    for (const char* name : {kStandardError, kStandardOutput}) {
      const std::filesystem::path file = std::filesystem::path("nodes") / node / name;
      if (left == 0 || !std::filesystem::exists(run_folder / file)) continue;
      for (LogAlarm& alarm : scan_file(run_folder / file, Scanner(alarms, patterns, left))) {
        alarm.node = node;
        alarm.file = file;
        all.push_back(std::move(alarm));
        --left;
      }
    }
  }
  return all;
}

}  // namespace ordeal::harness
