#include "harness/report/status_block.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "harness/report/quantities.h"
#include "harness/report/terminal_text.h"

namespace ordeal::harness {
namespace {

using std::chrono::seconds;

constexpr int narrowest = 20;
constexpr std::size_t bar_width = 24;
constexpr seconds between_lines{5};

std::string whole_seconds(std::chrono::nanoseconds time) {
  return fmt::format("{} s", std::chrono::duration_cast<seconds>(time).count());
}

std::uint64_t speed(double ops_per_second) {
  return std::isfinite(ops_per_second) && ops_per_second > 0 ? static_cast<std::uint64_t>(std::llround(ops_per_second))
                                                             : 0;
}

double share(double part, double whole) {
  return whole > 0 ? std::clamp(part / whole, 0.0, 1.0) : 0;
}

std::string bar(double done) {
  const auto full = static_cast<std::size_t>(done * static_cast<double>(bar_width));
  return "[" + std::string(full, '#') + std::string(bar_width - full, '.') + "]";
}

std::string fault_list(const std::vector<std::string>& faults) {
  std::string text;
  for (const std::string& fault : faults) text += (text.empty() ? "" : ", ") + fault;
  return text.empty() ? "none" : text;
}

std::string checked_text(const Status& status) {
  if (status.live) {
    return fmt::format("{} operations, {} behind", grouped(status.checked),
                       grouped(status.total - std::min(status.checked, status.total)));
  }
  const double percent = 100 * share(static_cast<double>(status.checked), static_cast<double>(status.total));
  // Rounded down: 100 % means done.
  return fmt::format("{} of {} operations ({:.1f} %)", grouped(status.checked), grouped(status.total),
                     std::floor(percent * 10) / 10);
}

// How many rows of a terminal `columns` wide the drawn lines take now; it may have become narrower since.
std::size_t rows_of(const std::vector<std::string>& lines, int columns) {
  const auto width = static_cast<std::size_t>(std::max(columns, 1));
  std::size_t rows = 0;
  for (const std::string& line : lines) rows += std::max<std::size_t>(1, (columns_of(line) + width - 1) / width);
  return rows;
}

void write_to_standard_error(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    if (written <= 0) return;  // a status that cannot be shown is no reason to end a run
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

int columns_of_standard_error() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

std::vector<std::string> status_lines(const Status& status, int columns) {
  std::vector<std::string> lines;
  const std::string elapsed = whole_seconds(status.elapsed);
  if (status.duration.count() > 0) {
    const double done =
        share(static_cast<double>(status.elapsed.count()), static_cast<double>(status.duration.count()));
    lines.push_back(fmt::format("{} {} of {}  {}", bar(done), elapsed, whole_seconds(status.duration), status.phase));
  } else {
    lines.push_back(fmt::format("{}  {}", elapsed, status.phase));
  }
  lines.push_back(fmt::format("{} ops/s   ok {}   fail {}   info {}", grouped(speed(status.ops_per_second)),
                              grouped(status.counts.ok), grouped(status.counts.fail), grouped(status.counts.info)));
  lines.push_back(fmt::format("leader {}   faults: {}", status.leader.empty() ? "unknown" : status.leader,
                              fault_list(status.faults)));
  lines.push_back(status.total > 0 ? "checked " + checked_text(status) : "not checking yet");
  const auto width = static_cast<std::size_t>(std::max(columns, narrowest));
  for (std::string& line : lines) line = elided(printable(line), width);
  return lines;
}

std::string status_line(const Status& status) {
  std::string line =
      fmt::format("{} {}: {} ops/s, ok {} fail {} info {}; leader {}", whole_seconds(status.elapsed), status.phase,
                  grouped(speed(status.ops_per_second)), grouped(status.counts.ok), grouped(status.counts.fail),
                  grouped(status.counts.info), status.leader.empty() ? "unknown" : status.leader);
  if (!status.faults.empty()) line += "; faults: " + fault_list(status.faults);
  if (status.total > 0) line += "; checked " + checked_text(status);
  return printable(line);
}

StatusDisplay::StatusDisplay(Output output) : output_(std::move(output)) {}

StatusDisplay::~StatusDisplay() {
  erase();
}

void StatusDisplay::show(const Status& status) {
  if (!output_.terminal) {
    const bool due =
        !last_.has_value() || last_->phase != status.phase || status.elapsed - last_->elapsed >= between_lines;
    if (!due) return;
    last_ = status;
    output_.write(status_line(status) + "\n");
    return;
  }
  last_ = status;
  draw(status_lines(status, columns() - 1));  // the last column stays free, since some terminals wrap there
}

void StatusDisplay::print(const std::string& line) {
  const std::vector<std::string> block = drawn_;
  erase();
  output_.write(line + "\n");
  if (!block.empty()) draw(block);
}

void StatusDisplay::erase() {
  if (drawn_.empty()) return;
  output_.write(to_start_of_block() + "\x1b[J");
  drawn_.clear();
}

int StatusDisplay::columns() const {
  return output_.columns ? output_.columns() : 80;
}

std::string StatusDisplay::to_start_of_block() const {
  const std::size_t rows = rows_of(drawn_, columns());
  return rows > 1 ? fmt::format("\r\x1b[{}A", rows - 1) : "\r";
}

// One write, so that the block never flickers half drawn; the cursor stays at its end, without a newline.
void StatusDisplay::draw(std::vector<std::string> lines) {
  std::string text = drawn_.empty() ? "" : to_start_of_block();
  for (std::size_t at = 0; at < lines.size(); ++at) text += (at == 0 ? "" : "\n") + lines[at] + "\x1b[K";
  output_.write(text + "\x1b[J");
  drawn_ = std::move(lines);
}

StatusDisplay::Output status_on_standard_error() {
  const char* name = std::getenv("TERM");
  const bool dumb = name == nullptr || std::string_view(name) == "dumb";
  return {.write = write_to_standard_error,
          .terminal = ::isatty(STDERR_FILENO) == 1 && !dumb,
          .columns = columns_of_standard_error};
}

}  // namespace ordeal::harness
