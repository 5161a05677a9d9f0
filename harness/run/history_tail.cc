#include "harness/run/history_tail.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "checker/formats/json_lines.h"

namespace ordeal::harness {
namespace {

constexpr std::size_t piece = 256 << 10;  // bytes; a longer line makes the piece as long as it is

[[noreturn]] void refuse(const std::filesystem::path& file, const char* doing) {
  throw std::system_error(errno, std::generic_category(), fmt::format("cannot {} {}", doing, file.string()));
}

int opened(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) refuse(file, "open");
  return descriptor;
}

}  // namespace

HistoryTail::HistoryTail(std::filesystem::path file) : file_(std::move(file)), descriptor_(opened(file_)) {}

HistoryTail::~HistoryTail() {
  ::close(descriptor_);
}

// Whether anything came.
bool HistoryTail::read_more() {
  const std::size_t had = text_.size();
  text_.resize(had + piece);
  ssize_t got = 0;
  do {
    got = ::read(descriptor_, text_.data() + had, piece);
  } while (got < 0 && errno == EINTR);
  text_.resize(had + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  if (got < 0) refuse(file_, "read");
  return got > 0;
}

const checker::History& HistoryTail::next() {
  text_.erase(0, std::exchange(given_, 0));
  events_.clear();
  do {
    std::size_t searched = 0;
    while (text_.find('\n', searched) == std::string::npos) {
      searched = text_.size();
      if (!read_more()) return events_;
    }
    given_ = text_.rfind('\n') + 1;
    const std::string_view lines = std::string_view(text_).substr(0, given_);
    events_ = checker::read_json_lines(lines, file_.string(), before_).events;
    before_.lines += static_cast<std::size_t>(std::count(lines.begin(), lines.end(), '\n'));
    before_.events += events_.size();
    if (events_.empty()) text_.erase(0, std::exchange(given_, 0));  // blank lines
  } while (events_.empty());
  before_.next_index = events_.back().index + 1;
  return events_;
}

HistoryTail::Cut HistoryTail::last_line() const {
  auto last = checker::read_json_lines(std::string_view(text_).substr(given_), file_.string(), before_);
  Cut cut{.events = std::move(last.events), .warning = std::nullopt};
  if (!last.warnings.empty()) cut.warning = last.warnings.front();
  return cut;
}

void HistoryTail::rewind() {
  if (::lseek(descriptor_, 0, SEEK_SET) != 0) refuse(file_, "read");
  text_.clear();
  given_ = 0;
  before_ = {};
  events_.clear();
}

}  // namespace ordeal::harness
