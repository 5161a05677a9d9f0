// Writes binary_format.h.  Not thread-safe.

#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "checker/formats/binary_format.h"
#include "checker/formats/history_writer.h"

namespace ordeal::checker {

class BinaryWriter final : public HistoryWriter {
 public:
  // `sink` must outlive it.
  BinaryWriter(ByteSink& sink, bool nil_reads_say_nothing);
  void write(const Event& event) override;
  void finish() override;

 private:
  struct Slot {
    std::uint32_t f = 0, node = 0;
    std::int64_t key = -1;  // a name, or -1
    std::string value;      // as bytes
  };
  using Numbers = std::unordered_map<std::string, std::uint32_t>;

  std::uint32_t name(const std::string& text);
  std::uint32_t slot_of(Process process);
  binary::Form form_of(const Value& value, const std::string& bytes, bool may_be_same, const Slot& slot);
  std::uint32_t shape(const std::string& description);
  void define(binary::Definition definition);
  void put_value(binary::Form form, const Value& value, const std::string& bytes);
  void put_block();

  ByteSink& sink_;
  std::string records_, times_;
  std::uint32_t events_ = 0;
  std::uint64_t next_index_ = 0, last_time_ = 0;
  Numbers names_{{"", 0}}, values_, shapes_;
  std::vector<Slot> slots_;
  std::unordered_map<Process, std::uint32_t> slot_numbers_;
  std::vector<std::uint32_t> free_slots_;  // their process has ended as info and is never seen again
};

}  // namespace ordeal::checker
