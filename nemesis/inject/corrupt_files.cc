#include "nemesis/inject/corrupt_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fnmatch.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "nemesis/inject/cluster.h"
#include "nemesis/plan/draw.h"

namespace ordeal::nemesis {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(std::string_view what, const fs::path& path) {
  throw std::runtime_error(fmt::format("corrupt-file: cannot {} {}: {}; the node's files must belong to this user",
                                       what, path.native(), std::strerror(errno)));
}

class Opened {
 public:
  Opened(const fs::path& path, int flags) : path_(path), number_(open(path.c_str(), flags | O_CLOEXEC)) {
    if (number_ < 0) fail("open", path);
  }
  ~Opened() { close(number_); }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
  int number() const { return number_; }

 private:
  const fs::path& path_;
  int number_;
};

// How long the file is without the zeros at its end.
std::uint64_t length_of_content(const fs::path& path) {
  const Opened file(path, O_RDONLY);
  std::array<char, 65536> piece;
  std::uint64_t end = fs::file_size(path);
  while (end > 0) {
    const std::uint64_t begin = end - std::min<std::uint64_t>(end, piece.size());
    const ssize_t got = pread(file.number(), piece.data(), end - begin, static_cast<off_t>(begin));
    if (got < 0) fail("read", path);
    for (auto at = static_cast<std::uint64_t>(got); at > 0; --at)
      if (piece[at - 1] != 0) return begin + at;
    end = begin;
  }
  return 0;
}

struct Candidate {
  fs::path file;           // below the folder
  std::uint64_t room = 0;  // the damage lies before
};

// In the order of their names, so that the draw decides.
std::vector<Candidate> candidates(const fs::path& folder, const std::vector<CorruptibleFiles>& files,
                                  CorruptKind kind) {
  std::vector<Candidate> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    const fs::path name = entry.path().lexically_relative(folder);
    for (const CorruptibleFiles& one : files) {
      if (fnmatch(one.pattern.c_str(), name.c_str(), FNM_PATHNAME) != 0) continue;
      if (std::find(one.kinds.begin(), one.kinds.end(), kind) == one.kinds.end()) continue;
      const std::uint64_t content = length_of_content(entry.path());
      if (content > one.spared_at_end) found.push_back({name, content - one.spared_at_end});
      break;
    }
  }
  std::sort(found.begin(), found.end(), [](const Candidate& a, const Candidate& b) { return a.file < b.file; });
  return found;
}

void flip_bit(const fs::path& path, std::uint64_t offset, int bit) {
  const Opened file(path, O_RDWR);
  char byte = 0;
  if (pread(file.number(), &byte, 1, static_cast<off_t>(offset)) != 1) fail("read", path);
  byte = static_cast<char>(byte ^ (1 << bit));
  if (pwrite(file.number(), &byte, 1, static_cast<off_t>(offset)) != 1) fail("write", path);
}

}  // namespace

std::uintmax_t Cluster::empty_data(const Node& node) {
  std::uintmax_t removed = 0;
  for (const auto& entry : std::filesystem::directory_iterator(data_folder(node)))
    removed += std::filesystem::remove_all(entry);
  return removed;
}

std::optional<Damage> corrupt(const fs::path& folder, const std::vector<CorruptibleFiles>& files, CorruptKind kind,
                              std::uint64_t draw) {
  const std::vector<Candidate> found = candidates(folder, files, kind);
  if (found.empty()) return std::nullopt;
  Draw dice(draw);
  const Candidate& chosen = found[dice.below(found.size())];
  const fs::path path = folder / chosen.file;
  const Damage damage{.file = chosen.file,
                      .offset = dice.below(chosen.room),
                      .length = fs::file_size(path),
                      .bit = static_cast<int>(dice.below(8))};
  if (kind == CorruptKind::bit_flip) {
    flip_bit(path, damage.offset, damage.bit);
  } else {
    fs::resize_file(path, damage.offset);
  }
  return damage;
}

}  // namespace ordeal::nemesis
