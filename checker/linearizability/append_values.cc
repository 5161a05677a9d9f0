#include "checker/linearizability/append_values.h"

#include <algorithm>
#include <cstring>

namespace ordeal::checker {
namespace {

constexpr std::uint32_t nothing = AppendValues::nothing;

std::string_view text_of(const Vocabulary& vocabulary, Atom atom) {
  return *vocabulary.named(atom).get_if<std::string>();
}

class StringValues final : public AppendValues {
 public:
  StringValues(const Vocabulary& vocabulary, std::span<const Atom> appended, std::span<const Atom> puts,
               std::pmr::memory_resource* memory)
      : vocabulary_(vocabulary), appended_(vocabulary, appended, memory), puts_(vocabulary, puts, memory) {}

  std::size_t length(Atom value) const override { return text_of(vocabulary_, value).size(); }
  std::size_t appended_length(Atom value) const override { return length(value); }
  bool starts_with(Atom whole, Atom part) const override {
    return text_of(vocabulary_, whole).starts_with(text_of(vocabulary_, part));
  }
  Match match(Atom whole, std::size_t from) const override {
    const std::uint32_t found = appended_.longest_within(text_of(vocabulary_, whole).substr(from));
    if (found == nothing) return {};
    if (appended_.next_shorter(found) != nothing) return {.kind = Match::Kind::several};
    return {.kind = Match::Kind::one, .appended = found, .length = appended_[found].size()};
  }
  std::uint32_t longest_put_within(Atom whole) const override {
    return puts_.longest_within(text_of(vocabulary_, whole));
  }
  std::uint32_t next_shorter_put(std::uint32_t put) const override { return puts_.next_shorter(put); }

 private:
  const Vocabulary& vocabulary_;
  PrefixIndex appended_, puts_;
};

class ListValues final : public AppendValues {
 public:
  ListValues(const Vocabulary& vocabulary, std::span<const Atom> appended, std::pmr::memory_resource* memory)
      : vocabulary_(vocabulary), numbers_(memory) {
    for (const Atom atom : appended) numbers_.id_of(atom);
  }

  std::size_t length(Atom value) const override { return list(value).size(); }
  std::size_t appended_length(Atom) const override { return 1; }
  bool starts_with(Atom whole, Atom part) const override {
    const List &longer = list(whole), &shorter = list(part);
    return shorter.size() <= longer.size() && std::equal(shorter.begin(), shorter.end(), longer.begin());
  }
  Match match(Atom whole, std::size_t from) const override {
    const std::optional<Atom> element = vocabulary_.known_atom(list(whole)[from]);
    const StateId number = element ? numbers_.find(*element) : no_state;
    if (number == no_state) return {};
    return {.kind = Match::Kind::one, .appended = number, .length = 1};
  }
  std::uint32_t longest_put_within(Atom) const override { return nothing; }
  std::uint32_t next_shorter_put(std::uint32_t) const override { return nothing; }

 private:
  const List& list(Atom atom) const { return *vocabulary_.named(atom).get_if<List>(); }

  const Vocabulary& vocabulary_;
  AtomMachine numbers_;
};

}  // namespace

std::uint64_t PrefixIndex::begin_of(std::string_view text) {
  std::uint64_t begin = 0;
  if (text.size() >= sizeof(begin)) {
    std::memcpy(&begin, text.data(), sizeof(begin));
    return __builtin_bswap64(begin);
  }
  for (const char c : text) begin = begin << 8 | static_cast<unsigned char>(c);
  return text.empty() ? 0 : begin << 8 * (sizeof(begin) - text.size());
}

PrefixIndex::PrefixIndex(const Vocabulary& vocabulary, std::span<const Atom> strings, std::pmr::memory_resource* memory)
    : texts_(memory), sorted_(memory), shorter_(strings.size(), nothing, memory) {
  texts_.reserve(strings.size());
  sorted_.reserve(strings.size());
  for (const Atom atom : strings) {
    sorted_.push_back(
        {.begin = begin_of(text_of(vocabulary, atom)), .string = static_cast<std::uint32_t>(texts_.size())});
    texts_.push_back(text_of(vocabulary, atom));
  }
  std::sort(sorted_.begin(), sorted_.end(), [&](const Entry& a, const Entry& b) {
    return a.begin != b.begin ? a.begin < b.begin : texts_[a.string] < texts_[b.string];
  });
  for (std::size_t i = 1; i < sorted_.size(); ++i) {
    // What a text begins with stands before it, on the chain of the one just before it.
    const std::string_view text = texts_[sorted_[i].string];
    std::uint32_t before = sorted_[i - 1].string;
    while (before != nothing && !text.starts_with(texts_[before])) before = shorter_[before];
    shorter_[sorted_[i].string] = before;
  }
}

std::uint32_t PrefixIndex::longest_within(std::string_view text) const {
  if (sorted_.empty()) return nothing;
  const std::uint64_t begin = begin_of(text);
  const auto after = std::upper_bound(sorted_.begin(), sorted_.end(), begin, [&](std::uint64_t b, const Entry& entry) {
    return b != entry.begin ? b < entry.begin : text < texts_[entry.string];
  });
  if (after == sorted_.begin()) return nothing;
  std::uint32_t found = (after - 1)->string;
  while (found != nothing && !text.starts_with(texts_[found])) found = shorter_[found];
  return found;
}

std::unique_ptr<AppendValues> string_values(const Vocabulary& vocabulary, std::span<const Atom> appended,
                                            std::span<const Atom> puts, std::pmr::memory_resource* memory) {
  return std::make_unique<StringValues>(vocabulary, appended, puts, memory);
}

std::unique_ptr<AppendValues> list_values(const Vocabulary& vocabulary, std::span<const Atom> appended,
                                          std::pmr::memory_resource* memory) {
  return std::make_unique<ListValues>(vocabulary, appended, memory);
}

}  // namespace ordeal::checker
