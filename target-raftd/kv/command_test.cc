#include "target-raftd/kv/command.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace raftd::kv {
namespace {

const std::vector<Command>& examples() {
  static const std::string odd("\0\xff\n\"", 4);
  static const std::vector<Command> commands = {
      {std::nullopt, Put{"x", "1"}},
      {std::nullopt, Put{"", ""}},
      {std::nullopt, Put{odd, std::string(70'000, 'v')}},
      {std::nullopt, Delete{"x"}},
      {std::nullopt, CompareAndSet{"x", "1", "2"}},
      {std::nullopt, CompareAndSet{"x", std::nullopt, "2"}},
      {std::nullopt, CompareAndSet{"x", "", "2"}},
      {SessionSerial{"s", 1}, Put{"x", "1"}},
      {SessionSerial{odd, ~std::uint64_t{0}}, Delete{odd}},
      {SessionSerial{"", 0}, CompareAndSet{odd, odd, odd}},
  };
  return commands;
}

TEST(Command, DecodesToWhatWasEncoded) {
  for (const Command& command : examples()) {
    EXPECT_EQ(decode(encode(command)), command);
  }
}

// The log outlives this version of the program, so the bytes themselves are pinned.
TEST(Command, TheEncodingIsTheOneDocumented) {
  const auto bytes = [](std::initializer_list<int> values) {
    std::string text;
    for (const int value : values) {
      text.push_back(static_cast<char>(value));
    }
    return text;
  };
  EXPECT_EQ(encode({std::nullopt, Put{"x", "1"}}), bytes({1, 0, 1, 0, 0, 0, 'x', 1, 0, 0, 0, '1'}));
  EXPECT_EQ(encode({SessionSerial{"s", 258}, Delete{"x"}}),
            bytes({1, 0x81, 1, 0, 0, 0, 's', 2, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 'x'}));
  EXPECT_EQ(encode({std::nullopt, CompareAndSet{"x", std::nullopt, "1"}}),
            bytes({1, 2, 1, 0, 0, 0, 'x', 1, 0, 0, 0, '1'}));
  EXPECT_EQ(encode({std::nullopt, CompareAndSet{"x", "", "1"}}),
            bytes({1, 3, 1, 0, 0, 0, 'x', 0, 0, 0, 0, 1, 0, 0, 0, '1'}));
}

TEST(Command, AnythingCutOrLengthenedIsRefused) {
  for (const Command& command : examples()) {
    const std::string whole = encode(command);
    for (std::size_t size = 0; size < std::min<std::size_t>(whole.size(), 200); ++size) {
      EXPECT_EQ(decode(whole.substr(0, size)), std::nullopt) << size << " bytes of " << whole.size();
    }
    EXPECT_EQ(decode(whole + '\0'), std::nullopt);
  }
}

TEST(Command, AnotherVersionOrKindIsRefused) {
  std::string bytes = encode({std::nullopt, Put{"x", "1"}});
  for (int value = 0; value < 256; ++value) {
    std::string version = bytes;
    version[0] = static_cast<char>(value);
    EXPECT_EQ(decode(version).has_value(), value == 1) << "version " << value;
    std::string kind = bytes;
    kind[1] = static_cast<char>(value);
    EXPECT_EQ(decode(kind).has_value(), value == 0 || value == 2) << "kind " << value;
  }
}

// Whatever decodes, encodes to the same bytes again: there is one encoding for each command, and no other input.
TEST(Command, EveryInputIsRefusedOrIsTheEncodingOfItsCommand) {
  std::mt19937_64 random(1);
  int accepted = 0;
  for (int round = 0; round < 200'000; ++round) {
    const Command& command = examples()[random() % examples().size()];
    std::string bytes = encode(command).substr(0, 60);
    for (std::uint64_t flips = random() % 3; flips > 0; --flips) {
      bytes[random() % bytes.size()] = static_cast<char>(random() % 5);
    }
    if (const auto decoded = decode(bytes)) {
      ++accepted;
      ASSERT_EQ(encode(*decoded), bytes);
    }
  }
  EXPECT_GT(accepted, 10'000);
}

}  // namespace
}  // namespace raftd::kv
