// Bytes from another server: as a stream of frames, and, to get behind the checksum, as the body of one. Whatever is
// accepted, means the same after it was encoded again.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "target-raftd/net/frame.h"

using namespace raftd::net;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  FrameReader reader;
  reader.add(bytes);
  while (reader.next()) {
  }
  if (const auto frame = decode_body(bytes)) {
    std::string again;
    if (!encode(*frame, again)) __builtin_trap();
    if (decode_body(std::string_view(again).substr(frame_header_size)) != frame) __builtin_trap();
  }
  return 0;
}
