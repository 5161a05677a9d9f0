#include "checker/models/model.h"

#include <gtest/gtest.h>

#include "checker/testing/histories.h"

namespace ordeal::checker {
namespace {

TEST(Models, HaveNamesThatAreReadBack) {
  for (const ModelName name : {ModelName::register_, ModelName::cas_register, ModelName::mutex, ModelName::kv_append}) {
    EXPECT_EQ(model_named(to_string(name)), name);
  }
  EXPECT_EQ(model_named("queue"), std::nullopt);
}

TEST(Models, StepOrSayWhyNot) {
  struct Case {
    ModelName model;
    Value state;
    std::string operation;  // call and completion
    Value next;
    std::string refusal;
  };
  const std::vector<Case> cases = {
      {ModelName::register_, 2, "0 invoke read; 0 ok read 2", 2, ""},
      {ModelName::register_, 2, "0 invoke read; 0 ok read 0", {}, "reading 0 is refused: it holds 2"},
      {ModelName::register_, 2, "0 invoke write 5; 0 ok write", 5, ""},
      {ModelName::cas_register, 2, "0 invoke cas [2 3]; 0 ok cas", 3, ""},
      {ModelName::cas_register, 2, "0 invoke cas [4 3]; 0 ok cas", {}, "a cas that expects 4 is refused: it holds 2"},
      {ModelName::cas_register, 2, "0 invoke cas [4 3]; 0 fail cas", 2, ""},
      {ModelName::cas_register,
       4,
       "0 invoke cas [4 3]; 0 fail cas",
       {},
       "a cas that fails because the value is not 4 is refused: it holds 4"},
      {ModelName::mutex, {}, "0 invoke acquire; 0 ok acquire", -1, ""},
      {ModelName::mutex, -1, "0 invoke acquire; 0 ok acquire", {}, "acquiring is refused: it is held"},
      {ModelName::mutex, {}, "0 invoke release; 0 ok release", {}, "releasing is refused: it is free"},
      {ModelName::kv_append, "ab", "0 invoke append c; 0 ok append", "abc", ""},
      {ModelName::kv_append, "ab", "0 invoke put c; 0 ok put", "c", ""},
      {ModelName::kv_append, "ab", "0 invoke get; 0 ok get b", {}, "reading \"b\" is refused: it holds \"ab\""},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(to_string(c.model) + ": " + c.operation);
    const History history = history_of(c.operation);
    const std::vector<Operation> operations = pair_operations(history);
    const Model& model = model_of(c.model);
    Vocabulary vocabulary;
    const FullEffect effect =
        full(model.effect(compact_operation(operations[0], vocabulary), vocabulary), model, vocabulary);
    const std::optional<Value> next = step(c.state, effect);
    EXPECT_EQ(next.has_value(), c.refusal.empty());
    if (next) {
      EXPECT_EQ(*next, c.next);
    } else {
      EXPECT_EQ(refusal(c.state, effect, operations[0]), c.refusal);
    }
  }
}

TEST(Models, RefuseWhatTheyDoNotKnowWithTheEventAndACure) {
  struct Case {
    ModelName model;
    std::string operation;
    std::string message;
  };
  const std::vector<Case> cases = {
      {ModelName::register_, "0 invoke cas [1 2]; 0 ok cas",
       "event 0: the model register does not know \"cas\"; it knows read and write"},
      {ModelName::cas_register, "0 invoke cas 7; 0 ok cas",
       "event 0: the value of a cas is 7; it must be [expected, new]"},
      {ModelName::kv_append, "0 invoke append 7; 0 ok append",
       "event 0: the value of append is 7; with kv-append it must be a string"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.message);
    const History history = history_of(c.operation);
    const std::vector<Operation> operations = pair_operations(history);
    try {
      Vocabulary vocabulary;
      model_of(c.model).effect(compact_operation(operations[0], vocabulary), vocabulary);
      ADD_FAILURE() << "was accepted";
    } catch (const MalformedHistory& error) {
      EXPECT_EQ(error.what(), c.message);
    }
  }
}

}  // namespace
}  // namespace ordeal::checker
