#include "harness/check/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

namespace ordeal::harness {
namespace {

TEST(Parallel, EveryJobIsDoneOnceHoweverManyThreadsThereAre) {
  for (const std::size_t threads : {0U, 1U, 2U, 7U}) {
    Crew crew(threads);
    for (const std::size_t jobs : {0U, 1U, 5U, 1000U}) {
      std::vector<std::atomic<int>> done(jobs);
      std::size_t ended = 0;
      crew.run(
          jobs, [&](std::size_t i) { ++done[i]; }, [&](std::size_t) { ++ended; });
      EXPECT_EQ(ended, jobs);
      for (const std::atomic<int>& times : done) EXPECT_EQ(times, 1);
    }
  }
  EXPECT_GE(processors(), 1U);
}

TEST(Parallel, WhatAJobThrowsReachesTheCallerAndEndsTheRest) {
  std::atomic<int> begun = 0;
  const auto job = [&](std::size_t i) {
    ++begun;
    if (i == 10) throw std::runtime_error("job 10");
  };
  EXPECT_THROW(Crew(1).run(1000, job, [](std::size_t) {}), std::runtime_error);
  EXPECT_EQ(begun, 11);
  Crew crew(4);
  EXPECT_THROW(crew.run(1000, job, [](std::size_t) {}), std::runtime_error);
  EXPECT_NO_THROW(crew.run(10, job, [](std::size_t) {}));
}

}  // namespace
}  // namespace ordeal::harness
