// Where a reader of histories gets its bytes from, and a writer puts them.  Not thread-safe.
//
// The checker is pure: files, standard input and compression are in harness/history, which implements these.

#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace ordeal::checker {

class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // The next bytes, at least one and at most into.size(); 0: the end. Throws, naming the file, when it cannot be read.
  virtual std::size_t read(std::span<char> into) = 0;

  // Back to the first byte.
  virtual void rewind() = 0;
};

class ByteSink {
 public:
  virtual ~ByteSink() = default;

  virtual void write(std::string_view bytes) = 0;

  // After the last byte; only then is all of it written. Throws when it could not be.
  virtual void finish() {}
};

// A text in memory, which must outlive it.
class TextBytes final : public ByteSource {
 public:
  explicit TextBytes(std::string_view text) : text_(text) {}

  std::size_t read(std::span<char> into) override {
    const std::size_t size = text_.substr(at_).copy(into.data(), into.size());
    at_ += size;
    return size;
  }
  void rewind() override { at_ = 0; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

// Collects what is written.
class TextSink final : public ByteSink {
 public:
  void write(std::string_view bytes) override { text += bytes; }
  std::string text;
};

}  // namespace ordeal::checker
