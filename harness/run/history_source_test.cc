#include "harness/run/history_source.h"

#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "checker/formats/json_lines.h"
#include "harness/cluster/testing/temporary_folder.h"

namespace ordeal::harness {
namespace {

using checker::CompactEvent;
using checker::Event;
using checker::EventType;
using checker::History;

// Calls and returns of some keys, with events of the nemesis in between.
History some_history(std::uint64_t events) {
  std::mt19937_64 engine(7);
  History history;
  for (std::uint64_t i = 0; i < events; ++i) {
    Event event;
    event.index = i;
    event.process = engine() % 10 == 0 ? checker::nemesis_process : static_cast<checker::Process>(engine() % 5);
    event.type = event.process < 0 ? EventType::info : engine() % 2 == 0 ? EventType::invoke : EventType::ok;
    event.f = event.process < 0 ? "stage" : "write";
    if (event.process >= 0) event.key = std::to_string(engine() % 7);
    event.value = static_cast<std::int64_t>(engine() % 100);
    history.push_back(std::move(event));
  }
  return history;
}

std::vector<std::vector<std::uint64_t>> contents(checker::EventSource& source) {
  std::vector<std::vector<std::uint64_t>> all;
  for (auto batch = source.next(); !batch.empty(); batch = source.next()) {
    for (const CompactEvent& event : batch) {
      all.push_back({event.index, static_cast<std::uint64_t>(event.process), event.key, event.f,
                     static_cast<std::uint64_t>(event.type)});
    }
  }
  return all;
}

// The source in memory is the twin.
TEST(HistoryFileSource, GivesWhatASourceInMemoryGivesAgainAndAgain) {
  const TemporaryFolder folder;
  const History history = some_history(20'000);
  const auto file = folder.path() / "history.jsonl";
  std::ofstream out(file);
  for (const Event& event : history) out << checker::write_json_line(event) << "\n";
  out.close();

  HistoryFileSource source(file);
  checker::HistorySource twin(history);
  const auto expected = contents(twin);
  EXPECT_EQ(contents(source), expected);
  source.rewind();
  EXPECT_EQ(contents(source), expected);
  EXPECT_TRUE(source.warnings().empty());
  const auto wanted = [](const CompactEvent& event) { return event.key == 3; };
  for (const std::uint64_t last : {0UL, 777UL, 15'000UL, 1'000'000UL}) {
    EXPECT_EQ(source.fetch(wanted, last), twin.fetch(wanted, last)) << last;
  }
  EXPECT_EQ(contents(source), expected) << "fetching rewinds";
  History read;
  for_each_event(file, [&](const Event& event) { read.push_back(event); });
  EXPECT_EQ(read, history);
}

TEST(HistoryFileSource, WarnsOfALastLineThatWasCutShort) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "history.jsonl";
  std::ofstream(file) << checker::write_json_line(some_history(1).front()) << "\n{\"index\":1,";
  HistoryFileSource source(file);
  EXPECT_EQ(contents(source).size(), 1U);
  EXPECT_EQ(source.warnings().size(), 1U);
  EXPECT_EQ(for_each_event(file, [](const Event&) {}).size(), 1U);
}

}  // namespace
}  // namespace ordeal::harness
