#include "harness/mutants/mutant.h"

#include <gtest/gtest.h>

#include "harness/config/config_error.h"
#include "harness/mutants/mutant_folder.h"

namespace ordeal::harness {
namespace {

const std::string header =
    "Tier: T2\n"
    "Kind: bug\n"
    "Mechanism: counts half\n"
    "  of the servers\n"
    "Rule: a majority is more than half (Raft §5.2)\n"
    "Real: NuRaft ed1c153\n"
    "Plan: halves-of-four\n";
const std::string diff =
    "--- a/target-raftd/raft/quorum.cc\n"
    "+++ b/target-raftd/raft/quorum.cc\n"
    "@@ -1,3 +1,3 @@\n"
    " {\n"
    "-  return servers / 2 + 1;\n"
    "+  return servers / 2;\n"
    " }\n";

std::string error_of(const std::string& text, const std::string& name = "quorum-half") {
  try {
    parse_mutant(text, name, "quorum-half.patch");
    return "no error";
  } catch (const ConfigError& error) {
    return error.what();
  }
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Mutant, IsWhatTheHeaderOfItsPatchSays) {
  const Mutant mutant = parse_mutant(header + "\n" + diff, "quorum-half", "quorum-half.patch");
  EXPECT_EQ(mutant.name, "quorum-half");
  EXPECT_EQ(mutant.tier, Tier::t2);
  EXPECT_EQ(mutant.kind, MutantKind::bug);
  EXPECT_EQ(mutant.mechanism, "counts half of the servers");
  EXPECT_EQ(mutant.rule, "a majority is more than half (Raft §5.2)");
  EXPECT_EQ(mutant.real, "NuRaft ed1c153");
  EXPECT_EQ(mutant.plan, "halves-of-four");
  EXPECT_EQ(mutant.files, std::vector<std::string>{"target-raftd/raft/quorum.cc"});
}

struct BadPatch {
  std::string text;
  std::string message;
};

TEST(Mutant, RefusesAPatchWithPlaceAndCure) {
  const std::string good = header + "\n" + diff;
  const BadPatch cases[] = {
      {replaced(good, "T2", "T5"), "quorum-half.patch:1: Tier is `T5`; it must be T1, T2, T3, T4 or control"},
      {replaced(good, "Kind: bug", "Kind: feature"),
       "quorum-half.patch:2: Kind is `feature`; it must be bug, equivalent or slow"},
      {replaced(good, "Rule:", "Rul:"),
       "quorum-half.patch:5: `Rul` is no key of a mutant's header; did you mean Rule?"},
      {replaced(good, "Real: NuRaft ed1c153\n", ""),
       "quorum-half.patch:8: the header has no Real; add a line `Real: ...` above the diff"},
      {replaced(good, "Real: NuRaft ed1c153", "Real:"),
       "quorum-half.patch:6: Real is empty; say it, or `none` where there is none"},
      {replaced(good, "Kind: bug\n", "Kind: bug\nKind: bug\n"),
       "quorum-half.patch:3: Kind stands here twice; keep one of them"},
      {" lost\n" + good, "quorum-half.patch:1: this line goes on with nothing; begin it with a key such as `Rule:`"},
      {header, "quorum-half.patch:7: there is no diff; after the header come `--- a/FILE` and `+++ b/FILE`"},
      {replaced(good, "Kind: bug", "Kind: slow"),
       "quorum-half.patch:15: Tier and Kind disagree; a control is equivalent or slow, and everything else is a bug"},
      {replaced(replaced(good, "Kind: bug", "Kind: slow"), "T2", "control"),
       "quorum-half.patch:15: a control of kind slow is called slow-NAME.patch"},
      {replaced(good, "+++ b/target-raftd/raft/quorum.cc", "+++ b/target-raftd/raft/log.cc"),
       "quorum-half.patch:10: `target-raftd/raft/quorum.cc` becomes `target-raftd/raft/log.cc`; a mutant changes "
       "files, it does not move them"},
      {header + "\n--- a/harness/run/run.cc\n+++ b/harness/run/run.cc\n@@ -1 +1 @@\n-a\n+b\n",
       "quorum-half.patch:10: `harness/run/run.cc` is no source of raftd; paths begin at the repository's root with "
       "target-raftd/"},
      {replaced(good, "@@ -1,3 +1,3 @@\n", ""),
       "quorum-half.patch:11: this is no line of a unified diff; target-raftd/mutants/edit writes them"},
      {header + "\n--- a/target-raftd/raft/log.cc\n+++ b/target-raftd/raft/log.cc\n",
       "quorum-half.patch:10: the diff changes nothing; it needs a hunk that begins with `@@`"},
  };
  for (const BadPatch& c : cases) {
    SCOPED_TRACE(c.message);
    EXPECT_EQ(error_of(c.text), c.message);
  }
}

TEST(Mutant, TiersAreAListOfNames) {
  EXPECT_EQ(parse_tiers("T1,T3", "--tier"), (std::vector<Tier>{Tier::t1, Tier::t3}));
  EXPECT_EQ(parse_tiers("control", "--tier"), std::vector<Tier>{Tier::control});
  EXPECT_THROW(parse_tiers("T1,T9", "--tier"), ConfigError);
  EXPECT_THROW(parse_tiers("", "--tier"), ConfigError);
}

// The real ones: a header that cannot be read, or a plan that is not there, is found here and not after an hour.
TEST(Mutant, EveryPatchOfTheRepositoryCanBeReadAndNamesAPlanThatExists) {
  const std::vector<Mutant> mutants = load_mutants(MUTANTS);
  EXPECT_GT(mutants.size(), 0U);
  for (const Mutant& mutant : mutants) {
    SCOPED_TRACE(mutant.name);
    EXPECT_NO_THROW(find_mutant_plan(mutant.plan, CONFIGS));
  }
  EXPECT_NO_THROW(load_scores(MUTANTS));
}

TEST(Mutant, APlanIsANameAScenarioOrAPath) {
  EXPECT_EQ(find_mutant_plan("kills", CONFIGS), std::filesystem::path(CONFIGS) / "mutants/kills.yaml");
  EXPECT_EQ(find_mutant_plan("scenarios/split-brain", CONFIGS),
            std::filesystem::path(CONFIGS) / "scenarios/split-brain.yaml");
  EXPECT_TRUE(std::filesystem::equivalent(find_mutant_plan("configs/quickstart.yaml", CONFIGS),
                                          std::filesystem::path(CONFIGS) / "quickstart.yaml"));
  for (const std::string unknown : {"kill", "scenarios/split", "configs/none.yaml"}) {
    EXPECT_THROW(find_mutant_plan(unknown, CONFIGS), ConfigError) << unknown;
  }
}

}  // namespace
}  // namespace ordeal::harness
