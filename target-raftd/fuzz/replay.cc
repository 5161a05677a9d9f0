// Drives one entry point without a fuzzer, so that every build and every compiler runs it: all seeds as they are, then
// a number of mutations of them, always the same ones.
//
// A mutation takes a random seed and does one to four of these to it:
//
//   flip        RAFTDWAL|02.. -> RAFTDWAM|02..     one bit
//   interest    |03 00 00 00| -> |ff ff ff 7f|     a length, count or number becomes one at an edge
//   cut         abcdefgh -> abgh                   a piece goes
//   repeat      abcdefgh -> abcdcdefgh             a piece comes twice
//   splice      abcdefgh, ABCDEFGH -> abcdEFGH     goes on as another seed does
//
// It is no substitute for a fuzzer, which sees the code that an input reaches and keeps what reaches more; it keeps
// what a fuzzer once found from coming back, and finds the plain mistakes: an unchecked length, a number at its edge.
//
// An entry point that finds something wrong kills the process. The input that did it lies in NAME.last_input then, for
// whatever killed it: it is written before each call.
//
// Usage: NAME_replay MUTATIONS FILE-OR-FOLDER...      (wal_replay 0 wal_replay.last_input: once more)

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;
using Random = std::mt19937_64;

constexpr std::size_t longest_input = 4096;

std::vector<std::string> read_seeds(const std::vector<fs::path>& paths) {
  std::vector<fs::path> files;
  for (const fs::path& path : paths) {
    if (!fs::is_directory(path)) {
      files.push_back(path);
      continue;
    }
    for (const fs::directory_entry& entry : fs::directory_iterator(path)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());  // a folder lists them in any order; the mutations shall be the same ones
  std::vector<std::string> seeds;
  for (const fs::path& file : files) {
    std::ifstream in(file, std::ios::binary);
    if (!in) {
      std::fprintf(stderr, "cannot read %s; name a file or folder of seeds\n", file.c_str());
      std::exit(2);
    }
    seeds.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return seeds;
}

std::size_t below(Random& random, std::size_t bound) {
  return bound == 0 ? 0 : static_cast<std::size_t>(random() % bound);
}

void flip(Random& random, std::string& input) {
  if (input.empty()) return;
  char& byte = input[below(random, input.size())];
  byte = static_cast<char>(byte ^ (1 << below(random, 8)));
}

// Writes 1, 2, 4 or 8 bytes, little-endian, of a number at an edge of some type, or near what may be left of the input.
void put_interesting(Random& random, std::string& input) {
  const std::size_t width = std::size_t{1} << below(random, 4);
  if (input.size() < width) return;
  const std::size_t at = below(random, input.size() - width + 1);
  const std::uint64_t edges[] = {0,
                                 1,
                                 2,
                                 0x7f,
                                 0x80,
                                 0xff,
                                 0x7fff,
                                 0xffff,
                                 0x7fffffff,
                                 0x80000000,
                                 0xffffffff,
                                 0xfffffffe,
                                 1ULL << 32,
                                 1ULL << 62,
                                 ~0ULL >> 1,
                                 1ULL << 63,
                                 ~0ULL,
                                 ~0ULL - 1,
                                 16U << 20,
                                 input.size(),
                                 input.size() - at,
                                 input.size() - at - width};
  std::uint64_t value = edges[below(random, std::size(edges))];
  for (std::size_t i = 0; i < width; ++i, value >>= 8) input[at + i] = static_cast<char>(value);
}

void cut(Random& random, std::string& input) {
  const std::size_t at = below(random, input.size() + 1);
  input.erase(at, random() % 2 == 0 ? std::string::npos : below(random, 16) + 1);
}

void repeat(Random& random, std::string& input) {
  const std::size_t at = below(random, input.size());
  const std::string piece = input.substr(at, below(random, 64) + 1);
  input.insert(at, piece);
}

void splice(Random& random, std::string& input, const std::string& other) {
  input.resize(below(random, input.size() + 1));
  input += other.substr(below(random, other.size() + 1));
}

std::string mutation(Random& random, const std::vector<std::string>& seeds) {
  std::string input = seeds[below(random, seeds.size())];
  for (std::size_t n = 1 + below(random, 4); n > 0; --n) {
    switch (below(random, 5)) {
      case 0:
        flip(random, input);
        break;
      case 1:
        put_interesting(random, input);
        break;
      case 2:
        cut(random, input);
        break;
      case 3:
        repeat(random, input);
        break;
      default:
        splice(random, input, seeds[below(random, seeds.size())]);
    }
  }
  input.resize(std::min(input.size(), longest_input));
  return input;
}

// The one file that holds the input of now. It stays open: some file systems write to the disk when a file that was
// truncated is closed.
class LastInput {
 public:
  explicit LastInput(fs::path path)
      : path_(std::move(path)), file_(::open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) {}
  ~LastInput() {  // nothing died
    ::close(file_);
    fs::remove(path_);
  }
  LastInput(const LastInput&) = delete;
  LastInput& operator=(const LastInput&) = delete;

  void is(std::string_view input) {
    const auto size = static_cast<ssize_t>(input.size());
    if (::pwrite(file_, input.data(), input.size(), 0) == size && ::ftruncate(file_, size) == 0) return;
    std::fprintf(stderr, "cannot write %s; run in a folder that may be written\n", path_.c_str());
    std::exit(2);
  }

 private:
  fs::path path_;
  int file_;
};

void run(LastInput& last, const std::string& input) {
  last.is(input);
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const std::string name = fs::path(*argv).filename().string();
  unsigned mutations = 0;
  const bool number = !arguments.empty() &&
                      std::from_chars(arguments[0].data(), arguments[0].data() + arguments[0].size(), mutations).ptr ==
                          arguments[0].data() + arguments[0].size();
  if (!number || arguments.size() < 2) {
    std::fprintf(stderr, "usage: %s MUTATIONS FILE-OR-FOLDER...\n", name.c_str());
    return 2;
  }
  const std::vector<std::string> seeds = read_seeds({arguments.begin() + 1, arguments.end()});
  if (seeds.empty()) {
    std::fprintf(stderr, "no seeds in %s; make_corpus writes them\n", arguments[1].c_str());
    return 2;
  }
  LastInput last(name + ".last_input");
  for (const std::string& seed : seeds) run(last, seed);
  Random random(1);
  for (unsigned i = 0; i < mutations; ++i) run(last, mutation(random, seeds));
  std::printf("%zu seeds and %u mutations of them\n", seeds.size(), mutations);
  return 0;
}
