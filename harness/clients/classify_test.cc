// The fullest test table of the project: every wrong line here would accuse a correct target or hide a broken one.

#include "harness/clients/classify.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ordeal::harness {
namespace {

using checker::EventType;

constexpr OperationKind all_kinds[] = {OperationKind::read, OperationKind::write, OperationKind::cas};
constexpr std::optional<bool> unsaid = std::nullopt;

Attempt unanswered(OperationKind kind, Reach reach, std::string error) {
  Attempt attempt;
  attempt.kind = kind;
  attempt.reach = reach;
  attempt.transport_error = std::move(error);
  return attempt;
}

Attempt answered(OperationKind kind, int status, bool understood, std::optional<bool> definite, std::string code) {
  Attempt attempt;
  attempt.kind = kind;
  attempt.reach = Reach::answered;
  attempt.status = status;
  attempt.body_understood = understood;
  attempt.definite = definite;
  attempt.code = std::move(code);
  return attempt;
}

std::string text(const Classification& classification) {
  std::string type = classification.type == EventType::ok     ? "ok"
                     : classification.type == EventType::fail ? "fail"
                     : classification.type == EventType::info ? "info"
                                                              : "invoke";
  return classification.error.empty() ? type : type + " " + classification.error;
}

// One line: what happened, and what it means for a read, a write and a cas.
struct UnansweredCase {
  Reach reach;
  std::string error;
  std::string read, write, cas;
};

TEST(Classify, ARequestWithoutAnAnswerMayTakeEffectAsSoonAsAByteOfItMayHaveLeft) {
  const std::vector<UnansweredCase> cases{
      {Reach::not_connected, "refused", "fail refused", "fail refused", "fail refused"},
      {Reach::not_connected, "connect-timeout", "fail connect-timeout", "fail connect-timeout", "fail connect-timeout"},
      {Reach::not_connected, "reset", "fail reset", "fail reset", "fail reset"},
      {Reach::not_connected, "unreachable", "fail unreachable", "fail unreachable", "fail unreachable"},
      {Reach::unsent, "reset", "fail reset", "fail reset", "fail reset"},
      {Reach::unsent, "closed", "fail closed", "fail closed", "fail closed"},
      {Reach::sent, "timeout", "fail timeout", "info timeout", "info timeout"},
      {Reach::sent, "reset", "fail reset", "info reset", "info reset"},
      {Reach::sent, "closed", "fail closed", "info closed", "info closed"},
      {Reach::sent, "bad-answer", "fail bad-answer", "info bad-answer", "info bad-answer"},
      {Reach::sent, "unreachable", "fail unreachable", "info unreachable", "info unreachable"},
      // Not even the word mismatch, or refused, helps a request that left.
      {Reach::sent, "mismatch", "fail mismatch", "info mismatch", "info mismatch"},
      {Reach::sent, "refused", "fail refused", "info refused", "info refused"},
  };
  for (const UnansweredCase& c : cases) {
    SCOPED_TRACE(fmt::format("reach {}, {}", static_cast<int>(c.reach), c.error));
    EXPECT_EQ(text(classify(unanswered(OperationKind::read, c.reach, c.error))), c.read);
    EXPECT_EQ(text(classify(unanswered(OperationKind::write, c.reach, c.error))), c.write);
    EXPECT_EQ(text(classify(unanswered(OperationKind::cas, c.reach, c.error))), c.cas);
  }
}

struct AnsweredCase {
  int status;
  bool understood;
  std::optional<bool> definite;
  std::string code;
  std::string read, write, cas;
};

TEST(Classify, AnAnswerMeansWhatItsStatusAndTheTargetsOwnWordSay) {
  const std::vector<AnsweredCase> cases{
      // Success.
      {200, true, unsaid, "", "ok", "ok", "ok"},
      {201, true, unsaid, "", "ok", "ok", "ok"},
      {204, true, unsaid, "", "ok", "ok", "ok"},
      {299, true, unsaid, "", "ok", "ok", "ok"},
      // A 2xx speaks for itself: a stray flag or code beside it changes nothing.
      {200, true, true, "", "ok", "ok", "ok"},
      {200, true, false, "timeout", "ok", "ok", "ok"},
      // Success that nobody understands.
      {200, false, unsaid, "", "fail bad-answer", "info bad-answer", "info bad-answer"},
      {204, false, unsaid, "", "fail bad-answer", "info bad-answer", "info bad-answer"},
      {200, false, true, "no_leader", "fail bad-answer", "info bad-answer", "info bad-answer"},
      {200, false, false, "", "fail bad-answer", "info bad-answer", "info bad-answer"},
      // Nothing there: the value of a read, a refusal of anything else.
      {404, false, unsaid, "not_found", "ok", "info not_found", "info not_found"},
      {404, false, true, "not_found", "ok", "fail not_found", "fail not_found"},
      {404, false, false, "not_found", "ok", "info not_found", "info not_found"},
      {404, true, true, "not_found", "ok", "fail not_found", "fail not_found"},
      // A 404 for another reason says nothing about the key.
      {404, false, unsaid, "", "fail http-404", "info http-404", "info http-404"},
      {404, false, true, "no_such_path", "fail no_such_path", "fail no_such_path", "fail no_such_path"},
      {410, false, true, "not_found", "fail not_found", "fail not_found", "fail not_found"},
      {500, false, unsaid, "not_found", "fail not_found", "info not_found", "info not_found"},
      // An evaluated cas, and all that only looks like one.
      {409, false, true, "mismatch", "fail http-409", "fail http-409", "fail mismatch"},
      {409, false, false, "mismatch", "fail http-409", "info http-409", "info http-409"},
      {409, false, unsaid, "mismatch", "fail http-409", "info http-409", "info http-409"},
      {412, false, true, "mismatch", "fail http-412", "fail http-412", "fail http-412"},
      {503, false, true, "mismatch", "fail http-503", "fail http-503", "fail http-503"},
      {500, false, false, "mismatch", "fail http-500", "info http-500", "info http-500"},
      {409, false, true, "session_expired", "fail session_expired", "fail session_expired", "fail session_expired"},
      {409, false, true, "", "fail http-409", "fail http-409", "fail http-409"},
      {409, false, unsaid, "", "fail http-409", "info http-409", "info http-409"},
      // Refusals that the target defines as definite.
      {503, false, true, "no_leader", "fail no_leader", "fail no_leader", "fail no_leader"},
      {503, false, true, "not_leader", "fail not_leader", "fail not_leader", "fail not_leader"},
      {503, false, true, "", "fail http-503", "fail http-503", "fail http-503"},
      {500, false, true, "stopping", "fail stopping", "fail stopping", "fail stopping"},
      {400, false, true, "bad_request", "fail bad_request", "fail bad_request", "fail bad_request"},
      {429, false, true, "busy", "fail busy", "fail busy", "fail busy"},
      {307, false, true, "not_leader", "fail not_leader", "fail not_leader", "fail not_leader"},
      // A body that would do for a 2xx does not turn a refusal into success.
      {503, true, true, "no_leader", "fail no_leader", "fail no_leader", "fail no_leader"},
      {503, true, unsaid, "", "fail http-503", "info http-503", "info http-503"},
      // Answers that leave it open, by the target's word or by its silence.
      {504, false, false, "timeout", "fail timeout", "info timeout", "info timeout"},
      {503, false, false, "leader_lost", "fail leader_lost", "info leader_lost", "info leader_lost"},
      {504, false, unsaid, "timeout", "fail timeout", "info timeout", "info timeout"},
      {500, false, unsaid, "", "fail http-500", "info http-500", "info http-500"},
      {502, false, unsaid, "", "fail http-502", "info http-502", "info http-502"},
      {503, false, unsaid, "", "fail http-503", "info http-503", "info http-503"},
      {503, false, unsaid, "no_leader", "fail no_leader", "info no_leader", "info no_leader"},
      // A 4xx is no promise either: a proxy may say it after the request went through.
      {400, false, unsaid, "", "fail http-400", "info http-400", "info http-400"},
      {408, false, unsaid, "", "fail http-408", "info http-408", "info http-408"},
      {429, false, unsaid, "", "fail http-429", "info http-429", "info http-429"},
      {400, false, false, "bad_request", "fail bad_request", "info bad_request", "info bad_request"},
      // Answers that no target should give.
      {100, true, unsaid, "", "fail http-100", "info http-100", "info http-100"},
      {199, true, unsaid, "", "fail http-199", "info http-199", "info http-199"},
      {301, true, unsaid, "", "fail http-301", "info http-301", "info http-301"},
      {300, true, unsaid, "", "fail http-300", "info http-300", "info http-300"},
      {0, false, unsaid, "", "fail http-0", "info http-0", "info http-0"},
      {999, true, unsaid, "", "fail http-999", "info http-999", "info http-999"},
  };
  for (const AnsweredCase& c : cases) {
    std::string definite = c.definite == unsaid ? "unsaid" : fmt::format("{}", *c.definite);
    SCOPED_TRACE(fmt::format("{} '{}', understood {}, definite {}", c.status, c.code, c.understood, definite));
    EXPECT_EQ(text(classify(answered(OperationKind::read, c.status, c.understood, c.definite, c.code))), c.read);
    EXPECT_EQ(text(classify(answered(OperationKind::write, c.status, c.understood, c.definite, c.code))), c.write);
    EXPECT_EQ(text(classify(answered(OperationKind::cas, c.status, c.understood, c.definite, c.code))), c.cas);
  }
}

// Every attempt that can be described, from a grid of all its parts.
std::vector<Attempt> every_attempt() {
  std::vector<Attempt> attempts;
  for (OperationKind kind : all_kinds) {
    for (Reach reach : {Reach::not_connected, Reach::unsent, Reach::sent}) {
      for (const char* error : {"refused", "timeout", "mismatch"}) attempts.push_back(unanswered(kind, reach, error));
    }
    for (int status = 0; status < 1000; ++status) {
      for (bool understood : {false, true}) {
        for (std::optional<bool> definite : {unsaid, std::optional(false), std::optional(true)}) {
          for (const char* code : {"", "mismatch", "not_found", "timeout"}) {
            attempts.push_back(answered(kind, status, understood, definite, code));
          }
        }
      }
    }
  }
  return attempts;
}

TEST(Classify, AReadIsNeverInfo) {
  for (const Attempt& attempt : every_attempt()) {
    EXPECT_FALSE(attempt.kind == OperationKind::read && classify(attempt).type == EventType::info) << attempt.status;
  }
}

TEST(Classify, OnlyOkHasNoError) {
  for (const Attempt& attempt : every_attempt()) {
    Classification classified = classify(attempt);
    EXPECT_NE(classified.type, EventType::invoke);
    EXPECT_EQ(classified.type == EventType::ok, classified.error.empty()) << attempt.status;
  }
}

TEST(Classify, AChangeThatLeftFailsOnlyWhenTheTargetSaysDefinitely) {
  for (const Attempt& attempt : every_attempt()) {
    bool may_have_happened =
        attempt.kind != OperationKind::read &&
        (attempt.reach == Reach::sent || (attempt.reach == Reach::answered && attempt.definite != std::optional(true)));
    EXPECT_FALSE(may_have_happened && classify(attempt).type == EventType::fail) << attempt.status;
  }
}

TEST(Classify, OnlyADefinite409OfACasFailsAsMismatch) {
  for (const Attempt& attempt : every_attempt()) {
    bool evaluated = attempt.kind == OperationKind::cas && attempt.status == 409 && attempt.code == "mismatch" &&
                     attempt.definite == std::optional(true);
    bool observes =
        attempt.reach == Reach::answered && classify(attempt) == Classification{EventType::fail, "mismatch"};
    EXPECT_EQ(observes, evaluated) << attempt.status;
  }
}

TEST(Classify, AnOperationThatNobodyKnowsMayChangeSomething) {
  EXPECT_EQ(operation_kind("read"), OperationKind::read);
  EXPECT_EQ(operation_kind("cas"), OperationKind::cas);
  for (const char* f : {"write", "append", "acquire", "release", "Read", "reads", ""}) {
    EXPECT_EQ(operation_kind(f), OperationKind::write) << f;
  }
}

}  // namespace
}  // namespace ordeal::harness
