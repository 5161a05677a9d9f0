// How the clients of a target with `client: http` ask it: its file's templates of requests, and what answers mean.
// Plain values; any thread.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ordeal::harness {

// An answer fits when all that is said of it holds.
struct AnswerPattern {
  enum class Meaning : std::uint8_t {
    ok,
    fail,      // certainly it did not and will not happen
    info,      // nobody knows
    mismatch,  // of a cas: it was evaluated, and the value was not the expected one
    absent,    // of a read: the key is not there
  } is = Meaning::ok;
  std::optional<int> status;
  std::string text;                   // somewhere in the body; empty: not asked for
  std::string field;                  // JSON pointer into the body; empty: not asked for
  std::optional<std::string> equals;  // what the field holds; nullopt: `there` counts
  bool there = false;                 // there is such a field, and it is not null
  std::string error;                  // what the history calls a fail or info; empty: "http-503"
  bool operator==(const AnswerPattern&) const = default;
};

// `url` (a path below the endpoint), `body` and the values of `headers` may use ${key}, ${value}, ${expected} and
// ${version}, each also in base64: ${key:base64}. In the url they are percent-encoded.
struct HttpTemplate {
  std::string method = "GET";
  std::string url;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<AnswerPattern> answers;  // the first that fits decides
  std::string value;                   // of a read: JSON pointer to it, a text or a whole number
  bool base64 = false;                 // of a read: the value is encoded so
  std::string version;  // of a cas: JSON pointer into the answer of a read that is sent before; empty: none is
  bool operator==(const HttpTemplate&) const = default;
};

struct HttpTemplates {
  std::map<std::string, HttpTemplate> reads;  // by read mode; "linearizable" is there
  HttpTemplate write;
  std::optional<HttpTemplate> cas;         // expects a value
  std::optional<HttpTemplate> cas_absent;  // expects that the key is not there; there when `cas` is
  bool operator==(const HttpTemplates&) const = default;
};

}  // namespace ordeal::harness
