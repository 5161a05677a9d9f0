// The parts that the lines of a history are put together of, as far as they were seen.  Not thread-safe.
//
//   {"index":13,"time":1253100400,"process":3,"type":"ok","f":"write","key":"7","value":41,"node":"n2"}\n
//   |--------- front -----------------------| |--- middle -----------------|           |---- tail -----|
//
// A front stays as it is while index and time have as many digits as before; middles, keys and tails are few, as long
// as the errors in them are. All of them are short, and are found again by a hash of a few of their bytes.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "checker/compact_event.h"
#include "checker/formats/word_scan.h"

namespace ordeal::checker {

struct JsonUsualParts {
  // A text of up to 64 bytes: the largest that each may be, and how many smaller ones it may be, too. One that was not
  // learned yet is all zeros, which do not stand next to a key, a number and a newline that are as they must be.
  struct alignas(32) Part {
    static constexpr std::size_t longest = 64;
    std::array<unsigned char, longest> largest = {}, smaller = {};
    std::size_t length = 0;
    std::uint64_t meaning = 0;  // for last_word() of the event

    Part() = default;
    Part(const char* text, std::size_t size, std::uint64_t means);
    void allow_digits(std::size_t at, std::size_t digits, bool begin);
  };

  // By two words of a text, of which it is good to be within it: what follows would not always be the same.
  template <unsigned bits>
  class Parts {
   public:
    const Part& of(std::uint64_t one, std::uint64_t other) const { return parts_[place_of(one, other)]; }
    void put(std::uint64_t one, std::uint64_t other, const Part& part);

   private:
    std::size_t place_of(std::uint64_t one, std::uint64_t other) const {
      return (one * by_ + other * also_by_) >> (64 - bits);
    }
    std::array<Part, std::size_t{1} << bits> parts_ = {};
    std::uint64_t by_ = 0x9e3779b97f4a7c15ULL, also_by_ = 0xd1b54a32d192ed03ULL;
    unsigned changes_ = 0;  // of these two
  };

  // By the key with its closing quote, up to seven bytes.
  class Keys {
   public:
    static constexpr std::size_t longest = 7;
    struct Key {
      std::uint64_t word = 1;  // sized; this one stands for none
      KeyId number = no_key;
    };
    // The last byte is free for how many there are.
    static std::uint64_t sized(std::uint64_t word, std::ptrdiff_t size) {
      return word | static_cast<std::uint64_t>(size) << 56;
    }
    const Key& of(std::uint64_t word) const { return keys_[place_of(word)]; }
    void put(std::uint64_t word, std::ptrdiff_t size, KeyId number) {
      keys_[place_of(word)] = {sized(word, size), number};
    }

   private:
    // No two of "0" to "998" share a place, nor of "k0" to "k998".
    static std::size_t place_of(std::uint64_t word) { return word * 0xa8d0c971de5e805fULL >> 52; }
    std::array<Key, 4096> keys_ = {};
  };

  Part front;                    // up to the process; it means what its index's digits do but for the last eight
  std::size_t index_digits = 0;  // of the front
  Parts<6> middles;              // up to the key
  Keys keys;
  Parts<7> tails;  // from the comma behind key or value on, with the newline

  const Part& middle_at(const char* at) const { return middles.of(word_at(at + 9), word_at(at + 17)); }
  const Part& tail_at(const char* at, const char* next_line) const {
    return tails.of(word_at(at + 6), word_at(next_line - 8));
  }

  // The parts of a line that JsonScanner accepted as this event. Those that it has not, or that are too long, it
  // leaves.
  void learn(const char* line, const CompactEvent& event);

 private:
  void learn_front(const char* line, const char* process);
  const char* learn_middle(const char* at, const CompactEvent& event);
  void learn_tail(const char* at, const CompactEvent& event);
};

}  // namespace ordeal::checker
