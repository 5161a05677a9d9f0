#include "harness/mutants/scores_json.h"

#include <gtest/gtest.h>

#include "harness/config/config_error.h"
#include "harness/mutants/scores_table.h"

namespace ordeal::harness {
namespace {

Scores sample() {
  MutantScore killed;
  killed.name = "read-follower";
  killed.plan = "partitions";
  killed.status = MutantStatus::killed;
  killed.by = "linearizable";
  killed.median_s = 3.25;
  killed.max_s = 8;
  killed.runs = killed.seeds = killed.killed_seeds = 3;
  killed.load_s = 14.5;
  killed.detail = "not linearizable: key \"2\"";
  MutantScore survived;
  survived.name = "fig8";
  survived.tier = Tier::t4;
  survived.plan = "kills";
  survived.runs = 18;
  survived.seeds = 3;
  survived.load_s = 360;
  ControlScore clean{.name = "clean", .status = "valid", .runs = 18, .load_s = 360, .detail = ""};
  return {.mutants = {killed, survived}, .controls = {clean}};
}

TEST(ScoresJson, IsOneObjectWithALineForEach) {
  EXPECT_EQ(to_json(sample()),
            "{\"mutants\":[\n"
            "  {\"name\":\"read-follower\",\"tier\":\"T1\",\"status\":\"killed\",\"by\":\"linearizable\","
            "\"median_s\":3.2,\"max_s\":8.0,\"runs\":3,\"seeds\":3,\"killed_seeds\":3,\"load_s\":14.5,"
            "\"plan\":\"partitions\",\"detail\":\"not linearizable: key \\\"2\\\"\"},\n"
            "  {\"name\":\"fig8\",\"tier\":\"T4\",\"status\":\"survived\",\"by\":null,\"median_s\":null,\"max_s\":null,"
            "\"runs\":18,\"seeds\":3,\"killed_seeds\":0,\"load_s\":360.0,\"plan\":\"kills\",\"detail\":\"\"}],\n"
            "\"controls\":[\n"
            "  {\"name\":\"clean\",\"status\":\"valid\",\"runs\":18,\"load_s\":360.0,\"detail\":\"\"}]}\n");
}

TEST(ScoresJson, ReadsBackWhatItWrote) {
  const std::string text = to_json(sample());
  EXPECT_EQ(to_json(scores_from_json(text, "scores.json")), text);
}

TEST(ScoresJson, RefusesWhatIsNoTableOfScores) {
  for (const char* text : {"", "{", "[]", "{\"mutants\":[]}", "{\"mutants\":[{\"name\":3}],\"controls\":[]}",
                           "{\"mutants\":[{\"name\":\"a\",\"tier\":\"T9\"}],\"controls\":[]}"}) {
    SCOPED_TRACE(text);
    EXPECT_THROW(scores_from_json(text, "scores.json"), ConfigError);
  }
}

TEST(ScoresTable, SaysWhatIsKnownOfEachMutant) {
  Mutant mutant;
  const auto status = [&](const std::string& name) {
    mutant.name = name;
    return known_status(mutant, sample());
  };
  EXPECT_EQ(status("read-follower"), "killed by linearizable, 3.2 s (at most 8.0 s)");
  EXPECT_EQ(status("fig8"), "survived 3 x 120 s of load");
  EXPECT_EQ(status("new"), "not scored yet");
}

TEST(ScoresTable, CountsByTierAndListsControls) {
  Scores scores = sample();
  scores.mutants[1].killed_seeds = 1;
  EXPECT_EQ(scores_table(scores),
            "mutant         tier  status    seeds  median     max  runs  by\n"
            "read-follower  T1    killed      3/3   3.2 s   8.0 s     3  linearizable\n"
            "fig8           T4    survived    1/3       -       -    18  \n"
            "\n"
            "  T1  1 of 1 killed (100 %)\n"
            "  T4  0 of 1 killed (0 %), 1 more by some seeds only\n"
            "\n"
            "control        status           runs     load\n"
            "clean          valid              18    360 s  \n");
}

}  // namespace
}  // namespace ordeal::harness
