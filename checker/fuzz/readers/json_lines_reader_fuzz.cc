// JSON Lines: read whole, in pieces of any size, and by the fast scanner, a text gives the same events, warnings and
// mistakes; what is accepted can be written in every format and read again.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "checker/formats/byte_source.h"
#include "checker/formats/json_lines.h"
#include "checker/formats/json_lines_stream.h"
#include "checker/fuzz/readers/counted_memory.h"
#include "checker/fuzz/readers/outcome.h"

using namespace ordeal::checker;

namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

// A line that a scanner accepts is one that the parser accepts, and all of them read it in the same way.
class Scanners {
 public:
  void compare(std::string_view line) {
    const std::string padded = std::string(line) + "\n" + std::string(PieceReader::padding, '\0');
    CompactEvent event;
    const char* end = padded.data();
    if (usual_.take(end, {&event, 1}) == 1) {
      expect_parsed(line, event);
      expect(end == padded.data() + line.size() + 1);
    }
    end = scanner_.scan(padded.data(), event);
    if (end == nullptr) return;
    expect(end == padded.data() + line.size() + 1);
    expect_parsed(line, event);
    usual_.learn(padded.data(), event);
  }

 private:
  void expect_parsed(std::string_view line, const CompactEvent& scanned) {
    const Outcome parsed = outcome_of([&] { return held(read_json_lines(line, "h")); });
    expect(parsed.error.empty() && parsed.warnings.empty() && parsed.events.size() == 1);
    const CompactEvent compacted = compact(parsed.events[0], vocabulary_);
    expect(scanned.index == compacted.index && scanned.process == compacted.process && scanned.f == compacted.f &&
           scanned.type == compacted.type && scanned.key == compacted.key && scanned.value == compacted.value &&
           scanned.second == compacted.second && scanned.mismatch == compacted.mismatch);
  }

  Vocabulary vocabulary_;
  JsonScanner scanner_{vocabulary_};
  JsonUsualLines usual_;
};

// Each line twice, so that the second time its parts may be known; and all as if they were in one file.
void compare_scanners(std::string_view text) {
  const auto scanners = std::make_unique<Scanners>();
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    scanners->compare(line);
    scanners->compare(line);
    rest.remove_prefix(line.size() + (line.size() < rest.size() ? 1 : 0));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::string_view text = bytes;
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  compare_scanners(text);
  const CountedMemory memory;
  const Outcome whole = outcome_of([&] { return held(read_json_lines(text, "h")); });
  for (const std::size_t piece : {std::size_t{1} + size % 61, std::size_t{4096}}) {
    const Outcome in_pieces = outcome_of([&] {
      TextBytes source(bytes);
      JsonLinesStream stream(source, "h", piece);
      return compact_events(stream);
    });
    expect(same(in_pieces, reduced(whole)));
  }
  expect_modest(memory, size);
  expect_same_in_every_format(bytes);
  return 0;
}
