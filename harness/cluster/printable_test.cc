#include "harness/cluster/printable.h"

#include <gtest/gtest.h>

namespace ordeal::harness {
namespace {

using namespace std::string_view_literals;

TEST(Printable, TextStaysAndEveryOtherByteIsEscaped) {
  struct Case {
    std::string_view bytes;
    std::string_view text;
  };
  const Case cases[] = {
      {"", ""},
      {"a\tb ~", "a\tb ~"},
      {"größer – 漢 😀", "größer – 漢 😀"},
      {"\x1b[31mred\x7f"sv, "\\x1b[31mred\\x7f"},
      {"\0\r\n"sv, "\\x00\\x0d\\x0a"},
      {"\xff\xc3"sv, "\\xff\\xc3"},                    // a character cut off
      {"\xc0\xaf"sv, "\\xc0\\xaf"},                    // overlong '/'
      {"\xe0\x80\xaf"sv, "\\xe0\\x80\\xaf"},           // overlong in three bytes
      {"\xf0\x80\x80\xaf"sv, "\\xf0\\x80\\x80\\xaf"},  // and in four
      {"\xed\xa0\x80"sv, "\\xed\\xa0\\x80"},           // a surrogate
      {"\xf4\x90\x80\x80"sv, "\\xf4\\x90\\x80\\x80"},  // beyond U+10FFFF
      {"\xc2\x9b"sv, "\\xc2\\x9b"},                    // a control sequence introducer
      {"\xe2\x28\xa1"sv, "\\xe2(\\xa1"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(printable(c.bytes), c.text);
  }
}

TEST(Printable, ALongTextIsCutAndSaysSo) {
  EXPECT_EQ(printable("abcdef", 6), "abcdef");
  EXPECT_EQ(printable("abcdef", 5), "abcde...");
  EXPECT_EQ(printable("\xff\xff\xff", 2), "\\xff\\xff...");
}

}  // namespace
}  // namespace ordeal::harness
