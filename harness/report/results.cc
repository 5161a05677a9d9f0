#include "harness/report/results.h"

#include "harness/report/history_digest.h"

namespace ordeal::harness {

OutcomeCounts all_operations(const Results& results) {
  OutcomeCounts all;
  for (const auto& [f, counts] : results.operations) all = all + counts;
  return all;
}

void count_history(const checker::History& history, Results& results) {
  HistoryDigest digest;
  const bool load_known = results.load_ended > results.load_began;
  if (load_known) digest.load_began(results.load_began);
  for (const checker::Event& event : history) {
    if (load_known && event.time >= results.load_ended) digest.load_ended(results.load_ended);
    digest.observe(event);
  }
  if (load_known) digest.load_ended(results.load_ended);
  digest.count_into(results);
}

}  // namespace ordeal::harness
