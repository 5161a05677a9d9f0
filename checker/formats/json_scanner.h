// The lines that our own recorder writes, straight to CompactEvents: no allocation, no Event, whole words compared.
// Not thread-safe.
//
//   {"index":13,"time":1253100400,"process":3,"type":"ok","f":"write","key":"7","value":41,"node":"n2","error":"x"}\n
//
// Exactly these fields in this order, the last four of them if there are any, without blanks, strings without escapes,
// values that are whole numbers, null, strings, or for a cas a list of two such. It refuses every other line, also
// valid ones, and the caller asks the parser of json_lines.h. So this knows no errors, and what it accepts means what
// that parser says; a test and a fuzzer hold them to it.

#pragma once

#include <array>
#include <cstdint>

#include "checker/compact_event.h"

namespace ordeal::checker {

class JsonScanner {
 public:
  // New words go into `vocabulary`, which must outlive it.
  explicit JsonScanner(Vocabulary& vocabulary) : vocabulary_(vocabulary) {}

  // The line at `at`: where the next one begins; nullptr when it is refused, and `event` means nothing then. A byte
  // of zero must end the text and PieceReader::padding bytes from there must be readable.
  const char* scan(const char* at, CompactEvent& event);

 private:
  // Short words that were looked up before. A word of at most seven bytes is its own hash and its own name.
  template <typename Number>
  class Cache {
   public:
    Number* find(std::uint64_t word) {
      Entry& entry = entries_[word * 0x9e3779b97f4a7c15ULL >> 54];
      return entry.word == word && word != 0 ? &entry.number : nullptr;
    }
    void put(std::uint64_t word, Number number) { entries_[word * 0x9e3779b97f4a7c15ULL >> 54] = {word, number}; }

   private:
    struct Entry {
      std::uint64_t word = 0;  // 0, the empty word, is never looked for
      Number number = {};
    };
    std::array<Entry, 1024> entries_;
  };

  const char* scan_f(const char* at, Verb& f);
  const char* scan_key(const char* at, KeyId& key);
  const char* scan_value(const char* at, CompactEvent& event);
  const char* scan_scalar(const char* at, Atom& atom);
  const char* scan_text(const char* at, Atom& atom);

  Vocabulary& vocabulary_;
  Cache<KeyId> keys_;
  Cache<Atom> texts_;
  Cache<Verb> verbs_;
};

}  // namespace ordeal::checker
