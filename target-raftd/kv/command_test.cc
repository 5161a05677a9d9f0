#include "target-raftd/kv/command.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <vector>

#include "target-raftd/kv/result.h"

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
      {std::nullopt, Add{"x", 5}},
      {SessionSerial{"s", 2}, Add{odd, std::numeric_limits<std::int64_t>::min()}},
      {std::nullopt, Identify{7}},
      {std::nullopt, Txn{}},
      {SessionSerial{"s", 3}, Txn{{{"a", Compare::Holds{odd}},
                                   {"b", Compare::Absent{}},
                                   {"c", Compare::Modified{9}},
                                   {odd, Compare::Version{1}}},
                                  {Put{"a", odd}, Delete{"b"}, Get{"c"}},
                                  {Get{"a"}}}},
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
  EXPECT_EQ(encode({std::nullopt, Add{"x", -2}}),
            bytes({1, 4, 1, 0, 0, 0, 'x', 254, 255, 255, 255, 255, 255, 255, 255}));
  EXPECT_EQ(encode({std::nullopt, Identify{258}}), bytes({1, 6, 2, 1, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(encode({std::nullopt, Txn{{{"x", Compare::Version{3}}}, {Put{"x", "1"}}, {Get{"y"}, Delete{"y"}}}}),
            bytes({1, 5, 1, 0, 0, 0, 1, 0, 0, 0,   'x', 3, 3, 0, 0,   0,  0, 0, 0, 0,  //
                   1, 0, 0, 0, 0, 1, 0, 0, 0, 'x', 1,   0, 0, 0, '1',                  //
                   2, 0, 0, 0, 7, 1, 0, 0, 0, 'y', 1,   1, 0, 0, 0,   'y'}));
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

TEST(Command, AnIdentifyInASessionOrOfZeroIsRefused) {
  EXPECT_EQ(decode(std::string("\x01\x06\0\0\0\0\0\0\0\0", 10)), std::nullopt);
  std::string in_session = encode({SessionSerial{"s", 1}, Delete{"x"}});
  in_session[1] = static_cast<char>(0x86);
  EXPECT_EQ(decode(in_session.substr(0, 15) + std::string("\1\0\0\0\0\0\0\0", 8)), std::nullopt);
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

const std::vector<Result>& results() {
  static const std::vector<Result> results = {
      {.code = Code::done, .index = 3},
      {.code = Code::mismatch, .index = 300, .actual = "x"},
      {.code = Code::not_a_number, .index = 4, .actual = ""},
      {.code = Code::done, .index = 5, .sum = -7},
      {.code = Code::done, .index = 6, .txn = TxnResult{true, {Value{"v", 1, 2, 3}, std::nullopt}}},
      {.code = Code::done, .index = 6, .txn = TxnResult{false, {}}},
      {.code = Code::unknown_session, .index = 8},
  };
  return results;
}

TEST(Result, DecodesToWhatWasEncoded) {
  for (const Result& result : results()) {
    EXPECT_EQ(decode_result(encode(result)), result);
  }
}

TEST(Result, AnythingCutOrLengthenedIsRefusedAndWhatDecodesEncodesToItself) {
  std::mt19937_64 random(1);
  int accepted = 0;
  for (const Result& result : results()) {
    const std::string whole = encode(result);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      EXPECT_EQ(decode_result(whole.substr(0, size)), std::nullopt);
    }
    EXPECT_EQ(decode_result(whole + '\0'), std::nullopt);
    for (int round = 0; round < 20'000; ++round) {
      std::string bytes = whole;
      bytes[random() % bytes.size()] = static_cast<char>(random() % 17);
      if (const auto decoded = decode_result(bytes)) {
        ++accepted;
        ASSERT_EQ(encode(*decoded), bytes);
      }
    }
  }
  EXPECT_GT(accepted, 1'000);
}

}  // namespace
}  // namespace raftd::kv
