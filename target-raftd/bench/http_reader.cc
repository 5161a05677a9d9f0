#include "target-raftd/bench/http_reader.h"

#include <strings.h>

#include <charconv>

namespace raftd::bench {
namespace {

constexpr std::string_view end_of_header = "\r\n\r\n";

// The number that a header line of that name carries.
std::optional<std::size_t> number_of(std::string_view header, std::string_view name) {
  for (std::size_t at = header.find("\r\n"); at != std::string_view::npos; at = header.find("\r\n", at)) {
    at += 2;
    std::string_view line = header.substr(at);
    if (line.size() <= name.size() || ::strncasecmp(line.data(), name.data(), name.size()) != 0) continue;
    line.remove_prefix(name.size());
    if (!line.starts_with(':')) continue;
    line.remove_prefix(1);
    while (line.starts_with(' ')) line.remove_prefix(1);
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
    if (error == std::errc{}) return number;
  }
  return {};
}

}  // namespace

void HttpReader::add(std::string_view bytes) {
  if (taken_ == bytes_.size()) {
    bytes_.clear();
    taken_ = 0;
  }
  bytes_.append(bytes);
}

std::optional<HttpAnswer> HttpReader::next() {
  if (broken_) return {};
  const std::string_view rest = std::string_view(bytes_).substr(taken_);
  const std::size_t end = rest.find(end_of_header);
  if (end == std::string_view::npos) return {};
  const std::string_view header = rest.substr(0, end + 2);
  HttpAnswer answer;
  const std::size_t status_at = std::string_view("HTTP/1.1 ").size();
  const std::string_view status = header.starts_with("HTTP/1.1 ") ? header.substr(status_at, 3) : std::string_view{};
  const auto [stop, error] = std::from_chars(status.data(), status.data() + status.size(), answer.status);
  const std::optional<std::size_t> length = number_of(header, "Content-Length");
  if (status.size() != 3 || error != std::errc{} || stop != status.data() + status.size() || !length) {
    broken_ = true;
    return {};
  }
  const std::size_t size = end + end_of_header.size() + *length;
  if (rest.size() < size) return {};
  answer.body = rest.substr(end + end_of_header.size(), *length);
  taken_ += size;
  return answer;
}

void HttpReader::clear() {
  bytes_.clear();
  taken_ = 0;
  broken_ = false;
}

}  // namespace raftd::bench
