#include "harness/report/terminal_text.h"

#include <gtest/gtest.h>

namespace ordeal::harness {
namespace {

TEST(TerminalText, NothingPrintableMovesTheCursorOrRecoloursTheScreen) {
  EXPECT_EQ(printable("red \x1b[31m, bell \a, del \x7f"), "red \\x1b[31m, bell \\x07, del \\x7f");
  EXPECT_EQ(printable("two\nlines\tand a tab"), "two lines and a tab");
  EXPECT_EQ(printable("\xC2\x9B"
                      "31m"),
            "\\x9b31m");  // U+009B is ESC [ in one character
  EXPECT_EQ(printable("ü\xff"), "ü�");
}

TEST(TerminalText, WhatIsTooLongEndsInAnEllipsisWithinItsColumns) {
  EXPECT_EQ(elided("grüße", 5), "grüße");
  EXPECT_EQ(elided("grüße", 4), "grü…");
  EXPECT_EQ(elided("grüße", 1), "…");
  EXPECT_EQ(elided("grüße", 0), "");
  EXPECT_EQ(elided("", 3), "");
}

TEST(TerminalText, WrapsAtSpacesAndKeepsLongWordsWhole) {
  EXPECT_EQ(wrapped("one two  three", 7), (std::vector<std::string>{"one two", "three"}));
  EXPECT_EQ(wrapped("a incomprehensibly b", 5), (std::vector<std::string>{"a", "incomprehensibly", "b"}));
  EXPECT_EQ(wrapped("  ", 5), std::vector<std::string>{});
}

TEST(TerminalText, AlignsByColumnsNotBytes) {
  EXPECT_EQ(left_aligned("µs", 4) + "|", "µs  |");
  EXPECT_EQ(right_aligned("µs", 4), "  µs");
  EXPECT_EQ(right_aligned("long", 2), "long");
}

}  // namespace
}  // namespace ordeal::harness
