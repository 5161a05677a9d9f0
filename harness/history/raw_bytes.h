// Bytes as they lie in a file or come through a pipe.  One thread.

#pragma once

#include <cstdint>
#include <string>

#include "checker/formats/byte_source.h"
#include "harness/history/descriptor.h"

namespace ordeal::harness {

// A file that can be read again from its begin.
class FileBytes final : public checker::ByteSource {
 public:
  FileBytes(Descriptor file, std::string name) : file_(std::move(file)), name_(std::move(name)) {}
  std::size_t read(std::span<char> into) override;
  void rewind() override { at_ = 0; }

 private:
  Descriptor file_;
  std::string name_;
  std::uint64_t at_ = 0;
};

// A pipe or terminal: what came is kept, so that it can be read again.
class SpooledBytes final : public checker::ByteSource {
 public:
  static constexpr std::size_t usual_memory = std::size_t{1} << 20;

  SpooledBytes(Descriptor pipe, std::string name, std::size_t memory = usual_memory)
      : pipe_(std::move(pipe)), name_(std::move(name)), memory_(memory) {}
  std::size_t read(std::span<char> into) override;
  void rewind() override { at_ = 0; }

 private:
  void keep(std::string_view bytes);
  std::size_t read_kept(std::span<char> into);

  Descriptor pipe_;
  std::string name_;
  std::size_t memory_;
  std::string kept_;  // until it is larger than memory_
  Descriptor spool_;  // then all of it is here
  std::uint64_t size_ = 0, at_ = 0;
};

}  // namespace ordeal::harness
