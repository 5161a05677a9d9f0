// What must hold of histories far beyond brute force: a valid one stays valid under changes that only allow more, what
// names mean nothing may be renamed, and a lie that certainly is one is found at its event.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "checker/formats/json_lines.h"
#include "checker/fuzz/small_twin.h"
#include "checker/testing/generator.h"
#include "checker/testing/histories.h"

namespace ordeal::checker {
namespace {

struct Judged {
  Verdict verdict = Verdict::unknown;
  std::uint64_t failing = 0;
  bool operator==(const Judged&) const = default;
  friend std::ostream& operator<<(std::ostream& out, const Judged& judged) {
    return out << to_string(judged.verdict) << " at event " << judged.failing;
  }
};

constexpr Judged valid{Verdict::valid, 0};

Judged judged(const History& history, const LinearizableOptions& options = {}) {
  const Finding finding = check_linearizable(history, options).finding;
  return {finding.verdict, finding.witness ? finding.witness->completion.index : 0};
}

History generated(const std::string& name, std::uint64_t seed) {
  return generated_history(generator_class(name).value(), seed);
}

template <typename T>
void shuffle(std::vector<T>& items, std::mt19937_64& random) {
  for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[draw(random, i)]);
}

void number_anew(History& history) {
  for (std::size_t i = 0; i < history.size(); ++i) history[i].index = i;
}

// The position of the completion of the call at `call`; the end when there is none.
std::size_t completion_of(const History& history, std::size_t call) {
  std::size_t at = call + 1;
  while (at < history.size() && history[at].process != history[call].process) ++at;
  return at;
}

// A call at random for which `wanted` holds; the end when a hundred tries found none.
template <typename Wanted>
std::size_t some_call(const History& history, std::mt19937_64& random, Wanted wanted) {
  for (int i = 0; i < 100; ++i) {
    const std::size_t at = draw(random, history.size());
    if (history[at].type == EventType::invoke && wanted(at, completion_of(history, at))) return at;
  }
  return history.size();
}

void erase(History& history, std::size_t call, std::size_t completion) {
  if (completion < history.size()) history.erase(history.begin() + static_cast<std::ptrdiff_t>(completion));
  history.erase(history.begin() + static_cast<std::ptrdiff_t>(call));
}

void drop_observer(History& history, std::mt19937_64& random) {
  const std::size_t call = some_call(history, random, [&](std::size_t at, std::size_t completion) {
    return history[at].f == "read" || (completion < history.size() && history[completion].type == EventType::fail);
  });
  if (call < history.size()) erase(history, call, completion_of(history, call));
}

void move(History& history, std::size_t from, std::size_t to) {
  const auto at = [&history](std::size_t i) { return history.begin() + static_cast<std::ptrdiff_t>(i); };
  if (from < to) {
    std::rotate(at(from), at(from + 1), at(to + 1));
  } else {
    std::rotate(at(to), at(from), at(from + 1));
  }
}

// Its completion comes later, but before the next call of its process; or its call comes earlier.
void widen(History& history, std::mt19937_64& random) {
  const std::size_t call =
      some_call(history, random, [&](std::size_t, std::size_t completion) { return completion < history.size(); });
  if (call == history.size()) return;
  if (draw(random, 2) == 0) {
    const std::size_t completion = completion_of(history, call);
    const std::size_t next = completion_of(history, completion);
    move(history, completion, completion + draw(random, next - completion));
  } else {
    std::size_t first = call;
    while (first > 0 && history[first - 1].process != history[call].process) --first;
    move(history, call, first + draw(random, call - first + 1));
  }
}

// Nobody heard how it ended, and its process is another one from then on.
void lose_answer(History& history, std::mt19937_64& random) {
  const std::size_t call = some_call(history, random, [&](std::size_t, std::size_t completion) {
    return completion < history.size() && history[completion].type == EventType::ok;
  });
  if (call == history.size()) return;
  const std::size_t completion = completion_of(history, call);
  const Process old = history[call].process;
  Process fresh = 0;
  for (const Event& event : history) fresh = std::max(fresh, event.process + 1);
  history[completion].type = EventType::info;
  history[completion].value = history[call].value;
  for (std::size_t i = completion + 1; i < history.size(); ++i) {
    if (history[i].process == old) history[i].process = fresh;
  }
}

struct Change {
  const char* name;
  void (*apply)(History& history, std::mt19937_64& random);
};

class ValidHistories : public testing::TestWithParam<const char*> {};

TEST_P(ValidHistories, StayValidWhateverIsTakenBack) {
  constexpr Change changes[] = {{"drop an observer", drop_observer}, {"widen", widen}, {"lose an answer", lose_answer}};
  std::mt19937_64 random(5);
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    History history = generated(GetParam(), seed);
    ASSERT_EQ(judged(history), valid);
    std::string done;
    for (int i = 0; i < 12; ++i) {
      const Change& change = changes[draw(random, std::size(changes))];
      for (int times = 0; times < 3; ++times) change.apply(history, random);
      number_anew(history);
      done += std::string(change.name) + "; ";
      const Judged now = judged(history);
      std::string text;
      if (now != valid) {
        for (const Event& event : history) text += write_json_line(event) + "\n";
      }
      ASSERT_EQ(now, valid) << GetParam() << " of seed " << seed << ": " << done << "\n" << text;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Classes, ValidHistories,
                         testing::Values("u1k5_200", "u3k8_400_i10", "c1k6_200", "c3k8_400_i10", "d1k4_200",
                                         "d2k6_300_i5", "d2k5v2_200_i10"));

class Lies : public testing::TestWithParam<const char*> {};

// Found at the event that the generator knows, though half of the history is still to come; and not before.
TEST_P(Lies, AreFoundAtTheirEvent) {
  int planted = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    GeneratedSource source(generator_class(GetParam()).value(), seed);
    while (!source.next().empty()) {
    }
    if (!source.planted_event()) continue;
    const std::uint64_t failing = *source.planted_event();
    ++planted;
    SCOPED_TRACE(testing::Message() << GetParam() << " of seed " << seed);
    const History history = source.fetch([](const CompactEvent&) { return true; }, UINT64_MAX);
    ASSERT_EQ(judged(history), (Judged{Verdict::invalid, failing}));
    const auto end = history.begin() + static_cast<std::ptrdiff_t>(failing);
    ASSERT_EQ(judged(History(history.begin(), end)), valid);
    ASSERT_EQ(judged(History(history.begin(), end + 1)), (Judged{Verdict::invalid, failing}));
  }
  EXPECT_GT(planted, 30);
}

INSTANTIATE_TEST_SUITE_P(Classes, Lies,
                         testing::Values("u1k5_300_bad", "u1k5_300_lost", "u1k5_300_swapped", "u4k8_400_i10_bad",
                                         "u4k8_400_i10_lost", "u2k8_400_i10_swapped", "c1k6_300_bad", "c1k6_300_lost",
                                         "c1k6_300_swapped", "c3k8_400_i10_bad", "c3k8_400_i10_lost", "d1k4_300_bad",
                                         "d3k8_400_bad"));

TEST(Names, OfProcessesKeysAndValuesMeanNothing) {
  std::mt19937_64 random(6);
  for (const char* name : {"u2k6_200_i10", "c2k6_200_bad", "d2k5_200_i5", "u3k5_200_lost"}) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      History history = generated(name, seed);
      const Judged before = judged(history);
      std::map<Process, Process> processes;
      for (const Event& event : history) processes.try_emplace(event.process, 0);
      std::vector<Process> others(processes.size());
      std::iota(others.begin(), others.end(), 1'000'000'007);
      shuffle(others, random);
      for (auto& [process, other] : processes) {
        other = others.back();
        others.pop_back();
      }
      const auto rename = [](const Value& value) -> Value {
        return value.is_nil() ? value : Value("the value " + to_string(value));
      };
      for (Event& event : history) {
        event.process = processes.at(event.process);
        event.key = "the key " + *event.key;
        if (const List* pair = event.value.get_if<List>()) {
          event.value = List{rename((*pair)[0]), rename((*pair)[1])};
        } else {
          event.value = rename(event.value);
        }
      }
      EXPECT_EQ(judged(history), before) << name << " of seed " << seed;
    }
  }
}

// Many small histories, each on a key and with processes of its own, in one: their events in any order that keeps each.
struct Interleaved {
  History history;
  Judged expected = valid;
};

Interleaved interleaved(const std::vector<SmallHistory>& parts, std::mt19937_64& random) {
  Vocabulary words;
  std::vector<std::vector<CompactEvent>> events(parts.size());
  std::vector<SmallVerdict> verdicts;
  std::vector<std::size_t> next(parts.size(), 0);
  std::vector<std::size_t> left;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    append_compact(parts[i], words, events[i]);
    verdicts.push_back(judge_by_all_orders(parts[i]));
    left.insert(left.end(), events[i].size(), i);
  }
  shuffle(left, random);
  Interleaved out;
  for (const std::size_t part : left) {
    const std::size_t position = next[part]++;
    CompactEvent event = events[part][position];
    event.index = out.history.size();
    event.process += static_cast<Process>(100 * part);
    event.key = words.key(std::to_string(part));
    const bool fails = !verdicts[part].linearizable && verdicts[part].failing == position;
    if (fails && out.expected == valid) out.expected = {Verdict::invalid, event.index};
    out.history.push_back(full_event(event, words));
  }
  return out;
}

// A lock's owner who is not named is the process, and processes get other numbers.
void say_owners(SmallHistory& history) {
  for (SmallOperation& operation : history.operations) {
    if (!operation.own_name) continue;
    operation.own_name = false;
    operation.argument = static_cast<std::uint64_t>(operation.process) + 1;
  }
}

class Keys : public testing::TestWithParam<ModelName> {};

TEST_P(Keys, AreJudgedByThemselvesAndTheFirstFailureCountsWhateverRanFirst) {
  std::mt19937_64 random(7);
  int invalid = 0;
  constexpr int histories = 1000;
  for (int i = 0; i < histories; ++i) {
    std::vector<SmallHistory> parts;
    const SmallHistory pattern = random_small_history(random, GetParam());
    const std::uint64_t most_invalid = draw(random, 4);
    for (std::uint64_t wrong = 0; parts.size() < 12;) {
      SmallHistory part = random_small_history(random, GetParam());
      const bool same_options = part.initial == pattern.initial && part.failed_cas == pattern.failed_cas &&
                                part.nil_reads_say_nothing == pattern.nil_reads_say_nothing;
      if (!same_options) continue;
      say_owners(part);
      if (!judge_by_all_orders(part).linearizable && ++wrong > most_invalid) continue;
      parts.push_back(std::move(part));
    }
    const Interleaved all = interleaved(parts, random);
    LinearizableOptions options = options_of(pattern);
    options.parallelism = 3;
    options.in_parallel = [&random](std::size_t jobs, const auto& job, const auto&... ended) {
      std::vector<std::size_t> order(jobs);
      std::iota(order.begin(), order.end(), std::size_t{0});
      shuffle(order, random);
      for (const std::size_t number : order) {
        job(number);
        (static_cast<void>(ended(number)), ...);
      }
    };
    std::string text;
    const Judged now = judged(all.history, options);
    if (now != all.expected) {
      for (const Event& event : all.history) text += write_json_line(event) + "\n";
    }
    ASSERT_EQ(now, all.expected) << check_options(pattern) << "\n" << text;
    invalid += all.expected == valid ? 0 : 1;
  }
  EXPECT_GT(invalid, histories / 3);
  EXPECT_LT(invalid, histories * 9 / 10);
}

INSTANTIATE_TEST_SUITE_P(Models, Keys,
                         testing::Values(ModelName::register_, ModelName::cas_register, ModelName::kv, ModelName::mutex,
                                         ModelName::owned_mutex, ModelName::kv_append, ModelName::list_append));

}  // namespace
}  // namespace ordeal::checker
