#include <fmt/format.h>
#include <zstd.h>

#include <new>
#include <vector>

#include "checker/formats/history_reader.h"
#include "harness/history/compressed_bytes.h"

namespace ordeal::harness {
namespace {

class Unzstded final : public checker::ByteSource {
 public:
  Unzstded(std::unique_ptr<checker::ByteSource> compressed, std::string name)
      : compressed_(std::move(compressed)), name_(std::move(name)), input_(ZSTD_DStreamInSize()) {
    if (!context_) throw std::bad_alloc();
  }

  std::size_t read(std::span<char> into) override {
    ZSTD_outBuffer out{into.data(), into.size(), 0};
    while (out.pos == 0) {
      if (in_.pos == in_.size && !flushing_ && !refill()) {
        if (between_frames_) return 0;
        refuse("the data ends in the middle; was the file cut?");
      }
      const std::size_t outcome = ZSTD_decompressStream(context_.get(), &out, &in_);
      if (ZSTD_isError(outcome) != 0) refuse(ZSTD_getErrorName(outcome));
      between_frames_ = outcome == 0;
      flushing_ = out.pos == out.size && !between_frames_;  // there may be more without further input
    }
    return out.pos;
  }

  void rewind() override {
    compressed_->rewind();
    ZSTD_DCtx_reset(context_.get(), ZSTD_reset_session_only);
    in_ = {};
    before_ = 0;
    between_frames_ = flushing_ = false;
  }

 private:
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };

  bool refill() {
    before_ += in_.size;
    in_ = {input_.data(), compressed_->read(input_), 0};
    return in_.size > 0;
  }
  [[noreturn]] void refuse(std::string_view what) const {
    throw checker::FormatError(fmt::format("{}: byte {} of the zstd data: {}", name_, before_ + in_.pos, what));
  }

  std::unique_ptr<checker::ByteSource> compressed_;
  std::string name_;
  std::vector<char> input_;
  ZSTD_inBuffer in_ = {};
  std::uint64_t before_ = 0;  // bytes before those of input_
  bool between_frames_ = false, flushing_ = false;
  std::unique_ptr<ZSTD_DCtx, Free> context_{ZSTD_createDCtx()};
};

class Zstded final : public checker::ByteSink {
 public:
  explicit Zstded(std::unique_ptr<checker::ByteSink> out) : out_(std::move(out)), output_(ZSTD_CStreamOutSize()) {
    if (!context_) throw std::bad_alloc();
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
  }

  void write(std::string_view bytes) override { put(bytes, ZSTD_e_continue); }
  void finish() override {
    put({}, ZSTD_e_end);
    out_->finish();
  }

 private:
  struct Free {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };

  void put(std::string_view bytes, ZSTD_EndDirective directive) {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    bool done = false;
    while (!done) {
      ZSTD_outBuffer out{output_.data(), output_.size(), 0};
      const std::size_t left = ZSTD_compressStream2(context_.get(), &out, &in, directive);
      if (ZSTD_isError(left) != 0) throw std::bad_alloc();  // nothing else can fail here
      out_->write({output_.data(), out.pos});
      done = directive == ZSTD_e_end ? left == 0 : in.pos == in.size;
    }
  }

  std::unique_ptr<checker::ByteSink> out_;
  std::vector<char> output_;
  std::unique_ptr<ZSTD_CCtx, Free> context_{ZSTD_createCCtx()};
};

}  // namespace

std::unique_ptr<checker::ByteSource> unzstded(std::unique_ptr<checker::ByteSource> compressed, std::string name) {
  return std::make_unique<Unzstded>(std::move(compressed), std::move(name));
}

std::unique_ptr<checker::ByteSink> zstded(std::unique_ptr<checker::ByteSink> out) {
  return std::make_unique<Zstded>(std::move(out));
}

}  // namespace ordeal::harness
