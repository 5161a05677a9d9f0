#include "nemesis/inject/corrupt_files.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

namespace ordeal::nemesis {
namespace {

namespace fs = std::filesystem;

class CorruptFilesTest : public ::testing::Test {
 protected:
  CorruptFilesTest() {
    std::string pattern = ::testing::TempDir() + "/ordeal-corrupt-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    fs::create_directory(folder_ / "wal");
  }
  ~CorruptFilesTest() override { fs::remove_all(folder_); }

  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
  }
  std::string read(const fs::path& name) const {
    std::ifstream in(folder_ / name, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }

  fs::path folder_;
};

const std::vector<CorruptibleFiles> files{{"wal/*.log", {CorruptKind::bit_flip}, 100},
                                          {"*.snap", {CorruptKind::bit_flip, CorruptKind::truncate}, 0}};

TEST_F(CorruptFilesTest, OneBitChangesBeforeTheEndOfWhatIsNotZero) {
  const std::string content = std::string(150, 'x') + std::string(5000, '\0');
  std::set<std::uint64_t> places;
  for (std::uint64_t draw = 0; draw < 400; ++draw) {
    write("wal/1.log", content);
    const auto damage = corrupt(folder_, files, CorruptKind::bit_flip, draw);
    ASSERT_TRUE(damage);
    EXPECT_EQ(damage->file, "wal/1.log");
    std::string mended = read(damage->file);
    ASSERT_EQ(mended.size(), content.size());
    mended[damage->offset] = static_cast<char>(mended[damage->offset] ^ (1 << damage->bit));
    EXPECT_EQ(mended, content);
    EXPECT_NE(read(damage->file), content);
    places.insert(damage->offset);
  }
  EXPECT_LT(*places.rbegin(), 50U);
  EXPECT_GT(places.size(), 40U);
}

TEST_F(CorruptFilesTest, OnlyFilesThatMustShowThatKindOfDamageAreStruck) {
  write("wal/1.log", std::string(1000, 'x'));
  write("other", std::string(1000, 'x'));
  EXPECT_FALSE(corrupt(folder_, files, CorruptKind::truncate, 1));
  write("1.snap", std::string(1000, 'x'));
  const auto damage = corrupt(folder_, files, CorruptKind::truncate, 1);
  ASSERT_TRUE(damage);
  EXPECT_EQ(damage->file, "1.snap");
  EXPECT_EQ(damage->length, 1000U);
  EXPECT_EQ(fs::file_size(folder_ / "1.snap"), damage->offset);
  EXPECT_LT(damage->offset, 1000U);
}

TEST_F(CorruptFilesTest, AFileThatIsAllSparedIsLeftAlone) {
  write("wal/1.log", std::string(100, 'x') + std::string(100, '\0'));
  EXPECT_FALSE(corrupt(folder_, files, CorruptKind::bit_flip, 1));
}

}  // namespace
}  // namespace ordeal::nemesis
