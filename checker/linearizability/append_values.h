// What the order of appends asks about values: strings that grow by strings, or lists that grow by elements.
// Pure; any thread, once built.

#pragma once

#include <cstdint>
#include <memory>
#include <memory_resource>
#include <span>
#include <string_view>
#include <vector>

#include "checker/models/machine.h"

namespace ordeal::checker {

class AppendValues {
 public:
  struct Match {
    enum class Kind : std::uint8_t { none, one, several };
    Kind kind = Kind::none;
    std::uint32_t appended = 0;  // with one: its index among the appended values
    std::size_t length = 0;      // with one: how far it reaches
  };
  static constexpr std::uint32_t nothing = UINT32_MAX;

  virtual ~AppendValues() = default;
  virtual std::size_t length(Atom value) const = 0;
  virtual std::size_t appended_length(Atom value) const = 0;       // by how much appending it makes a value longer
  virtual bool starts_with(Atom whole, Atom part) const = 0;       // `part` may be the longer one
  virtual Match match(Atom whole, std::size_t from) const = 0;     // what was appended to the first `from` of `whole`
  virtual std::uint32_t longest_put_within(Atom whole) const = 0;  // the longest put value that `whole` begins with
  virtual std::uint32_t next_shorter_put(std::uint32_t put) const = 0;  // the next such, or `nothing`
};

// Of strings: `appended` and `puts` are different ones each.
std::unique_ptr<AppendValues> string_values(const Vocabulary& vocabulary, std::span<const Atom> appended,
                                            std::span<const Atom> puts, std::pmr::memory_resource* memory);
// Of lists, which are never put.
std::unique_ptr<AppendValues> list_values(const Vocabulary& vocabulary, std::span<const Atom> appended,
                                          std::pmr::memory_resource* memory);

// Strings in their order, each with the longest other one that it begins with: all that a text begins with lie on one
// chain of those. What makes it fast: nearly always the first eight bytes, as a number, tell two strings apart.
class PrefixIndex {
 public:
  PrefixIndex(const Vocabulary& vocabulary, std::span<const Atom> strings, std::pmr::memory_resource* memory);
  std::uint32_t longest_within(std::string_view text) const;  // as an index into `strings`; or AppendValues::nothing
  std::uint32_t next_shorter(std::uint32_t string) const { return shorter_[string]; }
  std::string_view operator[](std::uint32_t string) const { return texts_[string]; }

 private:
  struct Entry {
    std::uint64_t begin = 0;  // the first eight bytes, the first of them the highest
    std::uint32_t string = 0;
  };

  static std::uint64_t begin_of(std::string_view text);

  std::pmr::vector<std::string_view> texts_;
  std::pmr::vector<Entry> sorted_;
  std::pmr::vector<std::uint32_t> shorter_;
};

}  // namespace ordeal::checker
