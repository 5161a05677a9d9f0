#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checker/formats/binary_stream.h"
#include "checker/formats/crc32c.h"
#include "checker/formats/history_writer.h"
#include "checker/formats/json_lines.h"
#include "checker/testing/awkward_events.h"

namespace ordeal::checker {
namespace {

using Random = std::mt19937_64;

std::string written(const History& history, WrittenFormat format, bool nil_reads_say_nothing = false) {
  TextSink sink;
  const auto writer = make_history_writer(format, sink, nil_reads_say_nothing);
  for (const Event& event : history) writer->write(event);
  writer->finish();
  return sink.text;
}

History read_back(const std::string& bytes) {
  TextBytes source(bytes);
  const auto stream = open_history(source, "h");
  History out;
  stream->for_each([&](const Event& event) {
    out.push_back(event);
    return true;
  });
  EXPECT_TRUE(stream->warnings().empty());
  return out;
}

// Mostly as clients do it, so that completions refer to their calls; now and then anything.
History random_history(Random& random, std::uint64_t events) {
  History history;
  for (std::uint64_t i = 0; i < events; ++i) {
    Event event = awkward_event(random, i + (random() % 50 == 0 ? random() : 0));
    if (!history.empty() && random() % 2 == 0) {
      event = history[history.size() - 1 - random() % std::min<std::size_t>(history.size(), 5)];
      event.type = static_cast<EventType>(random() % 4);
      event.index = history.back().index + 1;
      if (random() % 2 == 0) event.value = awkward_value(random);
    }
    if (random() % 10 == 0) event.f = "cas";
    history.push_back(event);
  }
  return history;
}

std::vector<CompactEvent> compacted(EventSource& source) {
  std::vector<CompactEvent> out;
  for (auto batch = source.next(); !batch.empty(); batch = source.next())
    out.insert(out.end(), batch.begin(), batch.end());
  return out;
}

// Of two vocabularies: by what the words stand for.
void expect_same(EventSource& one, EventSource& other) {
  const std::vector<CompactEvent> a = compacted(one), b = compacted(other);
  ASSERT_EQ(a.size(), b.size());
  const Vocabulary &in_a = one.vocabulary(), &in_b = other.vocabulary();
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].index, b[i].index);
    EXPECT_EQ(a[i].process, b[i].process);
    EXPECT_EQ(a[i].type, b[i].type);
    EXPECT_EQ(a[i].mismatch, b[i].mismatch);
    EXPECT_EQ(in_a.verb_name(a[i].f), in_b.verb_name(b[i].f));
    EXPECT_EQ(in_a.key_name(a[i].key), in_b.key_name(b[i].key));
    EXPECT_EQ(in_a.value(a[i].value), in_b.value(b[i].value));
    ASSERT_EQ(a[i].second.is_absent(), b[i].second.is_absent());
    const Value none;
    EXPECT_EQ(a[i].second.is_absent() ? none : in_a.value(a[i].second),
              b[i].second.is_absent() ? none : in_b.value(b[i].second));
  }
}

TEST(Binary, LosesNothing) {
  Random random(3);
  for (int round = 0; round < 100; ++round) {
    const History history = random_history(random, round < 95 ? random() % 100 : 5000);
    const std::string bytes = written(history, WrittenFormat::binary);
    const History back = read_back(bytes);
    ASSERT_EQ(back, history);
    EXPECT_EQ(written(back, WrittenFormat::json_lines), written(history, WrittenFormat::json_lines));
    TextBytes source(bytes);
    BinaryStream stream(source, "h");
    HistorySource direct(history);
    expect_same(stream, direct);
    stream.rewind();
    direct.rewind();
    expect_same(stream, direct);
    const auto wanted = [](const CompactEvent& event) { return event.f == verb::cas; };
    EXPECT_EQ(stream.fetch(wanted, 60), direct.fetch(wanted, 60));
  }
}

// Operations as clients do them, with numbers of slots, keys and values of one byte and of several.
History clients_history(Random& random, std::uint64_t events, std::uint64_t processes, std::uint64_t keys) {
  std::vector<std::optional<Event>> open(processes);
  History history;
  while (history.size() < events) {
    const std::uint64_t process = random() % processes;
    Event event{.index = history.size(), .time = {}, .process = static_cast<Process>(process), .f = "read"};
    const auto value = static_cast<std::int64_t>(random() >> random() % 64);
    if (random() % 500 == 0) {
      event.process = nemesis_process;
    } else if (std::optional<Event>& call = open[process]) {
      event = *call;
      event.index = history.size();
      event.type = random() % 20 == 0 ? EventType::fail : EventType::ok;
      if (event.f == "read") event.value = value;
      call.reset();
    } else {
      if (random() % 2 == 0) event.f = random() % 10 == 0 ? "cas" : "write";
      if (event.f == "write") event.value = random() % 2 == 0 ? value : -value;
      if (event.f == "cas") event.value = List{value, 7};
      if (const std::uint64_t key = random() % keys; key > 0) event.key = key > 1 ? std::to_string(key) : "";
      event.node = "n" + std::to_string(random() % 5);
      call = event;
    }
    history.push_back(event);
  }
  return history;
}

TEST(Binary, DecodesTheUsualEventsManyAtOnceAsItWouldOneByOne) {
  Random random(4);
  for (const bool may_use_pext : {true, false}) {
    for (const std::uint64_t processes : {1U, 3U, 127U, 300U, 20000U}) {
      for (const std::uint64_t keys : {1U, 2U, 5U, 150U, 20000U}) {
        const History history = clients_history(random, processes + keys < 20000 ? 1500 : 60000, processes, keys);
        const std::string bytes = written(history, WrittenFormat::binary);
        TextBytes source(bytes);
        BinaryStream stream(source, "h", may_use_pext);
        HistorySource direct(history);
        ASSERT_NO_FATAL_FAILURE(expect_same(stream, direct)) << processes << " processes, " << keys << " keys";
      }
    }
  }
}

TEST(Binary, KeepsThatReadsOfNilSayNothing) {
  for (const bool says_nothing : {false, true}) {
    const std::string bytes = written({}, WrittenFormat::binary, says_nothing);
    TextBytes source(bytes);
    EXPECT_EQ(open_history(source, "h")->nil_reads_say_nothing(), says_nothing);
  }
}

TEST(Binary, IsReadUpToItsLastWholeBlockWhereverItWasCut) {
  Random random(5);
  const History history = random_history(random, 2500);
  const std::string bytes = written(history, WrittenFormat::binary);
  std::size_t most = 0;
  for (std::size_t size = binary::magic.size(); size < bytes.size();
       size += size < 100 || size + 100 > bytes.size() ? 1 : 97) {
    TextBytes source(std::string_view(bytes).substr(0, size));
    BinaryStream stream(source, "h");
    std::size_t events = 0;
    stream.rewind();
    stream.for_each([&](const Event& event) {
      EXPECT_EQ(event, history[events++]);
      return true;
    });
    ASSERT_EQ(stream.warnings().size(), 1U) << size;
    EXPECT_THAT(stream.warnings()[0], testing::HasSubstr("h: the file was cut at byte " + std::to_string(size) + ","));
    EXPECT_GE(events, most);
    most = events;
  }
  EXPECT_EQ(most, history.size()) << "when only the end mark is cut";
}

TEST(Binary, RefusesDamageWithItsPlace) {
  Random random(5);
  const std::string bytes = written(random_history(random, 40), WrittenFormat::binary);
  for (std::size_t at = 0; at + binary::block_header_size < bytes.size(); ++at) {
    if (at == 8 || (at > 8 && at < 17)) continue;  // flags; sizes: a block that is longer than the file was cut
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 4);
    try {
      read_back(damaged);
      ADD_FAILURE() << "accepted damage at " << at;
    } catch (const FormatError& error) {
      if (at < 17) continue;
      EXPECT_STREQ(error.what(),
                   "h: in the block at byte 9: its checksum is wrong, so the file is damaged here; write the file "
                   "again from its source");
    }
  }
  std::string longer = bytes + "x";
  EXPECT_THROW(read_back(longer), FormatError);
}

// Who reads more at once does not see less of what is whole.
TEST(Binary, GivesOutAllEventsBeforeTheDamage) {
  Random random(5);
  std::string bytes = written(random_history(random, 30000), WrittenFormat::binary);
  bytes[bytes.size() - 40] = static_cast<char>(bytes[bytes.size() - 40] ^ 4);
  const auto events_before = [&](std::size_t room) {
    TextBytes source(bytes);
    BinaryStream stream(source, "h");
    std::vector<CompactEvent> into(room);
    std::size_t events = 0;
    const auto read_all = [&] {
      while (const std::size_t count = room > 0 ? stream.next_into(into) : stream.next().size()) events += count;
    };
    EXPECT_THROW(read_all(), FormatError);
    EXPECT_THROW(read_all(), FormatError) << "and goes on saying so";
    return events;
  };
  const std::size_t events = events_before(0);
  EXPECT_GT(events, 20000U);
  EXPECT_EQ(events_before(5000), events);
  EXPECT_EQ(events_before(100000), events);
}

TEST(Binary, RefusesAnotherVersion) {
  std::string bytes = written({}, WrittenFormat::binary);
  bytes[7] = 2;
  TextBytes source(bytes);
  EXPECT_THROW(
      {
        try {
          open_history(source, "h");
        } catch (const FormatError& error) {
          EXPECT_STREQ(error.what(), "h: byte 7: found version 2 of the binary format; expected version 1");
          throw;
        }
      },
      FormatError);
}

TEST(Crc32c, IsThatOfTheStandardByInstructionAndByTable) {
  EXPECT_EQ(crc32c(0, "123456789"), 0xe3069283U);
  std::string text;
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(crc32c(7, text), crc32c_by_table(7, text));
    text += static_cast<char>(i * 37);
  }
  for (int i = 0; i < 5000; ++i) {  // long ones are summed in parts
    text += static_cast<char>(i * 41 + i / 7);
    if (i % 61 == 0 || i > 4990) {
      EXPECT_EQ(crc32c(7, text), crc32c_by_table(7, text)) << text.size();
    }
  }
}

TEST(Edn, ReadsBackWhatItWrites) {
  Random random(13);
  History history;
  for (std::uint64_t i = 0; i < 2000; ++i) history.push_back(awkward_event(random, i));
  EXPECT_EQ(read_back(written(history, WrittenFormat::edn)), history);
}

TEST(Edn, WritesWhatJepsensToolsRead) {
  EXPECT_EQ(
      written(
          {{.index = 3, .process = 2, .type = EventType::ok, .f = "cas", .key = "x", .value = List{1, 2}, .node = "n1"},
           {.index = 4, .process = nemesis_process, .type = EventType::info, .f = "kill", .error = "timed out"},
           {.index = 5, .f = "txn", .value = List{List{"r", "x", Nil()}, List{"append", "y", 2}}}},
          WrittenFormat::edn),
      "{:index 3, :time 0, :process 2, :type :ok, :f :cas, :value [\"x\" [1 2]], :independent true, :node \"n1\"}\n"
      "{:index 4, :time 0, :process :nemesis, :type :info, :f :kill, :value nil, :error \"timed out\"}\n"
      "{:index 5, :time 0, :process 0, :type :invoke, :f :txn, :value [[:r \"x\" nil] [:append \"y\" 2]]}\n");
}

}  // namespace
}  // namespace ordeal::checker
