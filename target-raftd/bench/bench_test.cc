#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "target-raftd/bench/ceiling.h"
#include "target-raftd/bench/dialect.h"
#include "target-raftd/bench/flags.h"
#include "target-raftd/bench/http_reader.h"
#include "target-raftd/bench/load.h"

namespace raftd::bench {
namespace {

using namespace std::chrono_literals;

TEST(HttpReader, FindsAnswersHoweverTheBytesAreCut) {
  const std::string bytes =
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\ncontent-length:  2\r\n\r\nhi"
      "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";
  for (std::size_t cut = 1; cut <= bytes.size(); ++cut) {
    HttpReader reader;
    std::vector<std::string> answers;
    for (std::size_t at = 0; at < bytes.size(); at += cut) {
      reader.add(std::string_view(bytes).substr(at, cut));
      while (const auto answer = reader.next()) {
        answers.push_back(std::to_string(answer->status) + std::string(answer->body));
      }
    }
    EXPECT_THAT(answers, testing::ElementsAre("200hi", "503")) << "cut into pieces of " << cut;
    EXPECT_FALSE(reader.broken());
  }
}

TEST(HttpReader, TakesNoAnswerWithoutALengthAndNothingElseForAnAnswer) {
  for (const char* bytes : {"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n",
                            "SSH-2.0\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nX-Content-Length: 0\r\n\r\n"}) {
    HttpReader reader;
    reader.add(bytes);
    EXPECT_FALSE(reader.next()) << bytes;
    EXPECT_TRUE(reader.broken()) << bytes;
  }
}

TEST(Dialect, Base64IsThatOfTheStandard) {
  const std::pair<const char*, const char*> cases[] = {{"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
                                                       {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xff\xfe\xfd", "//79"}};
  for (const auto& [bytes, text] : cases) EXPECT_EQ(base64(bytes), text);
}

TEST(Dialect, OnlyTheRightValueIsARightRead) {
  const Exchange raftd = read_of(System::raftd, "k", "one");
  EXPECT_TRUE(judge(raftd, {200, R"({"key":"k","value":"one","index":2})"}).right);
  EXPECT_FALSE(judge(raftd, {200, R"({"key":"k","value":"two","index":2})"}).right);
  EXPECT_FALSE(judge(raftd, {503, R"({"key":"k","value":"one","index":2})"}).right);
  const Exchange etcd = read_of(System::etcd, "k", "one");
  EXPECT_TRUE(judge(etcd, {200, R"({"kvs":[{"key":"aw==","value":"b25l"}],"count":"1"})"}).right);
  EXPECT_FALSE(judge(etcd, {200, R"({"header":{"revision":"2"}})"}).right);
}

TEST(Dialect, AWriteIsRightWhenItsAnswerNamesItsPlace) {
  const Exchange raftd = write_of(System::raftd, "k", "one");
  EXPECT_TRUE(judge(raftd, {200, R"({"index":17})"}).right);
  EXPECT_EQ(judge(raftd, {200, R"({"index":17})"}).revision, 17U);
  EXPECT_FALSE(judge(raftd, {200, "{}"}).right);
  const Exchange etcd = write_of(System::etcd, "k", "one");
  EXPECT_EQ(judge(etcd, {200, R"({"header":{"member_id":"3","revision":"9","raft_term":"2"}})"}).revision, 9U);
}

TEST(Dialect, AServerSaysWhetherItLeads) {
  const auto raftd = parse_status(System::raftd, {200, R"({"id":2,"leader":2,"applied_index":40})"});
  ASSERT_TRUE(raftd);
  EXPECT_TRUE(raftd->leads);
  EXPECT_EQ(raftd->applied_index, 40U);
  const auto lost = parse_status(System::raftd, {200, R"({"id":2,"leader":null,"applied_index":40})"});
  ASSERT_TRUE(lost);
  EXPECT_FALSE(lost->leads || lost->knows_leader);
  const auto etcd = parse_status(
      System::etcd, {200, R"({"header":{"member_id":"7"},"leader":"8","raftIndex":"6","raftAppliedIndex":"5"})"});
  ASSERT_TRUE(etcd);
  EXPECT_TRUE(!etcd->leads && etcd->knows_leader);
  EXPECT_EQ(etcd->applied_index, 5U);
  EXPECT_FALSE(parse_status(System::etcd, {200, "[]"}));
}

TEST(Load, QuantilesAreNearestRanks) {
  std::vector<double> values = {5, 1, 4, 2, 3};
  EXPECT_EQ(quantile(values, 0.5), 3);
  EXPECT_EQ(quantile(values, 0.99), 5);
  EXPECT_EQ(quantile(values, 0.2), 1);
  std::vector<double> none;
  EXPECT_EQ(quantile(none, 0.5), 0);
}

TEST(Load, CountsRightAnswersOfAServerThatIsAlwaysRight) {
  const Measured measured = measure_ceiling(3, 50ms);
  EXPECT_GT(measured.right, 0U);
  EXPECT_GT(measured.p50.count(), 0);
  EXPECT_LE(measured.p50, measured.p99);
  EXPECT_TRUE(measured.errors.empty());
}

// The values of an enumeration were printed as letters, the first one as NUL, and the help ended there.
TEST(Flags, TheHelpGoesToItsEnd) {
  const char* asked[] = {"raftd-bench", "--help"};
  const std::string text = std::get<ExitNow>(parse_flags(2, asked)).text;
  EXPECT_EQ(text.find('\0'), std::string::npos);
  EXPECT_THAT(text.c_str(), testing::HasSubstr("--raftd-flag"));
}

TEST(Flags, SayWhatIsWrongWithThem) {
  const char* bad[] = {"raftd-bench", "--systems", "zookeeper"};
  const auto refused = parse_flags(3, bad);
  ASSERT_TRUE(std::holds_alternative<ExitNow>(refused));
  EXPECT_EQ(std::get<ExitNow>(refused).code, 2);
  EXPECT_THAT(std::get<ExitNow>(refused).text, testing::HasSubstr("zookeeper"));
  const char* good[] = {"raftd-bench", "--systems", "raftd", "--clients", "1,16", "--mode", "spread"};
  const auto flags = parse_flags(7, good);
  ASSERT_TRUE(std::holds_alternative<Flags>(flags));
  EXPECT_THAT(std::get<Flags>(flags).clients, testing::ElementsAre(1U, 16U));
  EXPECT_EQ(std::get<Flags>(flags).mode, Mode::spread);
}

}  // namespace
}  // namespace raftd::bench
