#include "target-raftd/net/frame.h"

#include <gmock/gmock.h>

#include <random>
#include <vector>

namespace raftd::net {
namespace {

std::vector<Frame> samples() {
  const raft::Entry no_op = {.term = 3, .index = 8, .kind = raft::EntryKind::no_op, .command = ""};
  const raft::Entry command = {
      .term = 3, .index = 9, .kind = raft::EntryKind::command, .command = std::string("a\0b", 3)};
  return {
      Hello{.cluster = ~std::uint64_t{0}, .cluster_name = "a\0b", .incarnation = 9, .from = 1, .to = 2},
      Ping{},
      Pong{},
      Forward{.id = 77, .command = std::string(1000, 'x')},
      ForwardReply{.id = 1, .outcome = Refusal::timeout},
      ForwardReply{.id = 2, .outcome = std::string("a\0result", 8)},
      raft::Message{
          raft::RequestVote{.term = 2, .last_log = {.term = 1, .index = 3}, .pre_vote = true, .by_transfer = true}},
      raft::Message{raft::RequestVoteReply{.term = 2, .vote_granted = true, .pre_vote = true}},
      raft::Message{raft::AppendEntries{
          .term = 3, .prev_log = {.term = 2, .index = 7}, .entries = {no_op, command}, .leader_commit = 6, .round = 4}},
      raft::Message{raft::AppendEntriesReply{
          .term = 3, .success = false, .match_index = 7, .conflict_term = 2, .conflict_index = 5, .round = 4}},
      raft::Message{raft::ReadIndexRequest{.term = 3, .read = 12, .lease = true}},
      raft::Message{raft::ReadIndexReply{.term = 3, .read = 12, .success = true, .read_index = 9}},
      raft::Message{raft::InstallSnapshot{.term = 3,
                                          .snapshot = {.position = {.term = 2, .index = 7},
                                                       .configuration = raft::configuration_of({1, 2}),
                                                       .checksum = 5},
                                          .size = 10,
                                          .offset = 4,
                                          .bytes = "piece",
                                          .round = 6}},
      raft::Message{raft::InstallSnapshotReply{.term = 3,
                                               .position = {.term = 2, .index = 7},
                                               .checksum = 5,
                                               .next_offset = 9,
                                               .installed = true,
                                               .round = 6}},
      raft::Message{raft::TimeoutNow{.term = 3}},
  };
}

std::string encoded(const Frame& frame) {
  std::string out;
  EXPECT_TRUE(encode(frame, out));
  return out;
}

TEST(Frame, EveryKindComesBackAsItWasSent) {
  for (const Frame& frame : samples()) {
    SCOPED_TRACE(frame.index());
    EXPECT_EQ(decode_body(std::string_view(encoded(frame)).substr(frame_header_size)), frame);
  }
}

TEST(Frame, AStreamCutAtAnyPlaceGivesTheSameFrames) {
  std::string stream;
  for (const Frame& frame : samples()) encode(frame, stream);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{64}, stream.size()}) {
    SCOPED_TRACE(piece);
    FrameReader reader;
    std::vector<Frame> seen;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      reader.add(std::string_view(stream).substr(at, piece));
      while (std::optional<Frame> frame = reader.next()) seen.push_back(*frame);
    }
    EXPECT_EQ(seen, samples());
    EXPECT_EQ(reader.broken(), "");
  }
}

TEST(Frame, AShortenedOrLengthenedBodyIsRefused) {
  for (const Frame& frame : samples()) {
    SCOPED_TRACE(frame.index());
    const std::string body = encoded(frame).substr(frame_header_size);
    for (std::size_t length = 0; length < body.size(); ++length) {
      EXPECT_EQ(decode_body(std::string_view(body).substr(0, length)), std::nullopt) << length;
    }
    EXPECT_EQ(decode_body(body + 'x'), std::nullopt);
  }
}

TEST(Frame, AHelloOfAnotherVersionIsReadAsFarAsItsVersionWhateverTheRestIs) {
  for (const std::uint32_t version : {0U, 1U, protocol_version - 1, protocol_version + 1, ~0U}) {
    SCOPED_TRACE(version);
    const std::string body =
        encoded(Hello{.version = version, .cluster = 5, .from = 1, .to = 2}).substr(frame_header_size);
    const std::size_t up_to_version = 1 + std::string_view("RAFTDNET").size() + sizeof version;
    for (std::size_t length = up_to_version; length < body.size() + 3; ++length) {
      std::string other = body;
      other.resize(length, '\xff');
      EXPECT_EQ(decode_body(other), Frame(Hello{.version = version})) << length;
    }
    EXPECT_EQ(decode_body(body.substr(0, up_to_version - 1)), std::nullopt);
  }
}

TEST(Frame, AHelloWithANameOverTheBoundIsRefused) {
  for (const std::size_t size : {max_cluster_name, max_cluster_name + 1}) {
    const std::string bytes = encoded(Hello{.cluster_name = std::string(size, 'x')});
    EXPECT_EQ(decode_body(bytes.substr(frame_header_size)).has_value(), size <= max_cluster_name);
  }
}

TEST(Frame, AnyFlippedBitBreaksTheStreamOrAsksForMore) {
  for (const Frame& frame : samples()) {
    SCOPED_TRACE(frame.index());
    const std::string good = encoded(frame);
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
      std::string bytes = good;
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
      FrameReader reader;
      reader.add(bytes);
      EXPECT_EQ(reader.next(), std::nullopt) << bit;
    }
  }
}

TEST(Frame, BrokenStreamsSayWhy) {
  struct Case {
    std::string bytes;
    std::string reason;
  };
  std::string wrong_checksum = encoded(Ping{});
  wrong_checksum.back() = static_cast<char>(wrong_checksum.back() + 1);
  const std::vector<Case> cases = {
      {"GET / HTTP/1.1\r\n\r\n", "a frame of 542393671 bytes, the bound is 16777216"},
      {wrong_checksum, "a frame with a wrong checksum"},
      {std::string(8, '\0'), "a frame that makes no sense"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.reason);
    FrameReader reader;
    reader.add(one.bytes);
    EXPECT_EQ(reader.next(), std::nullopt);
    EXPECT_EQ(reader.broken(), one.reason);
    reader.add(encoded(Ping{}));
    EXPECT_EQ(reader.next(), std::nullopt) << "a broken stream stays broken";
  }
}

TEST(Frame, ABodyOverTheBoundIsNotEncoded) {
  std::string out = "before";
  EXPECT_FALSE(encode(Forward{.id = 1, .command = std::string(max_body_size, 'x')}, out));
  EXPECT_EQ(out, "before");
}

// Whatever bytes come, decoding ends, stays inside them, and what it accepts means what it says.
TEST(Frame, MutatedBodiesAreRefusedOrMeanThemselves) {
  std::mt19937_64 random(11);
  const std::vector<Frame> frames = samples();
  for (int round = 0; round < 200'000; ++round) {
    std::string body = encoded(frames[random() % frames.size()]).substr(frame_header_size);
    for (std::uint64_t n = 1 + random() % 3; n > 0; --n) body[random() % body.size()] = static_cast<char>(random());
    if (random() % 4 == 0) body.resize(random() % (body.size() + 20));
    if (const std::optional<Frame> frame = decode_body(body)) {
      ASSERT_EQ(decode_body(std::string_view(encoded(*frame)).substr(frame_header_size)), frame);
    }
  }
}

}  // namespace
}  // namespace raftd::net
