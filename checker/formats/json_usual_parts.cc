#include "checker/formats/json_usual_parts.h"

#include <cstring>

#include "checker/formats/word_scan.h"

namespace ordeal::checker {
namespace {

constexpr std::size_t index_at = 9;  // behind {"index":

const char* past_digits(const char* at) {
  while (*at >= '0' && *at <= '9') ++at;
  return at;
}

// Moves behind `text` if it stands here.
template <std::size_t size>
bool take(const char*& at, const char (&text)[size]) {
  if (std::strncmp(at, text, size - 1) != 0) return false;
  at += size - 1;
  return true;
}

// Behind the value, if there is one here. Elsewhere, but not in front of a comma, when that is none of those that usual
// lines have; the scanner has seen to it that there is one.
const char* past_value(const char* at) {
  if (!take(at, ",\"value\":")) return at;
  if (*at != '[') return past_digits(at);
  const char* const comma = past_digits(at + 1);
  const char* const end = *comma == ',' ? past_digits(comma + 1) : at;
  return *end == ']' ? end + 1 : at;
}

std::uint64_t number_of(const char* at, std::size_t digits) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < digits; ++i) number = number * 10 + static_cast<unsigned char>(at[i] - '0');
  return number;
}

std::size_t bytes_between(const char* begin, const char* end) {
  return static_cast<std::size_t>(end - begin);
}

}  // namespace

JsonUsualParts::Part::Part(const char* text, std::size_t size, std::uint64_t means) : length(size), meaning(means) {
  largest.fill(0xff);
  smaller.fill(0xff);
  std::memcpy(largest.data(), text, size);
  std::memset(smaller.data(), 0, size);
}

// Any others of so many, without a leading zero.
void JsonUsualParts::Part::allow_digits(std::size_t at, std::size_t digits, bool begin) {
  for (std::size_t i = 0; i < digits; ++i) {
    largest[at + i] = '9';
    smaller[at + i] = begin && i == 0 && digits > 1 ? 8 : 9;
  }
}

// A text that has the place of another gets one of its own by other multipliers; not again and again.
template <unsigned bits>
void JsonUsualParts::Parts<bits>::put(std::uint64_t one, std::uint64_t other, const Part& part) {
  constexpr unsigned most_changes = 16;
  const Part& there = of(one, other);
  if (there.length != 0 && there.largest != part.largest && changes_ < most_changes) {
    ++changes_;
    by_ *= 0xbf58476d1ce4e5b9ULL;
    also_by_ *= 0x94d049bb133111ebULL;
    parts_.fill({});
  }
  parts_[place_of(one, other)] = part;
}

void JsonUsualParts::learn_front(const char* line, const char* process) {
  const std::size_t size = bytes_between(line, process);
  const std::size_t digits = bytes_between(line + index_at, past_digits(line + index_at));
  const std::size_t time_at = index_at + digits + 8;
  if (size > Part::longest) return;
  const std::size_t same = digits > 8 ? digits - 8 : 0;
  front = Part(line, size, number_of(line + index_at, same) * 100'000'000);
  front.allow_digits(index_at + same, digits - same, same == 0);
  front.allow_digits(time_at, bytes_between(line + time_at, past_digits(line + time_at)), true);
  index_digits = digits;
}

// nullptr: no key follows.
const char* JsonUsualParts::learn_middle(const char* at, const CompactEvent& event) {
  const char* const type_end = std::strchr(at + 9, '"');
  const char* end = std::strchr(type_end + 7, '"');
  if (!take(end, "\",\"key\":\"") || bytes_between(at, end) > Part::longest) return nullptr;
  const std::uint64_t type = static_cast<std::uint8_t>(event.type);
  middles.put(
      word_at(at + 9), word_at(at + 17),
      Part(at, bytes_between(at, end), type << LastWord::type_at | std::uint64_t{event.f} << LastWord::verb_at));
  return end;
}

void JsonUsualParts::learn_tail(const char* at, const CompactEvent& event) {
  const char* const newline = std::strchr(at, '\n');
  if (*at != ',' || bytes_between(at, newline) >= Part::longest) return;
  tails.put(word_at(at + 6), word_at(newline - 7),
            Part(at, bytes_between(at, newline + 1), std::uint64_t{event.mismatch} << LastWord::mismatch_at));
}

void JsonUsualParts::learn(const char* line, const CompactEvent& event) {
  const char* at = past_digits(past_digits(line + index_at) + 8) + 11;
  learn_front(line, at);
  at = learn_middle(past_digits(at), event);
  if (at == nullptr) return;
  const char* const key_end = std::strchr(at, '"') + 1;
  const std::size_t key_size = bytes_between(at, key_end);
  if (key_size > Keys::longest) return;
  keys.put(front_of(word_at(at), static_cast<unsigned>(key_size)), key_end - at, event.key);
  learn_tail(past_value(key_end), event);
}

}  // namespace ordeal::checker
