// The readers in pieces against the readers of whole texts.

#include "checker/formats/json_lines_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "checker/formats/json_lines.h"
#include "checker/testing/awkward_events.h"

namespace ordeal::checker {
namespace {

using Random = std::mt19937_64;

// What a stream gives, as events of its words: atoms and keys of two vocabularies cannot be compared.
History events_of(HistoryStream& stream) {
  History out;
  for (auto batch = stream.next(); !batch.empty(); batch = stream.next()) {
    for (const CompactEvent& event : batch) {
      const Vocabulary& words = stream.vocabulary();
      out.push_back({.index = event.index,
                     .process = event.process,
                     .type = event.type,
                     .f = words.verb_name(event.f),
                     .key = words.key_name(event.key),
                     .value = event.second.is_absent()
                                  ? words.value(event.value)
                                  : Value(List{words.value(event.value), words.value(event.second)}),
                     .error = event.mismatch ? "mismatch" : ""});
    }
  }
  return out;
}

// The same of events that were read in full.
History reduced(History history) {
  std::erase_if(history, [](const Event& event) { return event.process == nemesis_process; });
  for (Event& event : history) {
    event.time = {};
    event.node.clear();
    if (event.error != "mismatch") event.error.clear();
  }
  return history;
}

// The events and warnings, or the error.
struct Outcome {
  History events;
  std::vector<std::string> warnings;
  std::string error;
  bool operator==(const Outcome&) const = default;
};

Outcome in_pieces(const std::string& text, std::size_t piece) {
  try {
    TextBytes bytes(text);
    JsonLinesStream stream(bytes, "h", piece);
    const History once = events_of(stream);
    stream.rewind();
    EXPECT_EQ(events_of(stream), once) << "when read again";
    return {once, stream.warnings(), ""};
  } catch (const FormatError& error) {
    return {{}, {}, error.what()};
  }
}

Outcome whole(const std::string& text) {
  try {
    const HistoryFile file = read_json_lines(text, "h");
    return {reduced(file.events), file.warnings, ""};
  } catch (const FormatError& error) {
    return {{}, {}, error.what()};
  }
}

// A line as others might write it.
std::string varied(std::string line, Random& random) {
  for (std::uint64_t changes = random() % 3; changes > 0; --changes) {
    const std::size_t at = random() % line.size();
    switch (random() % 8) {
      case 0:
        line.insert(at, " ");
        break;
      case 1:
        line.insert(at, "0");
        break;
      case 2:
        line[at] = static_cast<char>(random() % 256);
        break;
      case 3:
        line.erase(at, 1 + random() % 4);
        break;
      case 4:
        line[at] = "{}[]()\"\\:,#_0-;e."[random() % 17];
        break;
      case 5: {  // a field moves to the front
        const std::size_t comma = line.rfind(",\"");
        if (comma != std::string::npos) {
          const std::string field = line.substr(comma + 1, line.size() - comma - 2);
          line = "{" + field + "," + line.substr(1, comma - 1) + "}";
        }
        break;
      }
      case 6:
        line += "\r";
        break;
      default:
        line.insert(at, line.substr(at, 1 + random() % 8));
    }
    if (line.empty()) line = " ";
  }
  return line;
}

TEST(JsonLinesStream, AgreesWithTheParserOnRandomEvents) {
  Random random(7);
  std::size_t accepted = 0, refused = 0;
  for (int round = 0; round < 4000; ++round) {
    std::string text;
    const std::uint64_t lines = 1 + random() % 6;
    const bool vary = random() % 2 == 0;
    for (std::uint64_t i = 0; i < lines; ++i) {
      const std::string line = write_json_line(awkward_event(random, i));
      text += (vary ? varied(line, random) : line) + "\n";
    }
    if (random() % 8 == 0) text.pop_back();
    SCOPED_TRACE(text);
    const Outcome expected = whole(text);
    EXPECT_EQ(in_pieces(text, PieceReader::usual_size), expected);
    EXPECT_EQ(in_pieces(text, 1 + random() % 200), expected);
    (expected.error.empty() ? accepted : refused) += 1;
  }
  EXPECT_GT(accepted, 1000U);
  EXPECT_GT(refused, 300U);
}

// Mostly lines as a run writes them, thousands of them, with index and time growing longer.
std::string usual_line(Random& random, std::uint64_t index) {
  static const std::vector<std::string> functions = {"read", "write", "cas"},
                                        errors = {"", "", "", "mismatch", "timeout"};
  Event event{.index = index,
              .time = std::chrono::nanoseconds(index * 10'007),
              .process = static_cast<Process>(random() % 30),
              .type = static_cast<EventType>(random() % 4),
              .f = functions[random() % 3],
              .key = std::to_string(random() % 100),
              .node = "n" + std::to_string(random() % 5)};
  const auto number = [&] { return static_cast<std::int64_t>(random() % (std::uint64_t{1} << random() % 40)); };
  if (event.type >= EventType::fail) event.error = errors[random() % errors.size()];
  if (event.f == "cas") {
    event.value = List{number(), number()};
  } else if (event.f == "write" || event.type == EventType::ok) {
    event.value = number();
  }
  return write_json_line(event);
}

TEST(JsonLinesStream, AgreesWithTheParserOnLongHistories) {
  Random random(13);
  std::size_t accepted = 0;
  for (int round = 0; round < 40; ++round) {
    std::string text;
    const std::uint64_t lines = 1 + random() % 4000, strange = round % 2 == 0 ? 200 : 5000;
    std::uint64_t index = random() % 10'000'000;
    for (std::uint64_t i = 0; i < lines; ++i) {
      const std::uint64_t kind = random() % strange;
      text += (kind == 0   ? write_json_line(awkward_event(random, index))
               : kind == 1 ? varied(usual_line(random, index), random)
                           : usual_line(random, index)) +
              "\n";
      index += 1 + random() % 2;
    }
    if (random() % 8 == 0) text.resize(random() % text.size());
    const Outcome expected = whole(text);
    EXPECT_EQ(in_pieces(text, PieceReader::usual_size), expected);
    EXPECT_EQ(in_pieces(text, 1 + random() % 5000), expected);
    accepted += expected.events.size();
  }
  EXPECT_GT(accepted, 10'000U);
}

TEST(JsonLinesStream, AgreesWithTheParserWhereverTheFileWasCut) {
  Random random(9);
  std::string text = "\n";
  for (std::uint64_t i = 0; i < 8; ++i) text += write_json_line(awkward_event(random, i)) + "\n";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    SCOPED_TRACE(size);
    EXPECT_EQ(in_pieces(text.substr(0, size), 100), whole(text.substr(0, size)));
  }
}

// Each deviation from what the scanner knows, and the message of each mistake.
TEST(JsonLinesStream, UnderstandsWhatOthersWriteAndSaysWhatIsBroken) {
  const std::string first = R"({"index":0,"time":1,"process":0,"type":"invoke","f":"read"})"
                            "\n";
  struct Case {
    std::string line;
    std::string error;  // empty: understood
  };
  const std::vector<Case> cases = {
      {R"({"index":1,"time":1,"process":0,"type":"ok","f":"read","value":4})", ""},
      {R"({"index":1,"time":1,"process":0,"type":"ok","f":"read","value":4 })", ""},
      {R"({"index":1,"time":1,"process":0,"type":"ok","f":"read","value":4.0})", ""},
      {R"({"index":1,"time":1,"process":0,"type":"ok","f":"read","value":-0})", ""},
      {R"({"index":1,"time":1,"process":0,"type":"ok","f":"cas","value":[1,2]})", ""},
      {R"({"index":1,"time":1,"process":0,"type":"ok","f":"cas","value":[1,2,3]})", ""},
      {R"({"index":1,"time":1,"process":0,"type":"ok","f":"cas","value":["a",null]})", ""},
      {R"({"index":1,"time":1,"process":0,"type":"ok","f":"read","key":""})", ""},
      {R"({"index":1,"time":1,"process":0,"type":"ok","f":"read","key":7})", ""},
      {R"({"index":1,"time":1,"process":0,"type":"fail","f":"cas","error":"mismatch"})", ""},
      {R"({"process":0,"type":"ok","f":"read"})", ""},
      {R"({"index":01,"time":1,"process":0,"type":"ok","f":"read"})",
       "h:2:10: found the number 01; expected a number without leading zeros"},
      {R"({"index":1,"time":-1,"process":0,"type":"ok","f":"read"})",
       "h:2:19: found -1; expected a whole number from 0 as time"},
      {R"({"index":1,"time":1,"process":0,"type":"okay","f":"read"})",
       R"(h:2:40: found "okay"; expected a type: invoke, ok, fail or info)"},
      {R"({"index":1,"time":1,"process":0,"type":"ok","f":""})",
       R"(h:2:49: found ""; expected the name of an operation as f)"},
      {R"({"index":1,"time":1,"process":0,"type":"ok","f":"read","value":4}})",
       "h:2:66: found '}'; expected the end of the line after the event's '}'"},
      {R"({"index":1,"time":1,"process":0,"type":"ok","f":"read","node":"n1","node":"n1"})",
       R"(h:2:68: found "node" a second time; expected each field once)"},
      {R"({"index":1,"time":1,"process":99999999999999999999,"type":"ok","f":"read"})",
       "h:2:31: found 1e+20; expected a process: a whole number from 0, or nemesis"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.line);
    const Outcome outcome = in_pieces(first + c.line + "\n", PieceReader::usual_size);
    EXPECT_EQ(outcome.error, c.error);
    EXPECT_EQ(outcome.events.size(), c.error.empty() ? 2U : 0U);
    EXPECT_EQ(outcome, whole(first + c.line + "\n"));
  }
}

TEST(JsonLinesStream, PassesOverAByteOrderMarkEachTime) {
  const std::string text = "\xef\xbb\xbf{\"index\":5,\"time\":1,\"process\":0,\"type\":\"invoke\",\"f\":\"read\"}\n";
  TextBytes bytes(text);
  const auto stream = open_history(bytes, "h");
  EXPECT_EQ(events_of(*stream).size(), 1U);
  stream->rewind();
  EXPECT_EQ(events_of(*stream).size(), 1U);
}

TEST(JsonLinesStream, RefusesMoreFunctionsThanAVerbCanCount) {
  std::string text;
  for (int i = 0; i < 300; ++i) {
    text += write_json_line({.index = static_cast<std::uint64_t>(i), .f = "f" + std::to_string(i)}) + "\n";
  }
  EXPECT_THAT(in_pieces(text, 1000).error, testing::HasSubstr("h:247:1: a history with more than 256 different"));
}

TEST(JsonLinesStream, FetchesFullEventsAndVisitsAllOfThem) {
  Random random(11);
  History history;
  std::string text;
  for (std::uint64_t i = 0; i < 3000; ++i) {
    Event event = awkward_event(random, i);
    text += write_json_line(event) + "\n";
  }
  history = read_json_lines(text, "h").events;
  TextBytes bytes(text);
  const auto stream = open_history(bytes, "h");
  stream->next();
  History visited;
  stream->for_each([&](const Event& event) {
    visited.push_back(event);
    return true;
  });
  EXPECT_EQ(visited, history);

  const auto wanted = [](const CompactEvent& event) { return event.f == verb::cas; };
  History expected;
  for (const Event& event : history) {
    if (event.process != nemesis_process && event.f == "cas" && event.index <= 2000) expected.push_back(event);
  }
  EXPECT_GT(expected.size(), 100U);
  EXPECT_EQ(stream->fetch(wanted, 2000), expected);
  EXPECT_EQ(stream->next()[0].index, reduced(history)[0].index) << "a fetch rewinds";
}

TEST(OpenHistory, GivesWhatReadHistoryGives) {
  for (const std::string text : {"", "  \n", "{:process 4, :type :invoke, :f :write, :value 2}\n",
                                 "INFO  jepsen.util - 4\t:invoke\t:cas\t[3 0]\nINFO  x - y\n",
                                 "{\"process\":0,\"type\":\"ok\",\"f\":\"read\"}\n"}) {
    SCOPED_TRACE(text);
    const HistoryFile file = read_history(text, "h");
    TextBytes bytes(text);
    const auto stream = open_history(bytes, "h");
    EXPECT_EQ(stream->format(), file.format);
    EXPECT_EQ(stream->nil_reads_say_nothing(), file.nil_reads_say_nothing);
    EXPECT_EQ(events_of(*stream), reduced(file.events));
    EXPECT_EQ(stream->warnings(), file.warnings);
  }
  TextBytes number("7\n");
  EXPECT_THROW(open_history(number, "h"), FormatError);
}

}  // namespace
}  // namespace ordeal::checker
