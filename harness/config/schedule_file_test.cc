#include "harness/config/schedule_file.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "harness/config/config_error.h"
#include "harness/config/plan.h"
#include "nemesis/plan/schedule_text.h"

namespace ordeal::harness {
namespace {

TEST(ScheduleFile, ReadsBackWhatWasWritten) {
  const std::string file = std::string(TESTDATA) + "/plan_full.good.yaml";
  const Plan plan = load_plan(file, {"duration=1h"});
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const nemesis::Schedule schedule = nemesis::draw_schedule(plan.nemesis, plan.duration, seed);
    ASSERT_GT(schedule.size(), 100U);
    EXPECT_EQ(schedule_from_json_lines(nemesis::to_json_lines(schedule), "schedule.jsonl"), schedule);
  }
  EXPECT_EQ(schedule_from_json_lines("", "schedule.jsonl"), nemesis::Schedule());
}

std::string clock(std::string_view kind, std::string_view face, std::int64_t by, std::int64_t rate,
                  std::int64_t period) {
  return fmt::format(
      R"({{"id":1,"at":5,"lasting":2,"f":"clock","target":"leader","kind":"{}","clock":"{}","by":{},"rate-ppm":{},"period":{},"draw":9}})",
      kind, face, by, rate, period);
}

TEST(ScheduleFile, RefusesWhatWasNotWrittenSo) {
  const std::string good = R"({"id":1,"at":5,"lasting":2,"f":"kill","target":"leader","draw":9})";
  const std::vector<std::pair<std::string, std::string>> cases{
      {R"({"id":1,"at":5,"las)", "s.jsonl:1: is no JSON: incomplete JSON; write one object a line"},
      {"\n", "s.jsonl:1: is no JSON: incomplete JSON; write one object a line"},
      {"[]", "s.jsonl:1: the line: is no object; write {\"id\":1,...}"},
      {R"({"id":1,"at":5,"lasting":2,"f":"kill","target":"leader"})",
       "s.jsonl:1: the line: holds 5 fields; 6 are known"},
      {R"({"id":1,"at":5,"lasting":2,"f":"kill","kind":"halves","draw":9})",
       "s.jsonl:1: target: is missing; a schedule is written by ordeal run"},
      {R"({"id":1,"at":-5,"lasting":2,"f":"kill","target":"leader","draw":9})",
       "s.jsonl:1: at: is not a whole number that is not negative; write one"},
      {R"({"id":1,"at":5.5,"lasting":2,"f":"kill","target":"leader","draw":9})",
       "s.jsonl:1: at: is not a whole number that is not negative; write one"},
      {R"({"id":1,"at":"5","lasting":2,"f":"kill","target":"leader","draw":9})",
       "s.jsonl:1: at: is not a whole number that is not negative; write one"},
      {R"({"id":1,"at":5,"lasting":2,"f":"melt","target":"leader","draw":9})",
       "s.jsonl:1: f: is an unknown kind of fault; `ordeal list faults` names them"},
      {R"({"id":1,"at":5,"lasting":2,"f":"kill","target":"boss","draw":9})",
       "s.jsonl:1: target: is unknown; `ordeal list faults` names them"},
      {R"({"id":1,"at":5,"lasting":2,"f":"kill","target":[1],"draw":9})",
       "s.jsonl:1: target: is not a text; write one in quotes"},
      {R"({"id":1,"at":5,"lasting":2,"f":"partition","kind":"thirds","draw":9})",
       "s.jsonl:1: kind: is an unknown kind of partition; `ordeal list faults` names them"},
      {R"({"id":1,"at":5,"lasting":2,"f":"partition","kind":"halves","graph":3,"draw":9})",
       "s.jsonl:1: graph: is of the kind graph; leave it out"},
      {R"({"id":1,"at":5,"lasting":2,"f":"partition","kind":"graph","graph":0,"draw":9})",
       "s.jsonl:1: graph: is no number of a graph; write one from 1 to 4398046511103"},
      {R"({"id":1,"at":5,"lasting":2,"f":"transfer","target":"leader","draw":9})",
       "s.jsonl:1: the line: holds 6 fields; 5 are known"},
      {R"({"id":1,"at":5,"lasting":2,"f":"transfer","draw":9,"when":[{"event":"dusk","count":1,"at":"any","text":""}],"hold":0,"within":5})",
       "s.jsonl:1: when: event: is unknown; `ordeal list faults` names the words"},
      {R"({"id":1,"at":5,"lasting":2,"f":"transfer","draw":9,"when":[],"hold":0,"within":5})",
       "s.jsonl:1: when: is empty; leave it out, with hold and within"},
      {R"({"id":1,"at":5,"lasting":2,"f":"transfer","draw":9,"when":[{"event":"line","count":1,"at":"any","text":"x","on":1}],"hold":0,"within":5})",
       "s.jsonl:1: when: the line: holds 5 fields; 4 are known"},
      {R"({"id":1,"at":5,"lasting":2,"f":"membership","kind":"swap","least-voters":3,"draw":9})",
       "s.jsonl:1: kind: is an unknown kind of membership change; `ordeal list faults` names them"},
      {R"({"id":1,"at":5,"lasting":2,"f":"membership","kind":"add","least-voters":0,"draw":9})",
       "s.jsonl:1: least-voters: is no number of voters; write one from 1 to 250"},
      {R"({"id":1,"at":5,"lasting":2,"f":"power-failure","target":"all","torn":"maybe","draw":9})",
       "s.jsonl:1: torn: is unknown; `ordeal list faults` names what there is"},
      {R"({"id":1,"at":5,"lasting":2,"f":"io-error","target":"all","call":"fsync","draw":9})",
       "s.jsonl:1: error: is missing; a schedule is written by ordeal run"},
      {R"({"id":1,"at":5,"lasting":2,"f":"crash-loop","target":"all","times":0,"alive":[1,2],"down":[1,2],"draw":9})",
       "s.jsonl:1: times: is 0; write at least 1"},
      {R"({"id":1,"at":5,"lasting":2,"f":"crash-loop","target":"all","times":2,"alive":[1,2,3],"down":[1,2],"draw":9})",
       "s.jsonl:1: alive: is no range; write [least,most] in nanoseconds"},
      {R"({"id":1,"at":5,"lasting":2,"f":"crash-loop","target":"all","times":2,"alive":[1,2],"down":[2,1],"draw":9})",
       "s.jsonl:1: down: begins with 0, or ends before it begins; write [least,most]"},
      {R"({"id":1,"at":5,"lasting":2,"f":"starve","target":"all","share":0,"period":9,"draw":9})",
       "s.jsonl:1: share: is 0; write at least 1, or a pause"},
      {R"({"id":1,"at":5,"lasting":2,"f":"starve","target":"all","share":5,"period":0,"draw":9})",
       "s.jsonl:1: period: is 0; write nanoseconds"},
      {clock("wobble", "wall", 5, 1'000'000, 0),
       "s.jsonl:1: kind: is an unknown kind of clock change; `ordeal list faults` names them"},
      {clock("jump", "sundial", 5, 1'000'000, 0),
       "s.jsonl:1: clock: is an unknown clock; `ordeal list faults` names them"},
      {clock("jump", "monotonic", -5, 1'000'000, 0),
       "s.jsonl:1: clock: never goes back; strobe only the wall clock, and let the others only jump forward"},
      {clock("strobe", "both", 5, 1'000'000, 1),
       "s.jsonl:1: clock: never goes back; strobe only the wall clock, and let the others only jump forward"},
      {clock("drift", "wall", 0, -1, 0), "s.jsonl:1: rate-ppm: is no rate; write one from 0 to 100000000"},
      {clock("strobe", "wall", 5, 1'000'000, 0),
       "s.jsonl:1: period: is no time; write the nanoseconds between two changes of a strobe"},
      {clock("jump", "wall", std::int64_t{1} << 61, 1'000'000, 0),
       "s.jsonl:1: by: is no whole number of nanoseconds within a few decades; write one"},
      {good + "\n" + good, "s.jsonl:2: id: is 1; faults are numbered 1, 2, 3..."},
      {good + "\n" + R"({"id":2,"at":4,"lasting":2,"f":"kill","target":"leader","draw":9})",
       "s.jsonl:2: at: lies before the fault of the line above; order them by time"},
  };
  for (const auto& [text, expected] : cases) {
    try {
      schedule_from_json_lines(text, "s.jsonl");
      ADD_FAILURE() << "accepted: " << text;
    } catch (const ConfigError& error) {
      EXPECT_EQ(std::string(error.what()), expected);
    }
  }
}

}  // namespace
}  // namespace ordeal::harness
