#include "harness/report/escape.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "harness/report/testing/well_formed.h"

namespace ordeal::harness {
namespace {

struct Case {
  std::string raw, expected;
};

TEST(Escape, MarkupSpellsOutWhatWouldBeATagAReferenceOrTheEndOfAnAttribute) {
  const std::vector<Case> cases = {{"<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"},
                                   {"]]>", "]]&gt;"},
                                   {"a\"b'c&amp;", "a&quot;b&#39;c&amp;amp;"},
                                   {"two\nlines\tand ünïcödé → 字", "two\nlines\tand ünïcödé → 字"},
                                   {"", ""}};
  for (const Case& c : cases) EXPECT_EQ(escape_markup(c.raw), c.expected);
}

TEST(Escape, MarkupReplacesWhatXmlForbidsEvenAsAReference) {
  EXPECT_EQ(escape_markup(std::string("a\0b\x1b[31m\x7f\r", 10)), "a�b�[31m��");
  EXPECT_EQ(escape_markup("\xEF\xBF\xBE\xEF\xBF\xBF"), "��");
}

TEST(Escape, OnlyWellFormedUtf8Remains) {
  const std::vector<Case> cases = {
      {"plain ü → 🙂", "plain ü → 🙂"},
      {"\xff", "�"},
      {"cut \xE2\x86", "cut ��"},
      {"overlong \xC0\xAF", "overlong ��"},
      {"overlong \xE0\x80\x80", "overlong ���"},
      {"surrogate \xED\xA0\x80", "surrogate ���"},
      {"beyond \xF4\x90\x80\x80", "beyond ����"},
  };
  for (const Case& c : cases) EXPECT_EQ(valid_utf8(c.raw), c.expected);
}

TEST(Escape, EveryByteAndEveryPairOfBytesIsFitForXml) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string raw = {static_cast<char>(first), static_cast<char>(second)};
      ASSERT_EQ(why_not_well_formed("<a b=\"" + escape_markup(raw) + "\">" + escape_markup(raw) + "</a>"), "")
          << first << " " << second;
    }
  }
}

TEST(Escape, APathSegmentCannotLeaveItsFolderOrBecomeAnotherScheme) {
  const std::vector<Case> cases = {{"n1", "n1"},
                                   {"etcd-0.zone_b", "etcd-0.zone_b"},
                                   {"..", "%2E%2E"},
                                   {"../x", "..%2Fx"},
                                   {"javascript:alert(1)", "javascript%3Aalert%281%29"},
                                   {"a\"b", "a%22b"}};
  for (const Case& c : cases) EXPECT_EQ(escape_path_segment(c.raw), c.expected);
}

TEST(WellFormed, FindsTheMistakesItIsThereFor) {
  for (const char* wrong : {"<a>", "</a>", "<a></b>", "<a b=\"<\"/>", "<a b=c/>", "<a>&</a>", "<a>\x01</a>", "\xff"}) {
    EXPECT_NE(why_not_well_formed(wrong), "") << wrong;
  }
}

}  // namespace
}  // namespace ordeal::harness
