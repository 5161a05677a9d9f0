#include "harness/cluster/log_tail.h"

#include <fstream>
#include <sstream>
#include <system_error>

#include "harness/cluster/node_log.h"

namespace ordeal::harness {

bool LogTail::wrote(std::string_view text) {
  std::error_code error;
  const std::uint64_t size = std::filesystem::file_size(file_, error);
  if (error || size <= next_) return false;
  std::ifstream input(file_, std::ios::binary);
  input.seekg(static_cast<std::streamoff>(next_));
  std::string piece(size - next_, '\0');
  input.read(piece.data(), static_cast<std::streamsize>(piece.size()));
  piece.resize(static_cast<std::size_t>(input.gcount()));
  next_ += piece.size();
  begun_ += piece;
  bool found = false;
  std::size_t begin = 0;
  for (std::size_t end = begun_.find('\n'); end != std::string::npos; end = begun_.find('\n', begin)) {
    const std::string_view line = std::string_view(begun_).substr(begin, end - begin);
    found = found || (!line.starts_with(kHarnessMark) && line.find(text) != std::string_view::npos);
    begin = end + 1;
  }
  begun_.erase(0, begin);
  return found;
}

std::uint64_t present_life(const std::filesystem::path& file) {
  std::ifstream input(file, std::ios::binary);
  std::ostringstream all;
  all << input.rdbuf();
  const std::string text = all.str();
  const std::size_t mark = text.rfind(std::string(kHarnessMark) + "starting");
  if (mark == std::string::npos) return 0;
  const std::size_t end = text.find('\n', mark);
  return end == std::string::npos ? text.size() : end + 1;
}

}  // namespace ordeal::harness
