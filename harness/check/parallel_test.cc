#include "harness/check/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

namespace ordeal::harness {
namespace {

TEST(Parallel, EveryJobIsDoneOnceHoweverManyThreadsThereAre) {
  for (const std::size_t threads : {0U, 1U, 2U, 7U}) {
    for (const std::size_t jobs : {0U, 1U, 5U, 1000U}) {
      std::vector<std::atomic<int>> done(jobs);
      std::size_t ended = 0;
      run_in_parallel(
          threads, jobs, [&](std::size_t i) { ++done[i]; }, [&](std::size_t) { ++ended; });
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
  EXPECT_THROW(run_in_parallel(1, 1000, job, [](std::size_t) {}), std::runtime_error);
  EXPECT_EQ(begun, 11);
  EXPECT_THROW(run_in_parallel(4, 1000, job, [](std::size_t) {}), std::runtime_error);
}

}  // namespace
}  // namespace ordeal::harness
