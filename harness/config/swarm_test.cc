#include "harness/config/swarm.h"

#include <gmock/gmock.h>

#include "harness/config/config_error.h"

namespace ordeal::harness {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Plan swarm_plan(std::uint64_t seed) {
  Plan plan = parse_plan("name: swarm\nspares: 1\nnemesis: {faults: swarm}\n", "swarm.yaml", {});
  plan.seed = seed;
  return plan;
}

Target target_with_knobs() {
  Target target;
  target.name = "full";
  target.command = {"full"};
  target.knobs = {{"pace", {{"usual", {}}, {"fast", {"--tick=1ms"}}}}, {"size", {{"small", {"--size=1", "--thin"}}}}};
  return target;
}

TEST(DrawSwarm, TheDrawnPlanIsWrittenOutAndReadsBackAsTheSameRun) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    Plan plan = swarm_plan(seed);
    draw_swarm(plan, target_with_knobs());
    EXPECT_FALSE(plan.nemesis.swarm);
    EXPECT_EQ(plan.knobs.size(), 2U);
    EXPECT_EQ(parse_plan(to_yaml(plan), "plan.yaml", {}), plan) << to_yaml(plan);
  }
}

TEST(DrawSwarm, WhatTheTargetCannotBeAskedIsNotDrawn) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Plan plan = swarm_plan(seed);
    draw_swarm(plan, target_with_knobs());
    for (const nemesis::FaultSpec& fault : plan.nemesis.faults) {
      EXPECT_FALSE(std::holds_alternative<nemesis::TransferSpec>(fault.what));
      EXPECT_FALSE(std::holds_alternative<nemesis::MembershipSpec>(fault.what));
      EXPECT_FALSE(std::holds_alternative<nemesis::CorruptFileSpec>(fault.what));
      EXPECT_FALSE(std::holds_alternative<nemesis::UpgradeSpec>(fault.what));
    }
  }
}

TEST(DrawSwarm, ATargetWithAnotherVersionIsUpgraded) {
  Target target = target_with_knobs();
  target.upgrade = OtherVersion{.binary = {}, .words = {"--new"}};
  int upgraded = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Plan plan = swarm_plan(seed);
    draw_swarm(plan, target);
    for (const nemesis::FaultSpec& fault : plan.nemesis.faults)
      upgraded += std::holds_alternative<nemesis::UpgradeSpec>(fault.what) ? 1 : 0;
  }
  EXPECT_GT(upgraded, 10);
}

TEST(RequireAbilities, AnUpgradeNeedsAnotherVersion) {
  const nemesis::NemesisSpec faults{.faults = {{nemesis::UpgradeSpec{}}}};
  Target target = target_with_knobs();
  try {
    require_abilities(faults, target, "x.yaml");
    ADD_FAILURE() << "accepted";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(),
                 "x.yaml: nemesis.faults: upgrade: target full does not say how: its file has no upgrade; write what "
                 "the other version is, such as upgrade: {words: [--new]}");
  }
  target.upgrade = OtherVersion{.binary = "newer"};
  require_abilities(faults, target, "x.yaml");
}

TEST(WithKnobs, BothVersionsOfATargetTakeTheChosenWords) {
  Plan plan = parse_plan("name: x\nknobs: {pace: fast}\n", "x.yaml", {});
  Target target = target_with_knobs();
  target.upgrade = OtherVersion{.binary = {}, .command = {"newer"}, .words = {"--new"}};
  const Target chosen = with_knobs(target, plan, "x.yaml");
  EXPECT_THAT(chosen.command, ElementsAre("full", "--tick=1ms"));
  EXPECT_THAT(chosen.upgrade->command, ElementsAre("newer", "--tick=1ms"));
}

TEST(DrawSwarm, AKnobThatThePlanSetsIsLeftAlone) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Plan plan = swarm_plan(seed);
    plan.knobs = {{"pace", "usual"}};
    draw_swarm(plan, target_with_knobs());
    EXPECT_EQ(plan.knobs.at("pace"), "usual");
  }
}

TEST(DrawSwarm, AnyOtherPlanStaysAsItIs) {
  Plan plan = parse_plan("name: x\nnemesis: {faults: [kill]}\n", "x.yaml", {});
  plan.seed = 1;
  const Plan before = plan;
  draw_swarm(plan, target_with_knobs());
  EXPECT_EQ(plan, before);
}

TEST(WithKnobs, TheWordsOfAChoiceAreAddedToTheCommand) {
  Plan plan;
  EXPECT_THAT(with_knobs(target_with_knobs(), plan, "x.yaml").command, ElementsAre("full"));
  plan.knobs = {{"pace", "fast"}, {"size", "small"}};
  EXPECT_THAT(with_knobs(target_with_knobs(), plan, "x.yaml").command,
              ElementsAre("full", "--tick=1ms", "--size=1", "--thin"));
}

TEST(WithKnobs, AKnobOrChoiceThatIsNotThereIsRefusedWithTheCure) {
  const auto refusal = [](const std::map<std::string, std::string>& knobs, const Target& target) -> std::string {
    Plan plan;
    plan.knobs = knobs;
    try {
      with_knobs(target, plan, "x.yaml");
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_EQ(refusal({{"pace", "fats"}}, target_with_knobs()),
            "x.yaml: knobs.pace: target full has no choice \"fats\" for it; did you mean fast?");
  EXPECT_EQ(refusal({{"pcae", "fast"}}, target_with_knobs()),
            "x.yaml: knobs: target full has no knob \"pcae\"; did you mean pace?");
  EXPECT_THAT(refusal({{"pace", "fast"}}, Target()), HasSubstr("its file has no knobs: leave it out"));
}

}  // namespace
}  // namespace ordeal::harness
