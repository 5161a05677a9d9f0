#include "checker/formats/history_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "checker/formats/json_lines.h"
#include "checker/testing/histories.h"

namespace ordeal::checker {
namespace {

std::string error_of(std::string_view text) {
  try {
    read_history(text, "h");
  } catch (const FormatError& error) {
    return error.what();
  }
  return "accepted";
}

const char* const json =
    R"({"index":12,"time":1250034100,"process":3,"type":"invoke","f":"cas","key":"7","value":[41,42],"node":"n2"}
{"index":13,"time":1253100400,"process":3,"type":"info","f":"cas","key":"7","value":[41,42],"node":"n2","error":"timeout"}
{"index":14,"time":1300000000,"process":"nemesis","type":"info","f":"partition","value":{"id":4,"grudge":{"n1":["n2"]}}}
)";

TEST(HistoryReader, ReadsJsonLines) {
  const HistoryFile file = read_history(json, "h");
  EXPECT_EQ(file.format, "JSON Lines");
  ASSERT_EQ(file.events.size(), 3U);
  EXPECT_EQ(file.events[0], (Event{.index = 12,
                                   .time = std::chrono::nanoseconds(1250034100),
                                   .process = 3,
                                   .type = EventType::invoke,
                                   .f = "cas",
                                   .key = "7",
                                   .value = List{41, 42},
                                   .node = "n2",
                                   .error = ""}));
  EXPECT_EQ(file.events[1].error, "timeout");
  EXPECT_EQ(file.events[2].process, nemesis_process);
  EXPECT_EQ(*file.events[2].value.find("id"), Value(4));
}

TEST(HistoryReader, ReadsEdnVectorsListsAndLines) {
  for (const std::string text :
       {"[{:process 4, :type :invoke, :f :write, :value 2}\n ; a comment\n {:process 4 :type :ok, :f :write, :value "
        "2}]",
        "({:process 4, :type :invoke, :f :write, :value 2} #_ gone {:process 4 :type :ok, :f :write, :value 2})\n",
        "{:process 4, :type :invoke, :f :write, :value 2}\n{:process 4 :type :ok, :f :write, :value 2}\n"}) {
    SCOPED_TRACE(text);
    const HistoryFile file = read_history(text, "h");
    EXPECT_EQ(file.format, "EDN");
    EXPECT_TRUE(file.nil_reads_say_nothing);
    ASSERT_EQ(file.events.size(), 2U);
    EXPECT_EQ(file.events[1].index, 1U);
    EXPECT_EQ(file.events[1].f, "write");
    EXPECT_EQ(file.events[1].value, Value(2));
  }
}

TEST(HistoryReader, ReadsJepsensTextLog) {
  const HistoryFile file = read_history(
      "INFO  jepsen.core - Running test\nINFO  jepsen.util - 4\t:invoke\t:cas\t[3 0]\n"
      "INFO  jepsen.util - 12  :invoke :write  1\nINFO  jepsen.util - 4   :info   :cas    :timed-out\n"
      "INFO  jepsen.util - :nemesis\t:info\t:start\tnil\n",
      "h");
  EXPECT_EQ(file.format, "Jepsen's text log");
  ASSERT_EQ(file.events.size(), 4U);
  EXPECT_EQ(file.events[0].value, Value(List{3, 0}));
  EXPECT_EQ(file.events[1].process, 12);
  EXPECT_EQ(file.events[2].error, "timed-out");
  EXPECT_TRUE(file.events[2].value.is_nil());
  EXPECT_EQ(file.events[3].process, nemesis_process);
  EXPECT_THAT(file.warnings, testing::ElementsAre("h: 1 lines of other loggers than jepsen.util were passed over"));
}

TEST(HistoryReader, TakesStringAndNumberKeys) {
  for (const std::string text :
       {R"({:process 0, :type :invoke, :f :get, :key "7"})", "{:process 0, :type :invoke, :f :get, :key 7}",
        R"({"process":0,"type":"invoke","f":"get","key":7})"}) {
    EXPECT_EQ(read_history(text, "h").events.at(0).key, "7") << text;
  }
}

TEST(HistoryReader, ChecksUpToALastLineThatWasCutShort) {
  const std::string whole = json;
  for (std::size_t cut = whole.rfind("{\"index\"") + 1; cut + 2 < whole.size(); ++cut) {
    const HistoryFile file = read_history(std::string_view(whole).substr(0, cut), "h");
    EXPECT_EQ(file.events.size(), 2U);
    ASSERT_EQ(file.warnings.size(), 1U);
    EXPECT_THAT(file.warnings[0],
                testing::HasSubstr("line 3 is the last and was cut short; checked up to there, 2 events"));
  }
}

TEST(HistoryReader, SaysWhereAndWhatIsBroken) {
  struct Case {
    std::string text;
    std::string message;
  };
  const std::string ok = R"({"process":0,"type":"ok","f":"read"})"
                         "\n";
  const std::vector<Case> cases = {
      {ok + "{\"process\":0,\n", "h:2:14: found the end; expected a string in double quotes"},
      {ok + R"({"process":-1,"type":"ok","f":"read"})"
            "\n",
       "h:2:12: found -1; expected a process: a whole number from 0, or nemesis"},
      {R"({"process":0,"type":"okay","f":"read"})"
       "\n",
       R"(h:1:21: found "okay"; expected a type: invoke, ok, fail or info)"},
      {R"({"process":0,"f":"read"})"
       "\n",
       "h:1:1: found an event without type; expected each event to have process, type and f"},
      {R"({"process":0,"process":1})"
       "\n",
       R"(h:1:14: found "process" a second time; expected each field once)"},
      {R"({"procces":0})"
       "\n",
       R"(h:1:2: found the field "procces"; expected index, time, process, type, f, key, value, node or error)"},
      {R"({"process":0,"type":"ok","f":"read","value":tru})"
       "\n",
       "h:1:45: found 'tru}'; expected a JSON value"},
      {R"({"process":0,"type":"ok","f":"read","value":01})"
       "\n",
       "h:1:45: found the number 01; expected a number without leading zeros"},
      {R"({"process":0,"type":"ok","f":"read","value":1e999})"
       "\n",
       "h:1:45: found the number 1e999; expected one between -1.8e308 and 1.8e308"},
      {R"({"process":0,"type":"ok","f":"re)"
       "\n",
       "h:1:30: found a string that does not end; expected its closing double quote"},
      {R"({"process":0,"type":"ok","f":"read"}})"
       "\n",
       "h:1:37: found '}'; expected the end of the line after the event's '}'"},
      {R"({"process":0,"type":"ok","f":"\q"})"
       "\n",
       "h:1:32: found 'q\"}'; expected one of \" \\ / b f n r t u after a backslash"},
      {R"({"index":1.5})"
       "\n",
       "h:1:10: found 1.5; expected a whole number from 0 as index"},
      {"[{:process 0, :type :ok, :f :read}", "h:1:1: found '[' that is never closed; expected ']'"},
      {"[{:process 0, :type :ok, :f :read]", "h:1:34: found ']'; expected '}' to close the map first"},
      {"[{:process 0, :type :ok, :f}]", "h:1:28: found '}]'; expected the value of f"},
      {"[{:process :n1, :type :ok, :f :read}]",
       R"(h:1:12: found "n1"; expected a process: a whole number from 0, or nemesis)"},
      {"[7]", "h:1:2: found '7]'; expected an event: a map like {:process 0, :type :invoke, :f :read, :value nil}"},
      {"INFO  jepsen.util - 4\t:invoke\n", "h:1:30: found the end; expected the name of an operation"},
      {"INFO  jepsen.util - 4 :invoke :read nil nil\n", "h:1:41: found 'nil'; expected the end of the line"},
      {"Hello\n", "h:1:6: found the end; expected a line of Jepsen's log: LEVEL  logger - process  :type  :f  value"},
      {std::string("\x7f"
                   "ELF\x02\x01",
                   6),
       "h:1:5: found the byte 0x02, so this is no text; expected a history as JSON Lines, EDN, or Jepsen's text log"},
      {"7\n",
       "h:1:1: found '7'; expected a history: JSON Lines ({\"index\":0,...), EDN ({:process 0,... or [{...), or "
       "Jepsen's "
       "text log (INFO ...)"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(error_of(c.text), c.message);
  }
}

TEST(HistoryReader, RefusesNestingThatWouldExhaustTheStack) {
  const std::string deep(1'000'000, '[');
  EXPECT_THAT(error_of(R"({"value":)" + deep + "\n"), testing::HasSubstr("at most 100 levels of nesting"));
  EXPECT_THAT(error_of("[{:value " + deep), testing::HasSubstr("at most 100 levels of nesting"));
  std::string discards = "[";
  for (int i = 0; i < 100'000; ++i) discards += "#_ ";
  EXPECT_THAT(error_of(discards), testing::HasSubstr("at most 100 levels of nesting"));
  std::string tags = "[{:value ";
  for (int i = 0; i < 100'000; ++i) tags += "#a ";
  EXPECT_THAT(error_of(tags), testing::HasSubstr("at most 100 levels of nesting"));
}

TEST(HistoryReader, TakesAnEmptyFileWithAWarning) {
  EXPECT_TRUE(read_history("", "h").events.empty());
  EXPECT_THAT(read_history("\n", "h").warnings, testing::ElementsAre("h: the file is empty"));
}

// No input crashes; under the sanitizers this says more.
TEST(HistoryReader, SurvivesEveryMutationOfGoodInput) {
  std::mt19937_64 random(1);
  const std::string inputs[] = {
      json,
      "[{:process 4, :type :invoke, :f :cas, :value [2 -3.5e1]} ; c\n #_ x {:process 4 :type "
      ":ok, :f \"a\\u00e9\\ud83d\\ude00\", :value #{1 :a}}]",
      "INFO  jepsen.util - 4\t:invoke\t:cas\t[3 0]\nINFO  jepsen.util - 4   :info   :cas :timed-out\n"};
  std::size_t accepted = 0, refused = 0;
  for (int i = 0; i < 60'000; ++i) {
    std::string text = inputs[draw(random, 3)];
    for (std::uint64_t changes = 1 + draw(random, 4); changes > 0; --changes) {
      const std::size_t at = draw(random, text.size());
      const std::uint64_t kind = draw(random, 4);
      if (kind == 0) text[at] = static_cast<char>(draw(random, 256));
      if (kind == 1) text.erase(at, 1 + draw(random, 5));
      if (kind == 2) text.insert(at, text.substr(draw(random, text.size()), draw(random, 20)));
      if (kind == 3) text[at] = "{}[]()\"\\:,#_0-;"[draw(random, 15)];
      if (text.empty()) text = " ";
    }
    (error_of(text) == "accepted" ? accepted : refused) += 1;
  }
  EXPECT_GT(accepted, 1000U);
  EXPECT_GT(refused, 1000U);
}

TEST(JsonLines, WriteWhatTheyRead) {
  const std::vector<Value> values = {Nil(),
                                     true,
                                     false,
                                     0,
                                     -7,
                                     std::numeric_limits<std::int64_t>::max(),
                                     std::numeric_limits<std::int64_t>::min(),
                                     1.5,
                                     1.0,
                                     -0.0,
                                     1e300,
                                     5e-324,
                                     "",
                                     "a \"quoted\" \\ line\nnext\ttab \x01 \xc3\xa9 \xf0\x9f\x98\x80",
                                     List{1, List{}, Map{}},
                                     Map{{"a", 1}, {"b c", List{Nil(), "x"}}}};
  for (const Value& value : values) {
    const Event event{.index = 3,
                      .time = std::chrono::nanoseconds(17),
                      .process = 2,
                      .type = EventType::fail,
                      .f = "cas",
                      .key = "k\"",
                      .value = value,
                      .node = "n1",
                      .error = "mismatch"};
    const std::string line = write_json_line(event);
    SCOPED_TRACE(line);
    const HistoryFile file = read_history(line + "\n", "h");
    ASSERT_EQ(file.events.size(), 1U);
    EXPECT_EQ(file.events[0], event);
  }
  EXPECT_EQ(write_json_line({.index = 14,
                             .time = std::chrono::nanoseconds(5),
                             .process = nemesis_process,
                             .type = EventType::info,
                             .f = "kill",
                             .key = {},
                             .value = {},
                             .node = "",
                             .error = ""}),
            R"({"index":14,"time":5,"process":"nemesis","type":"info","f":"kill"})");
}

TEST(JsonLines, ReplaceWhatIsNoUtf8) {
  const Event event{.process = 0,
                    .f = "x",
                    .key = {},
                    .value =
                        "a\xff\xc3(\xed\xa0\x80"
                        "b",
                    .node = "",
                    .error = ""};
  EXPECT_THAT(write_json_line(event), testing::HasSubstr(R"("a\ufffd\ufffd(\ufffd\ufffd\ufffdb")"));
}

TEST(JsonLines, ReadIntegersBeyond64BitsAsDoubles) {
  const HistoryFile file = read_history(R"({"process":0,"type":"ok","f":"read","value":92233720368547758080})"
                                        "\n",
                                        "h");
  EXPECT_EQ(file.events[0].value, Value(92233720368547758080.0));
}

TEST(ParseValue, ReadsWhatAPersonTypes) {
  EXPECT_EQ(parse_value("nil"), Value());
  EXPECT_EQ(parse_value("0"), Value(0));
  EXPECT_EQ(parse_value(" -4 "), Value(-4));
  EXPECT_EQ(parse_value("1.5"), Value(1.5));
  EXPECT_EQ(parse_value("\"\""), Value(""));
  EXPECT_EQ(parse_value("\"a b\""), Value("a b"));
  EXPECT_EQ(parse_value("free"), Value("free"));
  EXPECT_EQ(parse_value("true"), Value(true));
  EXPECT_EQ(parse_value("[1, 2]"), Value(List{1, 2}));
  EXPECT_THROW(parse_value(""), FormatError);
  EXPECT_THROW(parse_value("a b"), FormatError);
}

// Each level quoted the quotes of the one inside: a line of 400 bytes asked for 2^100.
TEST(Edn, RefusesNamesThatGrowWithEveryLevelOfNesting) {
  std::string text = "{:process 0, :type :ok, :f :read, :value ";
  for (int i = 0; i < 90; ++i) text += "{";
  text += "\"\"";
  for (int i = 0; i < 90; ++i) text += " 1}";
  try {
    read_history(text + "}", "h");
    FAIL() << "accepted";
  } catch (const FormatError& error) {
    EXPECT_NE(std::string(error.what()).find("found a list or map as the name of a field; expected a name of at most"),
              std::string::npos)
        << error.what();
  }
  EXPECT_EQ(read_history("{:process 0, :type :ok, :f :read, :value {[1 {2 3}] 4}}", "h").events[0].value,
            Value(Map{{"[1, {\"2\": 3}]", 4}}));
}

// Compared one with another, these took minutes.
TEST(HistoryReader, FindsTheSecondOfManyFields) {
  for (const std::string format : {"json", "edn"}) {
    for (const int fields : {10, 16, 17, 18, 100'000}) {
      std::string map;
      for (int i = 0; i < fields; ++i) {
        map += (i > 0 ? "," : "") + ("\"k" + std::to_string(i)) + (format == "json" ? "\":1" : "\" 1");
      }
      const auto read = [&](const std::string& rest) {
        const std::string line = format == "json"
                                     ? R"({"process":0,"type":"ok","f":"read","value":{)" + map + rest + "}}\n"
                                     : "{:process 0, :type :ok, :f :read, :value {" + map + rest + "}}\n";
        return read_history(line, "h").events.size();
      };
      EXPECT_EQ(read(""), 1U);
      for (const int again : {0, fields / 2, fields - 1}) {
        EXPECT_THROW(read(",\"k" + std::to_string(again) + (format == "json" ? "\":1" : "\" 1")), FormatError);
      }
    }
  }
}

}  // namespace
}  // namespace ordeal::checker
