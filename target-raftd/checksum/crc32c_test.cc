#include "target-raftd/checksum/crc32c.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace raftd::checksum {
namespace {

TEST(Crc32c, IsTheOneOfThePublishedExamples) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);  // RFC 3720, B.4
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62A8AB43U);
  EXPECT_EQ(crc32c(""), 0U);
}

TEST(Crc32c, TheInstructionAgreesWithTheTableInOnePieceAndInTwo) {
  std::mt19937_64 random(1);
  std::string bytes;
  for (int length = 0; length < 300; ++length) {
    const std::uint32_t whole = crc32c_by_table(bytes);
    ASSERT_EQ(crc32c(bytes), whole);
    const std::string_view view = bytes;
    const std::size_t cut = random() % (bytes.size() + 1);
    ASSERT_EQ(crc32c(view.substr(cut), crc32c(view.substr(0, cut))), whole);
    bytes.push_back(static_cast<char>(random()));
  }
}

}  // namespace
}  // namespace raftd::checksum
