// HTTP as text: whole requests, requests in pieces, and the limits to both.

#include "target-raftd/daemon/http_messages.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace raftd::daemon {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::size_t header_limit = 256;
constexpr std::size_t body_limit = 64;

void add(HttpReader& reader, std::string_view bytes) {
  const auto room = reader.prepare(bytes.size());
  ASSERT_GE(room.size(), bytes.size());
  std::copy(bytes.begin(), bytes.end(), room.begin());
  reader.commit(bytes.size());
}

// One line for each thing that the reader says: a request, a refusal (nothing follows it), or the wish for more at the
// end.
std::vector<std::string> read(std::string_view bytes, std::size_t piece) {
  HttpReader reader(header_limit, body_limit);
  std::vector<std::string> seen;
  bool begun = false;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    add(reader, bytes.substr(0, piece));
    for (bool more = true; more;) {
      const auto next = reader.next();
      if (const auto* refusal = std::get_if<HttpResponse>(&next)) {
        seen.push_back(fmt::format("refused {}", refusal->status));
        return seen;
      }
      if (const auto* taken = std::get_if<HttpReader::Request>(&next)) {
        const auto& [request, manners] = *taken;
        seen.push_back(fmt::format("{} {} {} {} '{}'{}{}{}", request.method, request.target,
                                   request.session.value_or("-"), request.serial.value_or("-"), request.body,
                                   manners.keep_alive ? "" : " close", manners.http_1_0 ? " 1.0" : "",
                                   manners.head_only ? " head" : ""));
      } else {
        begun = std::get<HttpReader::NeedMore>(next).begun;
        more = false;
      }
    }
  }
  if (begun) seen.emplace_back("begun");
  return seen;
}

struct Case {
  const char* what;
  std::string bytes;
  std::vector<std::string> seen;
};

void check(const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    SCOPED_TRACE(one.what);
    for (std::size_t piece = 1; piece <= one.bytes.size(); ++piece) {
      ASSERT_EQ(read(one.bytes, piece), one.seen) << "in pieces of " << piece << " bytes";
    }
  }
}

TEST(HttpReader, GivesTheSameRequestsWhateverThePiecesInWhichTheyCome) {
  check({
      {"get", "GET /kv/a HTTP/1.1\r\nHost: h\r\n\r\n", {"GET /kv/a - - ''"}},
      {"body", "PUT /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", {"PUT /a - - 'hello'"}},
      {"empty body", "PUT /a HTTP/1.1\r\nContent-Length: 0\r\n\r\n", {"PUT /a - - ''"}},
      {"names in any case", "GET /a HTTP/1.1\r\nsession: s\r\nSERIAL:7\r\n\r\n", {"GET /a s 7 ''"}},
      {"unknown method", "BREW /pot HTTP/1.1\r\n\r\n", {"BREW /pot - - ''"}},
      {"chunks",
       "PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nTrailer: t\r\n\r\n",
       {"PUT /a - - 'hello'"}},
      {"pipeline",
       "GET /a HTTP/1.1\r\n\r\nPUT /b HTTP/1.1\r\nContent-Length: 2\r\n\r\nhiGET /c HTTP/1.1\r\n\r\n",
       {"GET /a - - ''", "PUT /b - - 'hi'", "GET /c - - ''"}},
      {"HEAD", "HEAD / HTTP/1.1\r\n\r\n", {"HEAD / - - '' head"}},
      {"close", "GET / HTTP/1.1\r\nConnection: close\r\n\r\n", {"GET / - - '' close"}},
      {"HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", {"GET / - - '' close 1.0"}},
      {"HTTP/1.0 that stays", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", {"GET / - - '' 1.0"}},
      {"half a header", "GET /a HTTP/1.1\r\n\r\nGET /b HT", {"GET /a - - ''", "begun"}},
      {"half a body", "PUT /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nhell", {"begun"}},
  });
}

TEST(HttpReader, RefusesWhatIsNotHttpWhateverThePiecesInWhichItComes) {
  const std::string chunked = "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  check({
      {"garbage", std::string("\x00\x01garbage\r\n\r\n", 13), {"refused 400"}},
      {"after a request", "GET / HTTP/1.1\r\n\r\n\x01\x02\r\n\r\n", {"GET / - - ''", "refused 400"}},
      {"another version", "GET / HTTP/2.0\r\n\r\n", {"refused 400"}},
      {"no version", "GET /\r\n\r\n", {"refused 400"}},
      {"negative length", "PUT / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", {"refused 400"}},
      {"a length that is none", "PUT / HTTP/1.1\r\nContent-Length: 5x\r\n\r\nhello", {"refused 400"}},
      {"too many digits", "PUT / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", {"refused 400"}},
      {"two lengths", "PUT / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\naa", {"refused 400"}},
      {"length and chunks",
       "PUT / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       {"refused 400"}},
      {"a chunk without size", chunked + "x\r\n", {"refused 400"}},
  });
}

TEST(HttpReader, RefusesMoreThanItsLimits) {
  const auto body = [](std::size_t size) {
    return fmt::format("PUT / HTTP/1.1\r\nContent-Length: {}\r\n\r\n{}", size, std::string(size, 'x'));
  };
  const std::string chunk = "20\r\n" + std::string(32, 'x') + "\r\n";
  const std::string chunked = "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string full = std::string(body_limit, 'x');
  const auto header = [](std::size_t size) {
    const std::string rest = "GET / HTTP/1.1\r\nX: \r\n\r\n";
    return fmt::format("GET / HTTP/1.1\r\nX: {}\r\n\r\n", std::string(size - rest.size(), 'a'));
  };
  check({
      {"as long as may be", body(body_limit), {"PUT / - - '" + full + "'"}},
      {"a byte more", body(body_limit + 1), {"refused 413"}},
      {"a length that nobody sends", "PUT / HTTP/1.1\r\nContent-Length: 18446744073709551615\r\n\r\n", {"refused 413"}},
      {"two chunks", chunked + chunk + chunk + "0\r\n\r\n", {"PUT / - - '" + full + "'"}},
      {"a third chunk", chunked + chunk + chunk + "1\r\nx\r\n0\r\n\r\n", {"refused 413"}},
      {"a huge chunk", chunked + "fffffff\r\n", {"refused 413"}},
      {"a header that fits", header(header_limit), {"GET / - - ''"}},
      {"a byte more of header", header(header_limit + 1), {"refused 431"}},
      {"an endless first line", "GET /" + std::string(2 * header_limit, 'a'), {"refused 431"}},
      {"an endless header", "GET / HTTP/1.1\r\nX: " + std::string(2 * header_limit, 'a'), {"refused 431"}},
      {"the limits are for each request",
       header(200) + body(60) + header(200) + body(60),
       {"GET / - - ''", "PUT / - - '" + std::string(60, 'x') + "'", "GET / - - ''",
        "PUT / - - '" + std::string(60, 'x') + "'"}},
  });
}

TEST(HttpReader, AsksOnceForTheBodyOfAClientThatWaitsForThat) {
  const auto continues = [](std::vector<std::string> pieces) {
    HttpReader reader(header_limit, body_limit);
    std::vector<bool> said;
    for (const std::string& piece : pieces) {
      add(reader, piece);
      const auto next = reader.next();
      const auto* need = std::get_if<HttpReader::NeedMore>(&next);
      said.push_back(need != nullptr && need->continues);
    }
    return said;
  };
  const std::string expects = "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n";
  EXPECT_THAT(continues({"PUT / HTTP/1.1\r\n", expects, "a", "bc"}), ElementsAre(false, true, false, false));
  EXPECT_THAT(continues({"PUT / HTTP/1.1\r\n" + expects + "abc"}), ElementsAre(false)) << "it did not wait";
  EXPECT_THAT(continues({"PUT / HTTP/1.0\r\n" + expects, "abc"}), ElementsAre(false, false)) << "1.0 does not know it";
  EXPECT_THAT(continues({"PUT / HTTP/1.1\r\nContent-Length: 3\r\n\r\n", "abc"}), ElementsAre(false, false));
  const std::string twice = "PUT / HTTP/1.1\r\n" + expects;
  EXPECT_THAT(continues({twice, "abc", twice, "abc"}), ElementsAre(true, false, true, false)) << "once per request";
}

TEST(HttpReader, HasNotBegunWithoutAByte) {
  HttpReader reader(header_limit, body_limit);
  EXPECT_FALSE(std::get<HttpReader::NeedMore>(reader.next()).begun);
  EXPECT_THAT(read("GET / HTTP/1.1\r\n\r\n", 100), ElementsAre("GET / - - ''"));
  EXPECT_THAT(read("", 1), IsEmpty());
}

TEST(HttpAnswer, IsTheTextThatTheRequestAskedFor) {
  const HttpResponse plain = {.status = 404, .body = "no", .content_type = "text/plain"};
  struct {
    const char* what;
    HttpResponse response;
    HttpManners manners;
    const char* text;
  } const cases[] = {
      {"kept", {.body = "{}"}, {}, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"},
      {"empty", {}, {}, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n"},
      {"no type",
       {.body = "{}", .content_type = ""},
       {},
       "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"},
      {"closed",
       plain,
       {.keep_alive = false},
       "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno"},
      {"1.0 that stays",
       plain,
       {.http_1_0 = true},
       "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nno"},
      {"1.0 that goes",
       plain,
       {.keep_alive = false, .http_1_0 = true},
       "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno"},
      {"HEAD",
       plain,
       {.head_only = true},
       "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n"},
  };
  for (const auto& one : cases) EXPECT_EQ(encode(one.response, one.manners), one.text) << one.what;
}

}  // namespace
}  // namespace raftd::daemon
