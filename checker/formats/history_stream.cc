#include "checker/formats/history_stream.h"

#include <algorithm>
#include <utility>

#include "checker/formats/binary_stream.h"
#include "checker/formats/json_lines_stream.h"
#include "checker/formats/text_format.h"

namespace ordeal::checker {
namespace {

// What has no reader in pieces: read whole.
class HeldHistory final : public HistoryStream {
 public:
  explicit HeldHistory(HistoryFile file) : file_(std::move(file)), source_(file_.events) {}

  const std::string& format() const override { return file_.format; }
  bool nil_reads_say_nothing() const override { return file_.nil_reads_say_nothing; }
  std::span<const CompactEvent> next() override { return source_.next(); }
  void rewind() override { source_.rewind(); }
  const Vocabulary& vocabulary() const override { return source_.vocabulary(); }
  Vocabulary& vocabulary() override { return source_.vocabulary(); }
  std::vector<std::string> warnings() const override { return file_.warnings; }

  void for_each(const std::function<bool(const Event&)>& visit) override {
    rewind();
    for (const Event& event : file_.events) {
      if (!visit(event)) return;
    }
  }

 private:
  HistoryFile file_;
  HistorySource source_;
};

// The first bytes, fewer only when there are no more.
std::string read_head(ByteSource& bytes, std::size_t size) {
  std::string head(size, '\0');
  std::size_t filled = 0;
  while (filled < size) {
    const std::size_t more = bytes.read({head.data() + filled, size - filled});
    if (more == 0) break;
    filled += more;
  }
  head.resize(filled);
  return head;
}

std::string read_all(ByteSource& bytes) {
  std::string text;
  constexpr std::size_t piece = std::size_t{256} << 10;
  while (true) {
    const std::size_t size = text.size();
    if (text.capacity() - size < piece) text.reserve(std::max(2 * size, size + piece));
    text.resize(size + piece);
    const std::size_t more = bytes.read({text.data() + size, piece});
    text.resize(size + more);
    if (more == 0) return text;
  }
}

}  // namespace

History HistoryStream::fetch(const std::function<bool(const CompactEvent&)>& wanted, std::uint64_t last) {
  History out;
  for_each([&](const Event& event) {
    if (event.index > last) return false;
    if (event.process != nemesis_process && wanted(compact(event, vocabulary()))) out.push_back(event);
    return true;
  });
  return out;
}

std::unique_ptr<HistoryStream> open_history(ByteSource& bytes, const std::string& file_name) {
  const std::string head = read_head(bytes, judged_bytes);
  bytes.rewind();
  constexpr std::string_view family = binary::magic.substr(0, binary::magic.size() - 1);
  if (head.starts_with(family)) return std::make_unique<BinaryStream>(bytes, file_name);
  const TextFormat format = text_format(head, file_name);
  if (format == TextFormat::json_lines) return std::make_unique<JsonLinesStream>(bytes, file_name);
  return std::make_unique<HeldHistory>(read_history(read_all(bytes), file_name));
}

}  // namespace ordeal::checker
