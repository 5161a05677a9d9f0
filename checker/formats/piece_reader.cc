#include "checker/formats/piece_reader.h"

#include <cstring>

namespace ordeal::checker {

bool PieceReader::more() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    before_ += begin_;
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ + padding == buffer_.size()) buffer_.resize(2 * end_ + padding);
  const std::size_t size = bytes_.read({buffer_.data() + end_, buffer_.size() - padding - end_});
  end_ += size;
  std::memset(buffer_.data() + end_, 0, padding);
  return size > 0;
}

void PieceReader::rewind() {
  bytes_.rewind();
  begin_ = end_ = 0;
  before_ = 0;
  std::memset(buffer_.data(), 0, padding);
}

}  // namespace ordeal::checker
