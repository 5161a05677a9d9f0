// A check on real threads: what it reads ahead while it checks, and its vocabulary, which grows meanwhile.

#include <gtest/gtest.h>

#include <string>

#include "checker/testing/generator.h"
#include "harness/check/machine.h"
#include "harness/check/parallel.h"

namespace ordeal::harness {
namespace {

using checker::LinearizableOptions;
using checker::LinearizableResult;

// With values that are words, new ones all the time.
checker::History with_words(checker::History history) {
  for (checker::Event& event : history) {
    if (const std::int64_t* number = event.value.get_if<std::int64_t>()) event.value = "v" + std::to_string(*number);
  }
  return history;
}

TEST(CheckOnThreads, ComesToTheVerdictOfOneThread) {
  for (const char* name : {"u100k50_1e5", "u20k10_1e5_bad", "c100k50_1e5", "d100k10_1e5", "d50k20v5_1e5_i1"}) {
    SCOPED_TRACE(name);
    const checker::History history = checker::generated_history(*checker::generator_class(name), 3);
    for (const bool words : {false, true}) {
      const bool with_cas = name[0] != 'u';
      if (words && with_cas) continue;
      const checker::History events = words ? with_words(history) : history;
      LinearizableOptions lent;
      lend_machine(lent);
      lent.parallelism = 3;
      lent.in_parallel = [crew = std::make_shared<Crew>(3)](std::size_t jobs, const Job& job, const Job& ended) {
        crew->run(jobs, job, ended);
      };
      const LinearizableResult one = checker::check_linearizable(events, {}), two = check_linearizable(events, lent);
      EXPECT_EQ(one.finding.verdict, two.finding.verdict);
      EXPECT_EQ(one.finding.summary, two.finding.summary);
      EXPECT_EQ(one.engines, two.engines);
    }
  }
}

}  // namespace
}  // namespace ordeal::harness
