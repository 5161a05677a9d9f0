// A file's bytes through one buffer: what is not consumed yet stays in front, what comes next is read behind it.  Not
// thread-safe.
//
// Behind the last byte there are always `padding` zeros, so that a scanner may load whole words, and stops at the end
// by itself: no byte of a text is zero. The buffer grows only when a line or block is longer than it.

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "checker/formats/byte_source.h"

namespace ordeal::checker {

class PieceReader {
 public:
  static constexpr std::size_t padding = 256;
  static constexpr std::size_t usual_size = std::size_t{256} << 10;

  // `bytes` must outlive it.
  explicit PieceReader(ByteSource& bytes, std::size_t size = usual_size)
      : bytes_(bytes), buffer_(size + padding, '\0') {}

  // Read and not consumed. Valid until more() or rewind().
  std::string_view available() const { return {buffer_.data() + begin_, end_ - begin_}; }
  void consume(std::size_t bytes) { begin_ += bytes; }

  // Reads on behind what is available; false: there is nothing more.
  bool more();

  // The position of the first available byte in the file.
  std::uint64_t offset() const { return before_ + begin_; }
  void rewind();

 private:
  ByteSource& bytes_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;
  std::uint64_t before_ = 0;  // bytes of the file before the buffer
};

}  // namespace ordeal::checker
