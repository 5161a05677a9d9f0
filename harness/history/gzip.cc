#include <fmt/format.h>
#include <zlib.h>

#include <stdexcept>
#include <vector>

#include "checker/formats/history_reader.h"
#include "harness/history/compressed_bytes.h"

namespace ordeal::harness {
namespace {

constexpr std::size_t piece = std::size_t{64} << 10;
constexpr int gzip_window = 15 + 16;  // zlib's way to say: the largest window, with gzip's header

Bytef* bytes_of(char* text) {
  return reinterpret_cast<Bytef*>(text);
}

class Gunzipped final : public checker::ByteSource {
 public:
  Gunzipped(std::unique_ptr<checker::ByteSource> compressed, std::string name)
      : compressed_(std::move(compressed)), name_(std::move(name)), input_(piece) {
    if (inflateInit2(&stream_, gzip_window) != Z_OK) throw std::bad_alloc();
  }
  ~Gunzipped() override { inflateEnd(&stream_); }
  Gunzipped(const Gunzipped&) = delete;
  Gunzipped& operator=(const Gunzipped&) = delete;

  std::size_t read(std::span<char> into) override {
    stream_.next_out = bytes_of(into.data());
    stream_.avail_out = static_cast<uInt>(std::min(into.size(), std::size_t{1} << 30));
    const uInt room = stream_.avail_out;
    while (stream_.avail_out == room) {
      if (stream_.avail_in == 0 && !refill()) {
        if (between_members_) return 0;
        refuse("the data ends in the middle; was the file cut?");
      }
      if (between_members_) inflateReset(&stream_);
      const int outcome = inflate(&stream_, Z_NO_FLUSH);
      between_members_ = outcome == Z_STREAM_END;
      if (outcome != Z_OK && outcome != Z_STREAM_END && outcome != Z_BUF_ERROR) {
        refuse(stream_.msg != nullptr ? stream_.msg : "the data is damaged");
      }
    }
    return room - stream_.avail_out;
  }

  void rewind() override {
    compressed_->rewind();
    inflateReset(&stream_);
    stream_.avail_in = 0;
    before_ = 0;
    filled_ = 0;
    between_members_ = false;
  }

 private:
  bool refill() {
    before_ += filled_;
    filled_ = compressed_->read(input_);
    stream_.next_in = bytes_of(input_.data());
    stream_.avail_in = static_cast<uInt>(filled_);
    return filled_ > 0;
  }
  [[noreturn]] void refuse(std::string_view what) const {
    throw checker::FormatError(
        fmt::format("{}: byte {} of the gzip data: {}", name_, before_ + filled_ - stream_.avail_in, what));
  }

  std::unique_ptr<checker::ByteSource> compressed_;
  std::string name_;
  std::vector<char> input_;
  std::uint64_t before_ = 0;  // bytes before those of input_
  std::size_t filled_ = 0;
  bool between_members_ = false;
  z_stream stream_ = {};
};

class Gzipped final : public checker::ByteSink {
 public:
  explicit Gzipped(std::unique_ptr<checker::ByteSink> out) : out_(std::move(out)), output_(piece) {
    if (deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();
    }
  }
  ~Gzipped() override { deflateEnd(&stream_); }
  Gzipped(const Gzipped&) = delete;
  Gzipped& operator=(const Gzipped&) = delete;

  void write(std::string_view bytes) override { put(bytes, Z_NO_FLUSH); }
  void finish() override {
    put({}, Z_FINISH);
    out_->finish();
  }

 private:
  void put(std::string_view bytes, int flush) {
    std::string input(bytes);  // zlib takes no const
    stream_.next_in = bytes_of(input.data());
    stream_.avail_in = static_cast<uInt>(input.size());
    do {
      stream_.next_out = bytes_of(output_.data());
      stream_.avail_out = static_cast<uInt>(output_.size());
      deflate(&stream_, flush);
      out_->write({output_.data(), output_.size() - stream_.avail_out});
    } while (stream_.avail_out == 0);
  }

  std::unique_ptr<checker::ByteSink> out_;
  std::vector<char> output_;
  z_stream stream_ = {};
};

}  // namespace

std::unique_ptr<checker::ByteSource> gunzipped(std::unique_ptr<checker::ByteSource> compressed, std::string name) {
  return std::make_unique<Gunzipped>(std::move(compressed), std::move(name));
}

std::unique_ptr<checker::ByteSink> gzipped(std::unique_ptr<checker::ByteSink> out) {
  return std::make_unique<Gzipped>(std::move(out));
}

}  // namespace ordeal::harness
