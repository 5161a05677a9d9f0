// The binary twin, as it is and with the checksums of its blocks mended, so that what they hold is reached too. Read
// by a check and in full, once and again, it gives the same; what is accepted can be written and read again.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "checker/formats/binary_stream.h"
#include "checker/formats/byte_source.h"
#include "checker/formats/crc32c.h"
#include "checker/fuzz/readers/counted_memory.h"
#include "checker/fuzz/readers/outcome.h"

using namespace ordeal::checker;

namespace {

std::uint32_t u32_at(const std::string& bytes, std::size_t at) {
  std::uint32_t number = 0;
  std::memcpy(&number, bytes.data() + at, sizeof number);
  return number;
}

// Each block whose sizes fit gets the checksum of what it holds; sizes of the last one that do not fit become such that
// do.
std::string mended(std::string_view input) {
  std::string bytes(input);
  for (std::size_t at = binary::file_header_size; bytes.size() >= at + binary::block_header_size;) {
    const std::size_t room = bytes.size() - at - binary::block_header_size;
    if (std::size_t{u32_at(bytes, at)} + u32_at(bytes, at + 4) > room) {
      const auto times = static_cast<std::uint32_t>(room / 4), records = static_cast<std::uint32_t>(room) - times;
      std::memcpy(bytes.data() + at, &records, sizeof records);
      std::memcpy(bytes.data() + at + 4, &times, sizeof times);
    }
    const std::size_t size = std::size_t{u32_at(bytes, at)} + u32_at(bytes, at + 4);
    const std::string_view block(bytes.data() + at, binary::block_header_size + size);
    const std::uint32_t checksum = crc32c(crc32c(0, block.substr(0, 12)), block.substr(binary::block_header_size));
    std::memcpy(bytes.data() + at + 12, &checksum, sizeof checksum);
    at += block.size();
  }
  return bytes;
}

void read_both_ways(std::string_view text) {
  const CountedMemory memory;
  std::string error;
  const Outcome compact = outcome_of([&] {
    TextBytes bytes(text);
    BinaryStream stream(bytes, "h");
    const Outcome once = compact_events(stream);
    stream.rewind();
    expect(same(compact_events(stream), once));
    return once;
  });
  const Outcome full = outcome_of([&] {
    TextBytes bytes(text);
    BinaryStream stream(bytes, "h");
    return all_events(stream);
  });
  expect_modest(memory, text.size());
  if (!full.error.empty()) return;  // a check never looks at the times, and may accept more
  expect(same(compact, reduced(full)));
  const std::string once = written(full.events, WrittenFormat::binary);
  TextBytes bytes(once);
  BinaryStream stream(bytes, "h");
  expect(written(all_events(stream).events, WrittenFormat::binary) == once);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  read_both_ways(bytes);
  read_both_ways(mended(bytes));
  return 0;
}
