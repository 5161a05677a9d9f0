#include <fmt/format.h>
#include <gmock/gmock.h>

#include <map>
#include <set>

#include "workloads/catalogue.h"
#include "workloads/workload.h"

namespace ordeal::workloads {
namespace {

using checker::Event;
using checker::EventType;
using checker::List;
using checker::Value;
using testing::ElementsAre;
using testing::IsEmpty;

Event completion(const Operation& operation, EventType type, Value value) {
  Event event;
  event.type = type;
  event.f = operation.f;
  event.key = operation.key;
  event.value = std::move(value);
  return event;
}

Event completion(const Operation& operation, EventType type) {
  return completion(operation, type, operation.value);
}

// Clients on atomic registers. Each client's operation takes effect at a random moment between its call and its return:
// every turn, one random client takes its next step (call, effect, return).
class Simulation {
 public:
  Simulation(const RegisterSpec& spec, std::size_t clients, std::uint64_t seed)
      : generator_(make_register_generator(spec, seed)), engine_(seed), clients_(clients) {}

  // `lost`: how many of a hundred operations end as info; each second one of them took effect.
  void run(int operations, std::uint64_t lost = 0) {
    while (returned_ < operations) step(clients_[engine_() % clients_.size()], lost);
  }

  struct Count {
    int ok = 0, fail = 0, info = 0;
  };
  std::map<std::string, Count> counts;
  std::vector<Operation> drawn;
  Generator& generator() { return *generator_; }

 private:
  enum class Phase { idle, called, applied };
  struct Client {
    Phase phase = Phase::idle;
    Operation operation;
    Event event;
  };

  void step(Client& client, std::uint64_t lost) {
    switch (client.phase) {
      case Phase::idle:
        client.operation = generator_->next(0);
        drawn.push_back(client.operation);
        client.phase = Phase::called;
        return;
      case Phase::called:
        client.event = engine_() % 100 < lost ? lose(client.operation) : apply(client.operation);
        client.phase = Phase::applied;
        return;
      case Phase::applied:
        count(client.event);
        generator_->returned(client.event);
        ++returned_;
        client.phase = Phase::idle;
        return;
    }
  }

  Event apply(const Operation& operation) {
    Value& held = registers_[operation.key];
    if (operation.f == "read") return completion(operation, EventType::ok, held);
    if (operation.f == "write") {
      held = operation.value;
      return completion(operation, EventType::ok);
    }
    const List& cas = *operation.value.get_if<List>();
    if (!(held == cas[0])) return completion(operation, EventType::fail);
    held = cas[1];
    return completion(operation, EventType::ok);
  }

  Event lose(const Operation& operation) {
    if (engine_() % 2 == 0) apply(operation);
    return completion(operation, operation.f == "read" ? EventType::fail : EventType::info);
  }

  void count(const Event& event) {
    Count& of = counts[event.f];
    (event.type == EventType::ok ? of.ok : event.type == EventType::fail ? of.fail : of.info) += 1;
  }

  std::unique_ptr<Generator> generator_;
  std::mt19937_64 engine_;
  std::vector<Client> clients_;
  std::map<std::string, Value> registers_;
  int returned_ = 0;
};

TEST(RegisterWorkload, EveryWrittenValueIsUniqueOverTheRun) {
  Simulation simulation({}, 10, 1);
  simulation.run(20'000);
  std::set<std::int64_t> written;
  for (const Operation& operation : simulation.drawn) {
    const List* cas = operation.value.get_if<List>();
    const Value& value = cas != nullptr ? cas->at(1) : operation.value;
    if (operation.f == "read") continue;
    EXPECT_TRUE(written.insert(*value.get_if<std::int64_t>()).second);
  }
  EXPECT_GT(written.size(), 9'000U);
}

TEST(RegisterWorkload, MixesOperationsByTheirShares) {
  const std::vector<RegisterSpec> specs{{.read_share = 5, .write_share = 4, .cas_share = 1},
                                        {.read_share = 0, .write_share = 1, .cas_share = 0},
                                        {.read_share = 1, .write_share = 0, .cas_share = 1},
                                        {.read_share = 90, .write_share = 9, .cas_share = 1}};
  for (const RegisterSpec& spec : specs) {
    SCOPED_TRACE(fmt::format("{}/{}/{}", spec.read_share, spec.write_share, spec.cas_share));
    const auto generator = make_register_generator(spec, 3);
    std::map<std::string, int> drawn;
    for (int i = 0; i < 10'000; ++i) ++drawn[generator->next(0).f];
    const double total = spec.read_share + spec.write_share + spec.cas_share;
    EXPECT_NEAR(drawn["read"], 10'000 * spec.read_share / total, 150);
    EXPECT_NEAR(drawn["write"], 10'000 * spec.write_share / total, 150);
    EXPECT_NEAR(drawn["cas"], 10'000 * spec.cas_share / total, 150);
  }
}

TEST(RegisterWorkload, ReadersOnlyRead) {
  const auto generator = make_register_generator({.read_share = 0, .readers = 2}, 3);
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_EQ(generator->next(i % 2).f, "read");
    EXPECT_NE(generator->next(2).f, "read");
  }
}

TEST(RegisterWorkload, AFairShareOfCasSucceedsWhateverTheCrowd) {
  struct Case {
    int keys;
    std::size_t clients;
    RegisterSpec mix;
  };
  const std::vector<Case> cases{{5, 10, {}},
                                {1, 3, {}},
                                {5, 5, {}},
                                {10, 30, {}},
                                {5, 10, {.read_share = 1, .write_share = 1, .cas_share = 1}},
                                {5, 10, {.read_share = 1, .write_share = 0, .cas_share = 1}}};
  for (const Case& c : cases) {
    for (const std::uint64_t lost : {0U, 5U}) {
      RegisterSpec spec = c.mix;
      spec.keys = c.keys;
      Simulation simulation(spec, c.clients, 11);
      simulation.run(50'000, lost);
      const Simulation::Count cas = simulation.counts["cas"];
      const double share = cas.ok / static_cast<double>(cas.ok + cas.fail);
      SCOPED_TRACE(fmt::format("{} keys, {} clients, {}/{}/{}, {} % lost: {}", c.keys, c.clients, spec.read_share,
                               spec.write_share, spec.cas_share, lost, share));
      EXPECT_GT(share, 0.3);
      EXPECT_LT(share, 0.9);
    }
  }
}

TEST(RegisterWorkload, CasAloneDoesNotGetStuckBehindAnUncertainCas) {
  RegisterSpec spec{.read_share = 0, .write_share = 0, .cas_share = 1};
  spec.operations_per_key = 1'000'000;  // never replaced: nothing but its own candidates can help
  Simulation simulation(spec, 2, 5);
  simulation.run(20'000, 5);
  EXPECT_GT(simulation.counts["cas"].ok, 2'000);
}

TEST(RegisterWorkload, ACasOnAKeyOfWhichNothingIsKnownExpectsNil) {
  const auto generator = make_register_generator({.keys = 1, .read_share = 0, .write_share = 0, .cas_share = 1}, 1);
  EXPECT_EQ(generator->next(0).value, (Value(List{checker::Nil{}, 1})));
  EXPECT_EQ(generator->next(1).value, (Value(List{checker::Nil{}, 2})));
}

TEST(RegisterWorkload, ACasExpectsWhatWasSeenLast) {
  const RegisterSpec only_cas{.keys = 1, .read_share = 0, .write_share = 0, .cas_share = 1};
  struct Case {
    std::string name;
    Event event;
    Value expected;
  };
  const std::vector<Case> cases{
      {"a value read", completion({"read", "0", {}}, EventType::ok, 77), 77},
      {"a value written", completion({"write", "0", 78}, EventType::ok), 78},
      {"the new value of a cas", completion({"cas", "0", List{1, 79}}, EventType::ok), 79},
      {"an uncertain write, when nothing else is known", completion({"write", "0", 80}, EventType::info), 80},
      {"not a failed write", completion({"write", "0", 81}, EventType::fail), checker::Nil{}},
      {"not a failed cas", completion({"cas", "0", List{1, 82}}, EventType::fail), checker::Nil{}},
      {"not a failed read", completion({"read", "0", {}}, EventType::fail), checker::Nil{}},
      {"not a value of another key", completion({"read", "5", {}}, EventType::ok, 83), checker::Nil{}},
      {"not the nemesis", completion({"kill", "0", 84}, EventType::info), checker::Nil{}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const auto generator = make_register_generator(only_cas, 1);
    generator->next(0);  // opens key 0
    generator->returned(c.event);
    EXPECT_EQ(generator->next(0).value.get_if<List>()->at(0), c.expected);
  }
}

TEST(RegisterWorkload, AKeyIsReplacedByAFreshOneAfterItsOperations) {
  const RegisterSpec spec{.keys = 3, .operations_per_key = 10};
  const auto generator = make_register_generator(spec, 9);
  std::map<std::string, int> operations;
  std::set<std::string> retired;
  for (int i = 0; i < 1000; ++i) {
    const Operation operation = generator->next(0);
    EXPECT_FALSE(retired.contains(operation.key)) << "a retired key is never drawn again";
    ++operations[operation.key];
    for (const std::string& key : generator->take_retired_keys()) {
      EXPECT_EQ(operations[key], 10);
      EXPECT_TRUE(retired.insert(key).second) << "a key retires once";
    }
    EXPECT_LE(operations.size() - retired.size(), 3U);
  }
  EXPECT_GE(retired.size(), 97U);
  EXPECT_THAT(generator->take_retired_keys(), IsEmpty());
}

TEST(RegisterWorkload, AtTheEndTheNewestKeysAreRead) {
  const auto generator = make_register_generator({.keys = 2, .operations_per_key = 1}, 1);
  EXPECT_THAT(generator->final_reads(), IsEmpty());
  EXPECT_EQ(generator->probe().key, "0");
  for (int i = 0; i < 12; ++i) generator->next(0);
  ASSERT_EQ(generator->final_reads().size(), 12U);
  EXPECT_EQ(generator->final_reads()[0].key, "11");
  EXPECT_EQ(generator->final_reads()[0].f, "read");
  EXPECT_EQ(generator->probe().key, "11");
  for (int i = 0; i < 88; ++i) generator->next(0);
  ASSERT_EQ(generator->final_reads().size(), 50U);
  EXPECT_EQ(generator->final_reads()[49].key, "50");
}

TEST(RegisterWorkload, TheSameSeedAndReturnsGiveTheSameOperations) {
  const auto text = [](std::uint64_t seed) {
    Simulation simulation({}, 10, seed);
    simulation.run(2'000, 5);
    std::string all;
    for (const Operation& operation : simulation.drawn) {
      const List* cas = operation.value.get_if<List>();
      const auto* value = (cas != nullptr ? cas->at(1) : operation.value).get_if<std::int64_t>();
      all += fmt::format("{} {} {}\n", operation.f, operation.key, value != nullptr ? *value : 0);
    }
    return all;
  };
  EXPECT_EQ(text(4), text(4));
  EXPECT_NE(text(4), text(5));
}

TEST(Catalogue, KnowsTheRegisterWorkload) {
  const CatalogueEntry* entry = workload_named("register");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->model, checker::ModelName::cas_register);
  EXPECT_TRUE(entry->initial.is_nil());
  EXPECT_THAT(entry->checks, ElementsAre("linearizable", "liveness", "availability", "log-alarms", "status"));
  EXPECT_EQ(workload_named("bank"), nullptr);
}

}  // namespace
}  // namespace ordeal::workloads
