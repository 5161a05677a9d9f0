// The quick reader of usual lines against JsonScanner, which the tests of JsonLinesStream hold to the parser.

#include "checker/formats/json_usual_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "checker/formats/json_scanner.h"
#include "checker/formats/piece_reader.h"

namespace ordeal::checker {
namespace {

using Random = std::mt19937_64;

static_assert(PieceReader::padding >= JsonUsualLines::reach);

// What both read must be the same, to the last bit.
std::string described(const CompactEvent& event) {
  return std::to_string(event.index) + " " + std::to_string(event.process) + " " + std::to_string(event.value.bits()) +
         " " + std::to_string(event.second.bits()) + " " + std::to_string(last_word(event));
}

// A text whose last byte that may be read is the last one of its memory.
class PaddedText {
 public:
  explicit PaddedText(const std::string& text) : bytes_(new char[text.size() + JsonUsualLines::reach]()) {
    std::copy(text.begin(), text.end(), bytes_.get());
  }
  const char* begin() const { return bytes_.get(); }

 private:
  std::unique_ptr<char[]> bytes_;
};

class UsualLines : public testing::Test {
 protected:
  void SetUp() override {
    if (!JsonUsualLines::possible()) GTEST_SKIP() << "this processor has not the instructions";
  }

  // Lines without their newlines. What is learned may take the place of something else, which must then find a new one.
  void teach(const std::vector<std::string>& lines) {
    lesson_ = lines;
    for (std::size_t in_a_row = 0, i = 0; in_a_row < lines.size() && i < 50 * lines.size(); ++i) {
      const PaddedText text(lines[i % lines.size()] + "\n" + lines[0] + "\n");
      const char* at = text.begin();
      CompactEvent event;
      ++in_a_row;
      if (usual_.take(at, {&event, 1}) == 1) continue;
      in_a_row = 0;
      ASSERT_NE(scanner_.scan(text.begin(), event), nullptr) << lines[i % lines.size()];
      usual_.learn(text.begin(), event);
    }
  }

  // How many lines of the text it takes; each as the scanner does.
  std::size_t taken(const std::string& lines) {
    const PaddedText text(lines);
    const char* at = text.begin();
    std::vector<CompactEvent> events(16);
    const std::size_t size = usual_.take(at, events);
    const char* scanned_to = text.begin();
    for (std::size_t i = 0; i < size; ++i) {
      CompactEvent scanned;
      scanned_to = scanner_.scan(scanned_to, scanned);
      if (scanned_to == nullptr) {
        ADD_FAILURE() << "it takes what the scanner refuses: " << lines;
        return size;
      }
      EXPECT_EQ(described(events[i]), described(scanned)) << lines;
    }
    EXPECT_EQ(at, scanned_to) << lines;
    if (size == 0) pay();
    return size;
  }

 private:
  // Lines are let alone when too many were unusual.
  void pay() {
    std::string text;
    for (int i = 0; i < 8; ++i) text += lesson_.back() + "\n";
    const PaddedText padded(text);
    const char* at = padded.begin();
    std::vector<CompactEvent> events(8);
    usual_.take(at, events);
  }

  Vocabulary vocabulary_;
  JsonScanner scanner_{vocabulary_};
  JsonUsualLines usual_;
  std::vector<std::string> lesson_;
};

// Fronts, middles, keys and tails of all kinds; the last line is one that a history has most of.
const std::vector<std::string> lesson = {
    R"({"index":600,"time":60000,"process":1,"type":"ok","f":"read","key":"9","value":0,"node":"n2"})",
    R"({"index":601,"time":60010,"process":30,"type":"invoke","f":"read","key":"k12345","node":"n1"})",
    R"({"index":602,"time":60020,"process":30,"type":"ok","f":"cas","key":"","value":[1776,1779],"node":"n2"})",
    R"({"index":603,"time":60030,"process":7,"type":"fail","f":"cas","key":"9","value":[2,5],"node":"n4","error":"mismatch"})",
    R"({"index":604,"time":60030,"process":7,"type":"info","f":"write","key":"9","value":2,"node":"n4","error":"timeout"})",
    R"({"index":605,"time":60030,"process":12345678,"type":"info","f":"acquire","key":"9","error":"no, }: [now"})",
    R"({"index":606,"time":60030,"process":12345,"type":"ok","f":"a}:b","key":"a]b","value":12345678,"node":"x,{y:"})",
    R"({"index":607,"time":60030,"process":6,"type":"ok","f":"write","key":"]","value":0,"node":"]}"})",
    R"({"index":599,"time":59900,"process":18,"type":"invoke","f":"write","key":"45","value":1405,"node":"n4"})",
};

TEST_F(UsualLines, TakesALineWhosePartsItHasSeen) {
  teach(lesson);
  for (const std::string& line : lesson) EXPECT_EQ(taken(line + "\n"), 1U) << line;
  EXPECT_EQ(
      taken(R"({"index":100,"time":99999,"process":0,"type":"ok","f":"read","key":"45","value":99999999,"node":"n4"})"
            "\n"
            R"({"index":999,"time":10000,"process":98765,"type":"invoke","f":"read","key":"9","node":"n2"})"
            "\n"
            R"({"index":999,"time":10000,"process":4,"type":"fail","f":"cas","key":"k12345","value":[0,99999999],)"
            R"("node":"n4","error":"mismatch"})"
            "\n"),
      3U);
}

TEST_F(UsualLines, TakesIndexesOfAnyLength) {
  std::string index, text;
  for (const char digit : std::string("987654321012345678")) {
    index += digit;
    const std::string begin = R"({"index":)" + index,
                      end = R"(,"time":1234567,"process":1,"type":"ok","f":"read","key":"9","node":"n2"})";
    teach({begin + end});
    EXPECT_EQ(taken(begin + end + "\n"), 1U) << index;
    text = R"({"index":)" + index.substr(0, index.size() - 1) + "9" + end + "\n";
    EXPECT_EQ(taken(text + text), 2U) << index;
  }
}

TEST_F(UsualLines, RefusesWhatIsNearlyUsual) {
  teach(lesson);
  struct Line {
    std::string index = "600", time = "60000", process = "1", f = "write", key = "\"9\"", value = "4", end = "}";
  };
  const auto is_taken = [&](const Line& l) {
    return taken("{\"index\":" + l.index + ",\"time\":" + l.time + ",\"process\":" + l.process +
                 R"(,"type":"ok","f":")" + l.f + "\",\"key\":" + l.key + ",\"value\":" + l.value + ",\"node\":\"n2\"" +
                 l.end + "\n") == 1;
  };
  ASSERT_TRUE(is_taken({}));
  ASSERT_TRUE(is_taken({.f = "cas", .value = "[0,1]"}));
  EXPECT_FALSE(is_taken({.index = "060"}));
  EXPECT_FALSE(is_taken({.time = "06000"}));
  for (const std::string process : {"01", "00", "-1", "", "x", "1234567890", "123456789012", "1234567890123456789"}) {
    EXPECT_FALSE(is_taken({.process = process})) << process;
  }
  const std::string nul(1, '\0');
  for (const std::string& key : std::vector<std::string>{
           "\"10\"", "9", "", "\"9", "\"", "\"9\"x", "\"9\"" + std::string(32, ' '), "\"" + nul + "\"", "\"9\"" + nul,
           "\"9\"" + std::string(5, '\0'), "\"" + std::string(8, '\0'), "\"" + std::string(9, '\xff') + "\""}) {
    EXPECT_FALSE(is_taken({.key = key})) << key;
  }
  for (const std::string value : {"", "04", "00", "-0", "-4", "4.5", "4e1", "null", "true", "\"4\"", "4 ", "123456789",
                                  "1234567890123456789", "[1,2]", "4,\"value\":4", "4,2]"}) {
    EXPECT_FALSE(is_taken({.value = value})) << value;
  }
  for (const std::string list : {"[1,2", "[1]", "[,2]", "[1,]", "[01,2]", "[1,02]", "[1,2,3]", "[-1,2]", "[1, 2]",
                                 "[[1,2]", "[1,null]", "[1,123456789]", "[1,\"2\"]"}) {
    EXPECT_FALSE(is_taken({.f = "cas", .value = list})) << list;
  }
  for (const std::string end : {"", "} ", "}\r", "}}"}) EXPECT_FALSE(is_taken({.end = end})) << end;
  // A list whose begin is as far from the process as commas are looked for.
  const std::string begin = R"({"index":600,"time":60000,"process":)", list = R"("value":[1,2],"node":"n2"})";
  for (std::size_t from = 60; from < 80; ++from) EXPECT_EQ(taken(begin + std::string(from, '1') + list + "\n"), 0U);
  for (const char byte : {'\n', '\0', '\xff', ',', '0', '"'}) EXPECT_EQ(taken(std::string(300, byte)), 0U);
}

// A list, or a string in it, may hold what looks like the end of a value; nothing must be learned from that.
TEST_F(UsualLines, LearnsNoTailFromTheMiddleOfAValue) {
  const std::string begin = R"({"index":600,"time":60000,"process":1,"type":"ok","f":"cas","key":"9","value":)";
  const std::string end = R"(,"node":"n2"})";
  for (const std::string value : {R"([1,2])", R"(["1,","x"])", R"(["","x"])", R"([-1,2])", R"([1,-2])", R"([1,"x"])",
                                  R"([null,3])", R"("1,")", R"("1]")", R"(-1)", R"(null)"}) {
    teach({begin + value + end, lesson.back()});
    for (std::size_t from = 0; from < value.size(); ++from) {
      taken(begin + "7" + value.substr(from) + end + "\n");
      taken(begin + "[1,7" + value.substr(from) + end + "\n");
    }
  }
}

// Whatever it takes, the scanner takes: after each change of one byte, each cut, each byte more or less.
TEST_F(UsualLines, AgreesWithTheScannerOnEveryLineNearToAUsualOne) {
  teach(lesson);
  std::size_t all = 0, usual = 0;
  const auto read = [&](const std::string& line) {
    ++all;
    usual += taken(line + "\n" + lesson.back() + "\n") > 0 ? 1 : 0;
  };
  for (const std::string& line : lesson) {
    for (std::size_t at = 0; at < line.size(); ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string changed = line;
        changed[at] = static_cast<char>(byte);
        read(changed);
        read(line.substr(0, at) + static_cast<char>(byte) + line.substr(at));
      }
      read(line.substr(0, at));
      read(line.substr(at));
      for (std::size_t size = 1; size <= 4; ++size)
        read(line.substr(0, at) + line.substr(std::min(at + size, line.size())));
      taken(line.substr(0, at));  // which ends the text
    }
  }
  EXPECT_GT(usual, 1000U);  // the digits
  EXPECT_LT(usual, all / 10);
}

// Pieces of lines put together in any way.
TEST_F(UsualLines, AgreesWithTheScannerOnMixedLines) {
  teach(lesson);
  Random random(5);
  const auto one_of = [&](const std::vector<std::string>& texts) { return texts[random() % texts.size()]; };
  const auto number = [&] { return std::to_string(random() >> random() % 64); };
  std::size_t usual = 0;
  for (int round = 0; round < 100'000; ++round) {
    std::string text;
    for (std::uint64_t lines = 1 + random() % 3; lines > 0; --lines) {
      const std::string value =
          one_of({",\"value\":" + number(), ",\"value\":[" + number() + "," + number() + "]", ""});
      text += R"({"index":)" + one_of({"600", "599", "010", number()}) + R"(,"time":)" +
              one_of({"60000", "00000", number()}) + R"(,"process":)" + one_of({"1", "30", "0", "00", number()}) +
              R"(,"type":")" + one_of({"ok", "invoke", "fail", "info"}) + R"(","f":")" +
              one_of({"read", "write", "cas", "a,b}"}) +
              one_of({R"(","key":"9")", R"(","key":"k12345")", R"(","key":"")", R"(","key":"a]b")", R"(","key":"a,b")",
                      "\""}) +
              value + one_of({R"(,"node":"n4"})", R"(,"node":"x,{y:"})", R"(,"node":"n4","error":"mismatch"})", "}"}) +
              "\n";
    }
    if (random() % 4 == 0) text.erase(random() % text.size(), 1 + random() % 3);
    usual += taken(text);
  }
  EXPECT_GT(usual, 1000U);
}

// Where the next line begins is looked for from byte 80 to 144; two of the shortest lines end there, too.
TEST_F(UsualLines, LeavesShortAndLongLines) {
  const std::string begin = R"({"index":1,"time":1,"process":1,"type":"ok","f":")";
  const std::string shortest = begin + R"(r","key":"","node":""})";
  for (const std::size_t size : {71U, 79U, 80U, 144U, 145U}) {
    std::string line = shortest;
    line.insert(line.size() - 2, size - line.size() - (size - line.size()) / 3, 'n');
    line.insert(begin.size(), size - line.size(), 'r');
    ASSERT_EQ(line.size(), size);
    teach({line});
    EXPECT_EQ(taken(line + "\n" + line + "\n" + line + "\n"), size < 80 || size > 144 ? 0U : 3U) << line;
  }
}

// Each place between the end of a line and that of the memory.
TEST_F(UsualLines, LooksNoFurtherThanItsReach) {
  teach(lesson);
  std::string text;
  for (const std::string& line : lesson) text += line + "\n";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const std::size_t lines =
        static_cast<std::size_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size), '\n'));
    EXPECT_EQ(taken(text.substr(0, size)), lines) << size;
  }
}

TEST_F(UsualLines, FindsManyTailsAndMiddlesAgain) {
  std::vector<std::string> lines;
  for (int i = 0; i < 40; ++i) {
    lines.push_back(R"({"index":1000,"time":1,"process":1,"type":"ok","f":"f)" + std::to_string(i % 8) +
                    R"(","key":"1","value":7,"node":"node)" + std::to_string(i) + "\"}");
  }
  teach(lines);
  for (const std::string& line : lines) EXPECT_EQ(taken(line + "\n"), 1U) << line;
}

// To fail costs time, so that lines which are never usual are mostly left to the scanner; but not for ever.
TEST_F(UsualLines, AreLookedForAgainAfterAllOthers) {
  JsonUsualLines usual;
  const PaddedText unusual("{}\n"), good(lesson.back() + "\n");
  Vocabulary vocabulary;
  JsonScanner scanner(vocabulary);
  CompactEvent event;
  scanner.scan(good.begin(), event);
  usual.learn(good.begin(), event);  // which nobody asked for
  const char* at = good.begin();
  EXPECT_EQ(usual.take(at, {&event, 1}), 0U);
  for (int i = 0; i < 10'000; ++i) {
    at = unusual.begin();
    EXPECT_EQ(usual.take(at, {&event, 1}), 0U);
  }
  std::size_t taken_in_the_end = 0;
  for (int i = 0; i < 10'000; ++i) {
    at = good.begin();
    if (usual.take(at, {&event, 1}) == 1) {
      ++taken_in_the_end;
      continue;
    }
    scanner.scan(good.begin(), event);
    usual.learn(good.begin(), event);
  }
  EXPECT_GT(taken_in_the_end, 9000U);
}

}  // namespace
}  // namespace ordeal::checker
