#include "checker/formats/json_scanner.h"

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

#include "checker/formats/word_scan.h"

namespace ordeal::checker {
namespace {

constexpr std::uint64_t powers_of_ten[] = {1, 10, 100, 1000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000};

// Moves behind `text` if it stands here.
template <std::size_t size>
bool take(const char*& at, const char (&text)[size]) {
  if (std::memcmp(at, text, size - 1) != 0) return false;
  at += size - 1;
  return true;
}

// Up to 18 digits without a leading zero, so that neither 64 bits nor an Atom can overflow. nullptr: something else.
const char* scan_digits(const char* at, std::uint64_t& number) {
  std::uint64_t word = word_at(at);
  unsigned digits = digits_at_front(word);
  if ((digits == 0) | ((digits > 1) & (*at == '0'))) return nullptr;  // how many there are nobody can predict
  number = eight_digits(word << (64 - 8 * digits));
  if (digits < 8) return at + digits;
  at += 8;
  word = word_at(at);
  digits = digits_at_front(word);
  if (digits == 0) return at;
  number = number * powers_of_ten[digits] + eight_digits(word << (64 - 8 * digits));
  if (digits < 8) return at + digits;
  at += 8;
  word = word_at(at);
  digits = digits_at_front(word);
  if (digits == 0) return at;
  if (digits > 2) return nullptr;
  number = number * powers_of_ten[digits] + eight_digits(word << (64 - 8 * digits));
  return at + digits;
}

// The same without its value.
const char* skip_digits(const char* at) {
  const char* const begin = at;
  unsigned digits = 0;
  do {
    digits = digits_at_front(word_at(at));
    at += digits;
  } while (digits == 8 && at - begin <= 18);
  if (at == begin || at - begin > 18 || (*begin == '0' && at - begin > 1)) return nullptr;
  return at;
}

// The closing quote of the string whose first byte is at `at`; nullptr when the string is not plain.
const char* end_of_string(const char* at) {
  while (true) {
    const unsigned plain = plain_at_front(word_at(at));
    at += plain;
    if (plain < 8) return *at == '"' ? at : nullptr;
  }
}

bool take_type(const char*& at, EventType& type) {
  if (take(at, "invoke\"")) {
    type = EventType::invoke;
  } else if (take(at, "ok\"")) {
    type = EventType::ok;
  } else if (take(at, "info\"")) {
    type = EventType::info;
  } else if (take(at, "fail\"")) {
    type = EventType::fail;
  } else {
    return false;
  }
  return true;
}

}  // namespace

const char* JsonScanner::scan_f(const char* at, Verb& f) {
  const std::uint64_t word = word_at(at);
  const unsigned plain = plain_at_front(word);
  if (plain == 0) return nullptr;
  if (plain < 8) {
    if (const Verb* known = verbs_.find(front_of(word, plain))) {
      f = *known;
      return at[plain] == '"' ? at + plain + 1 : nullptr;
    }
  }
  const char* const end = end_of_string(at);
  if (end == nullptr) return nullptr;
  try {
    f = vocabulary_.verb({at, static_cast<std::size_t>(end - at)});
  } catch (const std::length_error&) {
    return nullptr;  // the parser will say so, with the place
  }
  if (plain < 8) verbs_.put(front_of(word, plain), f);
  return end + 1;
}

const char* JsonScanner::scan_key(const char* at, KeyId& key) {
  const std::uint64_t word = word_at(at);
  const unsigned plain = plain_at_front(word);
  if (plain < 8) {
    if (const KeyId* known = keys_.find(front_of(word, plain))) {
      key = *known;
      return at[plain] == '"' ? at + plain + 1 : nullptr;
    }
  }
  const char* const end = end_of_string(at);
  if (end == nullptr) return nullptr;
  key = vocabulary_.key({at, static_cast<std::size_t>(end - at)});
  if (plain < 8) keys_.put(front_of(word, plain), key);
  return end + 1;
}

const char* JsonScanner::scan_text(const char* at, Atom& atom) {
  const std::uint64_t word = word_at(at);
  const unsigned plain = plain_at_front(word);
  if (plain < 8) {
    if (const Atom* known = texts_.find(front_of(word, plain))) {
      atom = *known;
      return at[plain] == '"' ? at + plain + 1 : nullptr;
    }
  }
  const char* const end = end_of_string(at);
  if (end == nullptr) return nullptr;
  atom = vocabulary_.atom(std::string(at, end));
  if (plain < 8) texts_.put(front_of(word, plain), atom);
  return end + 1;
}

const char* JsonScanner::scan_scalar(const char* at, Atom& atom) {
  if (*at == '"') return scan_text(at + 1, atom);
  if (take(at, "null")) {
    atom = Atom();
    return at;
  }
  const bool negative = *at == '-';
  std::uint64_t number = 0;
  at = scan_digits(at + (negative ? 1 : 0), number);
  const auto positive = static_cast<std::int64_t>(number);
  atom = Atom::integer(negative ? -positive : positive);
  return at;  // what follows a number is the caller's: a fraction or an exponent is no comma
}

const char* JsonScanner::scan_value(const char* at, CompactEvent& event) {
  if (*at != '[') return scan_scalar(at, event.value);
  if (event.f != verb::cas) return nullptr;
  at = scan_scalar(at + 1, event.value);
  if (at == nullptr || *at != ',') return nullptr;
  at = scan_scalar(at + 1, event.second);
  return at != nullptr && *at == ']' ? at + 1 : nullptr;
}

const char* JsonScanner::scan(const char* at, CompactEvent& event) {
  std::uint64_t process = 0;
  event.key = no_key;
  event.value = Atom();
  event.second = Atom::absent();
  event.mismatch = false;
  if (!take(at, "{\"index\":") || (at = scan_digits(at, event.index)) == nullptr) return nullptr;
  if (!take(at, ",\"time\":") || (at = skip_digits(at)) == nullptr) return nullptr;
  if (!take(at, ",\"process\":") || (at = scan_digits(at, process)) == nullptr) return nullptr;
  event.process = static_cast<Process>(process);
  if (!take(at, ",\"type\":\"") || !take_type(at, event.type)) return nullptr;
  if (!take(at, ",\"f\":\"") || (at = scan_f(at, event.f)) == nullptr) return nullptr;
  if (take(at, ",\"key\":\"") && (at = scan_key(at, event.key)) == nullptr) return nullptr;
  if (take(at, ",\"value\":") && (at = scan_value(at, event)) == nullptr) return nullptr;
  if (take(at, ",\"node\":\"")) {
    if ((at = end_of_string(at)) == nullptr) return nullptr;
    ++at;
  }
  if (take(at, ",\"error\":\"")) {
    const char* const end = end_of_string(at);
    if (end == nullptr) return nullptr;
    event.mismatch = std::string_view(at, static_cast<std::size_t>(end - at)) == "mismatch";
    at = end + 1;
  }
  return at[0] == '}' && at[1] == '\n' ? at + 2 : nullptr;
}

}  // namespace ordeal::checker
