#include "harness/run/history_tail.h"

#include <gtest/gtest.h>

#include <fstream>
#include <system_error>

#include "checker/formats/history_reader.h"
#include "harness/cluster/testing/temporary_folder.h"

namespace ordeal::harness {
namespace {

using checker::Event;
using checker::History;

Event event(std::uint64_t index, const std::string& error = "") {
  Event event;
  event.index = index;
  event.type = checker::EventType::fail;
  event.f = "read";
  event.error = error;
  return event;
}

class HistoryTailTest : public testing::Test {
 protected:
  void append(const std::string& text) { std::ofstream(file_, std::ios::app) << text; }
  void append(const Event& event) { append(checker::write_json_line(event) + "\n"); }

  static History all(HistoryTail& tail) {
    History events;
    while (true) {
      const History& piece = tail.next();
      if (piece.empty()) return events;
      events.insert(events.end(), piece.begin(), piece.end());
    }
  }

  const TemporaryFolder folder_;
  const std::filesystem::path file_ = folder_.path() / "history.jsonl";
};

TEST_F(HistoryTailTest, FollowsAFileThatGrowsByPartsOfLines) {
  append("");
  HistoryTail tail(file_);
  EXPECT_TRUE(tail.next().empty());
  append(event(0));
  const std::string line = checker::write_json_line(event(1)) + "\n";
  append(line.substr(0, 20));
  EXPECT_EQ(all(tail), History{event(0)});
  append(line.substr(20));
  append("\n  \n");
  append(event(2));
  EXPECT_EQ(all(tail), (History{event(1), event(2)}));
  EXPECT_TRUE(tail.next().empty());
  EXPECT_FALSE(tail.last_line().warning);
  tail.rewind();
  EXPECT_EQ(all(tail).size(), 3U);
}

TEST_F(HistoryTailTest, GivesALongFileInPiecesAndALineThatIsLongerThanAPieceWhole) {
  History written;
  for (std::uint64_t i = 0; i < 5'000; ++i) written.push_back(event(i, std::string(i == 100 ? 1'000'000 : 200, 'x')));
  for (const Event& one : written) append(one);
  HistoryTail tail(file_);
  const std::size_t first = tail.next().size();
  EXPECT_GT(first, 0U);
  EXPECT_LT(first, written.size());
  tail.rewind();
  EXPECT_EQ(all(tail), written);
}

TEST_F(HistoryTailTest, NamesTheLineOfTheWholeFileThatIsNoneOfOurs) {
  for (std::uint64_t i = 0; i < 5'000; ++i) append(event(i, std::string(200, 'x')));
  append("{\"index\":oops}\n");
  HistoryTail tail(file_);
  try {
    all(tail);
    FAIL() << "it was read";
  } catch (const checker::FormatError& error) {
    EXPECT_EQ(std::string(error.what()).find(file_.string() + ":5001:10: "), 0U) << error.what();
  }
}

TEST_F(HistoryTailTest, TellsALastLineThatWasCutShortFromOneThatOnlyLacksItsNewline) {
  append(event(0));
  const std::string line = checker::write_json_line(event(1));
  append(line);
  HistoryTail whole(file_);
  EXPECT_EQ(all(whole), History{event(0)});
  EXPECT_EQ(whole.last_line().events, History{event(1)});
  EXPECT_FALSE(whole.last_line().warning);

  append("\n" + line.substr(0, line.size() - 4));
  HistoryTail cut(file_);
  EXPECT_EQ(all(cut).size(), 2U);
  EXPECT_TRUE(cut.last_line().events.empty());
  ASSERT_TRUE(cut.last_line().warning);
  EXPECT_NE(cut.last_line().warning->find("line 3 is the last and was cut short; checked up to there, 2 events"),
            std::string::npos)
      << *cut.last_line().warning;
}

TEST_F(HistoryTailTest, NamesAFileThatIsNotThere) {
  EXPECT_THROW(HistoryTail(folder_.path() / "absent"), std::system_error);
}

}  // namespace
}  // namespace ordeal::harness
