#include "harness/clients/adapter_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/clients/adapter_program.h"

namespace ordeal::harness {
namespace {

using testing::HasSubstr;

// The promises that were broken, with how.
std::vector<std::string> broken_by(const std::vector<std::string>& command) {
  std::vector<std::string> broken;
  for (const AdapterTrial& trial : check_adapter(command, [](const AdapterTrial&) {})) {
    if (!trial.broken.empty()) broken.push_back(trial.promise + ": " + trial.broken);
  }
  return broken;
}

TEST(AdapterCheck, FindsNothingInACorrectAdapter) {
  EXPECT_THAT(broken_by({"python3", TEST_ADAPTER}), testing::IsEmpty());
}

TEST(AdapterCheck, FindsNothingInTheAdaptersThatShip) {
  for (const char* adapter : {"redis.py", "zookeeper.py", "nats.py", "ovsdb.py"}) {
    EXPECT_THAT(broken_by({"python3", std::string(SHIPPED_ADAPTERS "/") + adapter}), testing::IsEmpty()) << adapter;
  }
}

TEST(AdapterCheck, FindsEachMistakeAndSaysIt) {
  const struct {
    const char* mistake;
    const char* message;
  } table[] = {
      {"alone", "with ok: nobody listens there"},  // it never asks the node
      {"trusting", "with ok: nobody listens there"},
      {"twice", "a second time"},
      {"one-at-a-time", "40 calls wait for a node that is silent, and 20 calls to another node were not answered"},
      {"knows-all", "did not answer fail: surely it did nothing"},
      {"fragile", "survives lines that are no calls: it ended (exit status 1)"},
      {"immortal", "its standard input was closed, with 5 calls under way, and 5 s later it still ran"},
      {"short-lived", "introduces itself, and writes nothing that nobody asked for: it ended (exit status 4)"},
      {"future", "it speaks protocol 99, and ordeal speaks 1"},
      {"chatty", "its first line does not introduce it: it is no JSON object: starting up..."},
  };
  for (const auto& [mistake, message] : table) {
    EXPECT_THAT(broken_by({"python3", TEST_ADAPTER, mistake}), testing::Contains(HasSubstr(message))) << mistake;
  }
}

TEST(AdapterCheck, AProgramThatIsNotThereIsAnErrorOfItsOwn) {
  EXPECT_THROW(broken_by({"/nowhere/adapter"}), AdapterError);
}

}  // namespace
}  // namespace ordeal::harness
