#include "checker/status/status_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace ordeal::checker {
namespace {

using testing::HasSubstr;

struct Answer {
  double seconds;
  const char* node;
  std::int64_t life;
  const char* role;
  std::int64_t term, commit, applied;
  const char* hash;
  std::int64_t server = 1;
};

Event event_of(const Answer& answer, std::uint64_t index) {
  Event event;
  event.index = index;
  event.time = std::chrono::nanoseconds(static_cast<std::int64_t>(answer.seconds * 1e9));
  event.process = nemesis_process;
  event.type = EventType::info;
  event.f = status_observation;
  event.value =
      Map{{"node", answer.node},     {"life", answer.life},       {"role", answer.role}, {"term", answer.term},
          {"commit", answer.commit}, {"applied", answer.applied}, {"hash", answer.hash}, {"server", answer.server}};
  return event;
}

History history_of(const std::vector<Answer>& answers) {
  History history;
  for (const Answer& answer : answers) history.push_back(event_of(answer, history.size()));
  return history;
}

constexpr const char* L = "leader";
constexpr const char* F = "follower";

Event wiped(const char* node, std::int64_t folders) {
  Event event;
  event.process = nemesis_process;
  event.type = EventType::info;
  event.f = "corrupt-file";
  event.value =
      Map{{"phase", "injected"}, {"nodes", List{Value(node)}}, {"evidence", Value(Map{{"folders_wiped", folders}})}};
  return event;
}

TEST(StatusCheck, ANodeWhoseFolderWasEmptiedOwesNothingToItsPast) {
  for (const std::int64_t folders : {0, 1}) {
    StatusCheck check;
    check.observe(event_of({1, "n2", 0, "follower", 4, 5, 5, "a"}, 0));
    check.observe(event_of({1, "n1", 0, "leader", 4, 5, 5, "a"}, 1));
    check.observe(wiped("n1", folders));
    check.observe(event_of({2, "n1", 1, "follower", 0, 0, 0, "z"}, 2));
    EXPECT_EQ(check.violation().has_value(), folders == 0) << "a damaged file is no excuse";
    check.observe(event_of({3, "n1", 1, "leader", 6, 5, 5, "a"}, 3));
    check.observe(event_of({4, "n1", 2, "follower", 5, 0, 0, "z"}, 4));
    EXPECT_TRUE(check.violation().has_value()) << "of its life since then nothing may be forgotten";
  }
}

struct Case {
  std::string about;
  std::vector<Answer> answers;
  std::string violation;  // empty: valid
};

const std::vector<Case>& cases() {
  static const std::vector<Case> table{
      {"a quiet cluster",
       {{1, "n1", 0, L, 1, 5, 5, "a"}, {1, "n2", 0, F, 1, 4, 4, "b"}, {2, "n2", 0, F, 1, 5, 5, "a"}},
       ""},
      {"a leader after the other", {{1, "n1", 0, L, 1, 5, 5, "a"}, {2, "n2", 0, L, 2, 5, 5, "a"}}, ""},
      {"an old leader that does not know", {{1, "n2", 0, L, 2, 5, 5, "a"}, {2, "n1", 0, L, 1, 5, 5, "a"}}, ""},
      {"two leaders of a term, long after each other",
       {{1, "n1", 0, L, 3, 5, 5, "a"}, {9, "n2", 0, L, 3, 6, 6, "b"}},
       "n1 and n2 both lead in term 3"},
      {"a follower and a leader of a term", {{1, "n1", 0, L, 3, 5, 5, "a"}, {1, "n2", 0, F, 3, 5, 5, "a"}}, ""},
      {"states that differ between nodes",
       {{1, "n1", 0, L, 1, 5, 5, "a"}, {1, "n2", 0, F, 1, 5, 5, "b"}},
       "n1 and n2 have applied the same 5 entries and hold different states"},
      {"states that differ between lives",
       {{1, "n1", 0, L, 1, 5, 5, "a"}, {2, "n1", 1, F, 1, 5, 5, "b"}},
       "n1 and later itself have applied the same 5 entries and hold different states"},
      {"a commit index that falls",
       {{1, "n1", 0, L, 1, 5, 5, "a"}, {2, "n1", 0, L, 1, 4, 5, "a"}},
       "the commit index of n1 fell from 5 to 4 while it ran"},
      {"an applied index that falls",
       {{1, "n1", 0, L, 1, 5, 5, "a"}, {2, "n1", 0, L, 1, 5, 4, "b"}},
       "the applied index of n1 fell from 5 to 4 while it ran"},
      {"indexes that a restart lowers", {{1, "n1", 0, F, 1, 5, 5, "a"}, {2, "n1", 1, F, 1, 0, 0, "z"}}, ""},
      {"a term that falls while the node runs",
       {{1, "n1", 0, F, 4, 5, 5, "a"}, {2, "n1", 0, F, 3, 5, 5, "a"}},
       "the term of n1 fell from 4 to 3 while it ran"},
      {"a term in which the node led falls over a restart",
       {{1, "n2", 0, F, 4, 5, 5, "a"}, {1, "n1", 0, L, 4, 5, 5, "a"}, {2, "n1", 1, F, 3, 0, 0, "z"}},
       "the term of n1 fell from 4 to 3 over a restart"},
      {"the only node of a cluster leads before its vote is durable",
       {{1, "n1", 0, L, 4, 5, 5, "a"}, {2, "n1", 1, F, 3, 0, 0, "z"}},
       ""},
      {"a term that a follower told once may not have been durable",
       {{1, "n1", 0, F, 4, 5, 5, "a"}, {2, "n1", 1, F, 3, 0, 0, "z"}},
       ""},
      {"nor one that it told for a while without applying anything",
       {{1, "n1", 0, F, 4, 5, 5, "a"}, {9, "n1", 0, F, 4, 5, 5, "a"}, {10, "n1", 1, F, 3, 0, 0, "z"}},
       ""},
      {"nor one that it told for a moment",
       {{1, "n1", 0, F, 4, 5, 5, "a"}, {2.9, "n1", 0, F, 4, 6, 6, "b"}, {10, "n1", 1, F, 3, 0, 0, "z"}},
       ""},
      {"one that it told for two seconds, applying entries, was durable",
       {{1, "n1", 0, F, 4, 5, 5, "a"}, {3, "n1", 0, F, 4, 6, 6, "b"}, {10, "n1", 1, F, 3, 0, 0, "z"}},
       "the term of n1 fell from 4 to 3 over a restart"},
      {"also over two restarts",
       {{1, "n1", 0, F, 4, 5, 5, "a"},
        {3, "n1", 0, F, 4, 6, 6, "b"},
        {10, "n1", 1, F, 4, 0, 0, "z"},
        {11, "n1", 2, F, 3, 0, 0, "z"}},
       "the term of n1 fell from 4 to 3 over a restart"},
      {"a node that was replaced by a new server owes nothing to its past",
       {{1, "n1", 0, F, 4, 5, 5, "a", 1},
        {5, "n1", 0, F, 4, 6, 6, "b", 1},
        {6, "n1", 1, F, 0, 0, 0, "z", 7},
        {7, "n1", 1, F, 4, 6, 6, "b", 7}},
       ""},
      {"but the new server has a past of its own",
       {{1, "n1", 0, F, 4, 5, 5, "a", 1},
        {2, "n1", 1, F, 4, 5, 5, "a", 7},
        {5, "n1", 1, F, 4, 6, 6, "b", 7},
        {6, "n1", 2, F, 3, 6, 6, "b", 7}},
       "the term of n1 fell from 4 to 3 over a restart"},
      {"a server does not become another one while it runs",
       {{1, "n1", 0, F, 4, 5, 5, "a", 1}, {2, "n1", 0, F, 4, 4, 4, "y", 7}},
       "the commit index of n1 fell from 5 to 4 while it ran"},
      {"the new term's time begins anew",
       {{1, "n1", 0, F, 4, 5, 5, "a"},
        {5, "n1", 0, F, 5, 6, 6, "b"},
        {6, "n1", 0, F, 5, 7, 7, "c"},
        {10, "n1", 1, F, 4, 0, 0, "z"}},
       ""},
  };
  return table;
}

TEST(StatusCheck, HoldsTheAnswersAgainstEachOther) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.about);
    StatusCheck check;
    for (const Event& event : history_of(c.answers)) check.observe(event);
    EXPECT_EQ(check.violation().value_or(""), c.violation);
    EXPECT_EQ(check.finding().verdict, c.violation.empty() ? Verdict::valid : Verdict::invalid);
  }
}

TEST(StatusCheck, ShowsBothAnswers) {
  const Finding finding = check_status(history_of({{1, "n1", 0, L, 3, 5, 5, "a"}, {9.5, "n2", 1, L, 3, 6, 6, "b"}}));
  EXPECT_EQ(finding.summary, "n1 and n2 both lead in term 3");
  EXPECT_THAT(finding.details,
              testing::ElementsAre(
                  "n1 at 1.000 s: leader in term 3, commit index 5, applied index 5, state hash a, life 1 (event 0)",
                  "n2 at 9.500 s: leader in term 3, commit index 6, applied index 6, state hash b, life 2 (event 1)"));
}

TEST(StatusCheck, WithoutAnyAnswerNothingWasExercised) {
  EXPECT_EQ(check_status({}).verdict, Verdict::not_exercised);
}

TEST(StatusCheck, DoesNotJudgeWhatIsNotSaid) {
  Event event = event_of({1, "n1", 0, L, 3, 5, 5, "a"}, 0);
  event.value = Map{{"node", "n1"}, {"life", 0}, {"role", "leader"}};
  StatusCheck check;
  check.observe(event);
  event.value = Map{{"node", "n2"}, {"life", 0}, {"role", "leader"}};
  check.observe(event);
  event.value = Value("nonsense");
  check.observe(event);
  EXPECT_FALSE(check.violation());
}

TEST(StatusCheck, KnowsOnlyTheFirstLinesOfAFlood) {
  std::vector<Answer> answers{{0, "n1", 0, L, 1, 1, 1, "a"}};
  for (int i = 1; i <= 100; ++i) answers.push_back({double(i), "n2", 0, L, 1, i, i, "a"});
  const Finding finding = check_status(history_of(answers));
  EXPECT_THAT(finding.summary, HasSubstr("(and 99 more)"));
  EXPECT_LE(finding.details.size(), 60U);
}

}  // namespace
}  // namespace ordeal::checker
