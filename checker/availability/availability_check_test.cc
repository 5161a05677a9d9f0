#include "checker/availability/availability_check.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace ordeal::checker {
namespace {

using std::chrono::nanoseconds;
using testing::HasSubstr;

nanoseconds at(double seconds) {
  return nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
}

// A run of five nodes under a bound of 10 s, told in the order of time.
class Story {
 public:
  explicit Story(int nodes = 5) : check_({.nodes = names(nodes), .within = std::chrono::seconds(10)}) {
    check_.begin(nanoseconds(0));
  }

  // A write a tenth of a second, each answered at once.
  Story& writes(double from, double to) {
    for (double time = from; time < to; time += 0.1) write(time, time, EventType::ok);
    return *this;
  }
  // Each waits for a second and times out.
  Story& timeouts(double from, double to) {
    for (double time = from; time + 1 <= to; time += 0.5) write(time, time + 0.5, EventType::info);
    return *this;
  }
  Story& reads(double from, double to) {
    for (double time = from; time < to; time += 0.1)
      client(time, "read", EventType::invoke, 99), client(time, "read", EventType::ok, 99);
    return *this;
  }
  Story& strike(double time, std::int64_t id, const std::string& kind, List nodes) {
    return fault(time, kind, Map{{"id", id}, {"phase", "injected"}, {"fault", kind}, {"nodes", std::move(nodes)}});
  }
  Story& cut(double time, std::int64_t id, Map grudge) {
    return fault(time, "partition",
                 Map{{"id", id}, {"phase", "injected"}, {"fault", "partition"}, {"grudge", std::move(grudge)}});
  }
  Story& unknown(double time, std::int64_t id, const std::string& kind) {
    return fault(time, kind, Map{{"id", id}, {"phase", "injected"}, {"fault", kind}});
  }
  Story& heal(double time, std::int64_t id) { return fault(time, "any", Map{{"id", id}, {"phase", "healed"}}); }
  Story& ended_by_itself(double time, const std::string& node) {
    return fault(time, "exit", Map{{"node", node}, {"expected", false}});
  }
  Story& restarted(double time, const std::string& node) {
    return fault(time, "exit", Map{{"node", node}, {"expected", true}});
  }
  Finding ends(double time) {
    check_.end(at(time));
    return check_.finding();
  }

 private:
  static std::vector<std::string> names(int nodes) {
    std::vector<std::string> all;
    for (int i = 1; i <= nodes; ++i) all.push_back(fmt::format("n{}", i));
    return all;
  }
  void client(double time, const std::string& f, EventType type, Process process) {
    check_.observe({.time = at(time), .process = process, .type = type, .f = f});
  }
  void write(double from, double to, EventType outcome) {
    client(from, "write", EventType::invoke, ++process_);
    client(to, "write", outcome, process_);
  }
  Story& fault(double time, const std::string& f, Map value) {
    check_.observe(
        {.time = at(time), .process = nemesis_process, .type = EventType::info, .f = f, .value = std::move(value)});
    return *this;
  }

  AvailabilityCheck check_;
  Process process_ = 0;
};

const Map n1_alone{{"n1", List{"n2", "n3", "n4", "n5"}},
                   {"n2", List{"n1"}},
                   {"n3", List{"n1"}},
                   {"n4", List{"n1"}},
                   {"n5", List{"n1"}}};
const Map nobody_hears_a_majority{{"n1", List{"n3", "n4", "n5"}},
                                  {"n2", List{"n3", "n4", "n5"}},
                                  {"n3", List{"n1", "n2", "n4", "n5"}},
                                  {"n4", List{"n1", "n2", "n3"}},
                                  {"n5", List{"n1", "n2", "n3"}}};

struct Case {
  std::string about;
  std::function<Finding()> told;
  std::string breach;  // what the sentence must hold; empty: valid
};

TEST(Availability, WritesAreDemandedWhileAConnectedMajorityLastsAndOnlyThen) {
  const std::vector<Case> cases{
      {"a quiet cluster", [] { return Story().writes(0, 30).ends(30); }, ""},
      {"nothing succeeds though all is well", [] { return Story().writes(0, 5).timeouts(5, 20).ends(20); },
       "from 5.000 s to"},
      {"a wait below the bound", [] { return Story().writes(0, 5).timeouts(5, 14).writes(14, 20).ends(20); }, ""},
      {"reads are no writes", [] { return Story().writes(0, 5).reads(5, 20).ends(20); }, ""},
      {"a wait in which reads succeeded",
       [] {
         Story story;
         story.writes(0, 5);
         for (int second = 5; second < 18; ++second)
           story.reads(second, second + 0.5).timeouts(second + 0.5, second + 2);
         return story.ends(19);
       },
       "n1, n2, n3 ran"},
      {"two are down, three are left",
       [] {
         return Story().writes(0, 5).strike(5, 1, "kill", {"n1", "n2"}).timeouts(5, 20).ends(20);
       },
       "n3, n4, n5 ran"},
      {"three are down",
       [] {
         return Story().writes(0, 5).strike(5, 1, "kill", {"n1", "n2", "n3"}).timeouts(5, 40).ends(40);
       },
       ""},
      {"three are paused, healed not long ago",
       [] {
         return Story()
             .writes(0, 5)
             .strike(5, 1, "pause", {"n1", "n2", "n3"})
             .timeouts(5, 20)
             .heal(20, 1)
             .timeouts(20, 29)
             .ends(29);
       },
       ""},
      {"three were paused, healed long ago",
       [] {
         return Story()
             .writes(0, 5)
             .strike(5, 1, "pause", {"n1", "n2", "n3"})
             .timeouts(5, 20)
             .heal(20, 1)
             .timeouts(20, 33)
             .ends(33);
       },
       "from 20.000 s to"},
      {"the same three throughout, while others come and go",
       [] {
         return Story()
             .writes(0, 5)
             .strike(5, 1, "kill", {"n1"})
             .timeouts(5, 8)
             .heal(8, 1)
             .strike(8.1, 2, "pause", {"n2"})
             .timeouts(8.1, 12)
             .strike(12, 3, "kill", {"n1"})
             .timeouts(12, 18)
             .ends(18);
       },
       "n3, n4, n5 ran"},
      {"never the same three for long",
       [] {
         Story story;
         story.writes(0, 5);
         for (int i = 0; i < 6; ++i) {
           const double now = 5 + 6 * i;
           story.strike(now, i, "kill", i % 2 == 0 ? List{"n1", "n2", "n3"} : List{"n3", "n4", "n5"})
               .timeouts(now, now + 5);
           story.heal(now + 5, i).timeouts(now + 5, now + 6);
         }
         return story.ends(41);
       },
       ""},
      {"all were restarted one after another, and then nothing succeeds",
       [] {
         return Story()
             .writes(0, 6)
             .restarted(6, "n1")
             .restarted(6.1, "n2")
             .restarted(6.2, "n3")
             .strike(6.3, 1, "upgrade", {"n1", "n2", "n3"})
             .timeouts(6.4, 21)
             .ends(21);
       },
       "from 6.000 s to"},
      {"all were restarted, and again before the bound was over",
       [] {
         Story story;
         story.writes(0, 5).timeouts(5, 6);
         for (const char* node : {"n1", "n2", "n3", "n4", "n5"}) story.restarted(6, node);
         story.timeouts(6, 14);
         for (const char* node : {"n1", "n2", "n3", "n4", "n5"}) story.restarted(14, node);
         return story.timeouts(14, 22).ends(22);
       },
       ""},
      {"a roll that is slow, though never more than one is down",
       [] {
         Story story;
         story.writes(0, 5);
         for (int i = 0; i < 6; ++i) story.timeouts(5 + 3 * i, 8 + 3 * i).restarted(8 + 3 * i, i % 2 ? "n1" : "n3");
         return story.ends(24);
       },
       "n2, n4, n5 ran"},
      {"one is cut off", [] { return Story().writes(0, 5).cut(5, 1, n1_alone).timeouts(5, 20).ends(20); },
       "n2, n3, n4 ran"},
      {"nobody hears a majority",
       [] { return Story().writes(0, 5).cut(5, 1, nobody_hears_a_majority).timeouts(5, 40).ends(40); }, ""},
      {"n3 does not hear n1, n1 hears n3",
       [] {
         return Story(3)
             .writes(0, 5)
             .cut(5, 1, Map{{"n3", List{"n1"}}})
             .strike(5, 2, "kill", {"n2"})
             .timeouts(5, 40)
             .ends(40);
       },
       ""},
      {"a fault that met nobody", [] { return Story().writes(0, 5).unknown(5, 1, "kill").timeouts(5, 20).ends(20); },
       "no write succeeded"},
      {"a fault of another kind suspends the demand",
       [] {
         return Story().writes(0, 5).unknown(5, 1, "packets").timeouts(5, 40).heal(40, 1).timeouts(40, 49).ends(49);
       },
       ""},
      {"three may refuse to run on damaged files, also after healing",
       [] {
         return Story()
             .writes(0, 5)
             .strike(5, 1, "corrupt-file", {"n1", "n2", "n3"})
             .timeouts(5, 20)
             .heal(20, 1)
             .timeouts(20, 60)
             .ends(60);
       },
       ""},
      {"a power failure that met nobody",
       [] { return Story().writes(0, 5).unknown(5, 1, "power-failure").timeouts(5, 20).ends(20); },
       "no write succeeded"},
      {"who votes is not known after a change of the membership",
       [] {
         return Story()
             .writes(0, 5)
             .strike(5, 1, "membership", {"n1"})
             .timeouts(5, 20)
             .heal(20, 1)
             .timeouts(20, 60)
             .ends(60);
       },
       ""},
      {"three ended by themselves, which is another check's to say",
       [] {
         return Story()
             .writes(0, 5)
             .ended_by_itself(5, "n1")
             .ended_by_itself(5, "n2")
             .ended_by_itself(5, "n3")
             .timeouts(5, 40)
             .ends(40);
       },
       ""},
      {"the clients do not hear a node",
       [] {
         return Story().writes(0, 5).cut(5, 1, {{"clients", List{"n1"}}}).timeouts(5, 40).ends(40);
       },
       ""},
      {"a node does not hear the clients",
       [] {
         return Story().writes(0, 5).cut(5, 1, {{"n1", List{"clients"}}}).timeouts(5, 40).ends(40);
       },
       ""},
      {"the harness slept", [] { return Story().writes(0, 5).timeouts(60, 62).ends(62); }, ""},
      {"nobody wanted to write", [] { return Story().writes(0, 5).reads(5, 60).ends(60); }, ""},
      {"after the load nothing is demanded", [] { return Story().writes(0, 5).ends(5); }, ""},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.about);
    const Finding finding = one.told();
    EXPECT_EQ(finding.verdict, one.breach.empty() ? Verdict::valid : Verdict::unavailable) << finding.summary;
    EXPECT_THAT(finding.summary, HasSubstr(one.breach));
  }
}

TEST(Availability, TheFindingSaysWhatWasStruckMeanwhile) {
  const Finding finding = Story().writes(0, 5).strike(5, 1, "kill", {"n1", "n2"}).timeouts(5, 20).ends(20);
  EXPECT_THAT(finding.details, testing::ElementsAre("active at the end of that time: kill (n1, n2)"));
}

TEST(Availability, OfTooManyNodesItSaysThatItIsNotJudged) {
  const Finding finding = Story(10).timeouts(0, 60).ends(60);
  EXPECT_EQ(finding.verdict, Verdict::valid);
  EXPECT_THAT(finding.summary, HasSubstr("not judged: 10 nodes"));
}

}  // namespace
}  // namespace ordeal::checker
